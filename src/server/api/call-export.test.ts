import { parse } from "csv-parse/sync";
import { parquetMetadata, parquetReadObjects } from "hyparquet";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ExportFormat } from "./export/export-format.ts";
import type { ExportedCall } from "./export/exported-call.ts";
import { EXPORT_COLUMNS } from "./export/exported-call.ts";
import { csv } from "./export/csv.ts";
import { ndjson } from "./export/ndjson.ts";
import { parquet } from "./export/parquet.ts";
import type { TestApi } from "./testing/test-api.ts";
import { AUTHORIZATION, START_MS, startTestApi } from "./testing/test-api.ts";

/** Stores more than two pages of calls with one statement. */
const MANY = 2300;
const PAGE = 1000;
const DAY_MS = 86_400_000;
const NAMES = EXPORT_COLUMNS.map(({ name }) => name);
const attempt = { applet: "sales", callerId: "+918047100000", trunk: "main", ringingMs: 900, causeCode: 16 } as const;

let api: TestApi;

beforeAll(async () => {
  api = await startTestApi();
  const attempts = [
    { ...attempt, leg: 2, destination: "+919900000011", startedMs: 0, answeredMs: null, endedMs: 9, outcome: "busy" },
    {
      ...attempt,
      leg: 3,
      destination: "+919900000012",
      startedMs: 9,
      answeredMs: 20,
      endedMs: 99,
      outcome: "completed",
    },
  ].map((each) => ({ ...each, cause: "NORMAL_CLEARING" }));
  await api.add(
    { sid: "talked", startedAt: START_MS, attempts },
    { sid: "missed", startedAt: START_MS + 1, from: "sip:anil", record: { dial_call_status: "no-answer" } },
    { sid: "live", startedAt: START_MS + 2, isLive: true },
    { sid: "foreign", startedAt: START_MS, account: "globex" },
  );
  await api.server.query(
    api.database,
    `insert into calls (call_sid, account, node, setup, flow, from_number, to_number, direction, started_at, ended_at, status,
        cdr, attempts, requests)
      select 'many' || lpad(n::text, 5, '0'), account, node, setup, flow, '+14155550100', to_number, direction,
        started_at - ${DAY_MS} + n / 10, ended_at, status, cdr, '[]', '[]'
      from calls, generate_series(1, ${MANY}) n where call_sid = 'talked'`,
  );
}, 60_000);
afterAll(() => api.close());

async function exported(format: ExportFormat, filters = ""): Promise<Buffer> {
  const headers = { authorization: AUTHORIZATION };
  const answer = await api.app.inject({ url: `/api/accounts/acme/calls/export?format=${format}${filters}`, headers });
  expect(answer.statusCode, answer.body).toBe(200);
  return answer.rawPayload;
}

/** What third-party readers find in the file: every value as text, empty if there is none. */
const READERS: Readonly<Record<ExportFormat, (file: Buffer) => Promise<readonly Record<string, string>[]>>> = {
  csv: (file) => Promise.resolve(parse(file, { columns: true })),
  ndjson: (file) =>
    Promise.resolve(
      String(file)
        .trimEnd()
        .split("\n")
        .map((line) => texts(JSON.parse(line) as Record<string, string | number | null>)),
    ),
  parquet: async (file) =>
    ((await parquetReadObjects({ file: new Uint8Array(file).buffer })) as Record<string, string>[]).map(texts),
};

function texts(row: Readonly<Record<string, Date | string | number | null>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [
      name,
      value instanceof Date ? value.toISOString() : String(value ?? ""),
    ]),
  );
}

describe.each(["csv", "ndjson", "parquet"] as const)("an export as %s", (format) => {
  it("has every ended call of the account in the time range, oldest first, with its record", async () => {
    const rows = await READERS[format](await exported(format, "&started_from=2026-01-05"));
    expect(rows.map((row) => Object.keys(row))).toEqual([NAMES, NAMES]);
    expect(rows[0]).toEqual({
      call_sid: "talked",
      flow: "11754",
      direction: "incoming",
      from: "+919812345678",
      to: "+918047100000",
      dial_to: "",
      started_at: "2026-01-05T04:30:00.000Z",
      ended_at: "2026-01-05T04:30:21.000Z",
      status: "completed",
      ended_by: "caller",
      call_type: "completed",
      dial_call_status: "completed",
      duration_ms: "21000",
      duration_s: "21",
      conversation_s: "8",
      attempts: "2",
      connected_to: "+919900000012",
      custom_field: "",
    });
    expect(rows[1]).toMatchObject({ call_sid: "missed", from: "sip:anil", dial_call_status: "no-answer" });
  });

  it("has all pages, each call once and in order, and takes the list's filters", async () => {
    const rows = await READERS[format](await exported(format));
    const sids = Array.from({ length: MANY }, (_, i) => `many${String(i + 1).padStart(5, "0")}`);
    expect(rows.map(({ call_sid }) => call_sid)).toEqual([...sids, "talked", "missed"]);
    const some = await READERS[format](await exported(format, "&from=%2B919812345678&dial_call_status=completed"));
    expect(some.map(({ call_sid }) => call_sid)).toEqual(["talked"]);
  });

  it("is a valid file without rows if no call matches", async () => {
    const file = await exported(format, "&from=anonymous");
    if (format === "parquet") expect(parquetMetadata(new Uint8Array(file).buffer).num_rows).toBe(0n);
    else expect(String(file)).toBe(format === "csv" ? `${NAMES.join(",")}\r\n` : "");
  });
});

describe("an export", () => {
  it("is Parquet with timestamps in UTC, and phone numbers as text", async () => {
    const { schema } = parquetMetadata(new Uint8Array(await exported("parquet", "&from=anonymous")).buffer);
    const types = new Map(schema.map((element) => [element.name, element]));
    expect(types.get("started_at")?.logical_type).toEqual({ type: "TIMESTAMP", isAdjustedToUTC: true, unit: "MILLIS" });
    expect(types.get("from")).toMatchObject({
      type: "BYTE_ARRAY",
      converted_type: "UTF8",
      repetition_type: "REQUIRED",
    });
    expect(types.get("duration_ms")?.type).toBe("INT32");
  });

  it("keeps spreadsheets from taking a text for a formula, and leaves numbers as they are", async () => {
    const custom = ["=HYPERLINK(0)", "+1+cmd|' /C calc'!A0", "-2", "@SUM(1)", "\t=1", 'a,"b"', "+919812345678"];
    const calls = custom.map((custom_field) => ({ ...SAMPLE, custom_field }));
    const shown: Record<string, string>[] = parse(await textOf(csv.encode(pagesOf(calls, 10))), { columns: true });
    expect(shown.map(({ custom_field }) => custom_field)).toEqual([
      ...custom.slice(0, 5).map((text) => `'${text}`),
      'a,"b"',
      "+919812345678",
    ]);
    expect(shown[0]?.["from"]).toBe("+919812345678");
  });

  it("refuses unknown formats, filters and cursors, and a third concurrent export", async () => {
    for (const query of ["format=xlsx", "limit=3", "before=1.x", "status=live"]) {
      const answer = await api.get(`/api/accounts/acme/calls/export?${query}`);
      expect([answer.statusCode, query, answer.json<{ detail: string }>().detail]).toEqual([
        400,
        query,
        expect.stringContaining(query.split("=")[0] ?? ""),
      ]);
    }
    const url = "/api/accounts/acme/calls/export";
    const slow = await Promise.all([1, 2].map(() => api.app.inject({ url, headers, payloadAsStream: true })));
    expect((await api.get(url)).statusCode).toBe(429);
    for (const { raw } of slow) raw.res.destroy();
    for (const answer of slow) answer.stream().destroy();
    await expect.poll(async () => (await api.get(url)).statusCode).toBe(200);
  });
});

const headers = { authorization: AUTHORIZATION };

const SAMPLE: ExportedCall = {
  call_sid: "c1",
  flow: "11754",
  direction: "incoming",
  from: "+919812345678",
  to: "+918047100000",
  dial_to: null,
  started_at: START_MS,
  ended_at: START_MS + 1,
  status: "completed",
  ended_by: "caller",
  call_type: "completed",
  dial_call_status: null,
  duration_ms: 1,
  duration_s: 0,
  conversation_s: 0,
  attempts: 0,
  connected_to: null,
  custom_field: null,
};

/** `read.rows` counts what has been read so far. */
async function* pagesOf(
  calls: readonly ExportedCall[],
  size: number,
  read = { rows: 0 },
): AsyncGenerator<readonly ExportedCall[]> {
  for (let at = 0; at < calls.length; at += size) {
    const page = calls.slice(at, at + size);
    read.rows += page.length;
    yield page;
  }
}

async function textOf(parts: AsyncIterable<string | Uint8Array>): Promise<string> {
  let text = "";
  for await (const part of parts) text += String(part);
  return text;
}

describe.each([
  ["csv", csv, 1],
  ["ndjson", ndjson, 1],
  ["parquet", parquet, 5],
] as const)("the memory that %s needs", (_, { encode }, pagesHeld) => {
  it("is that of a few pages, however many calls there are", async () => {
    const calls = Array.from({ length: 40 * PAGE }, (_each, i) => ({ ...SAMPLE, call_sid: `c${i}`, started_at: i }));
    const read = { rows: 0 };
    let parts = 0;
    let largest = 0;
    for await (const part of encode(pagesOf(calls, PAGE, read))) {
      parts += 1;
      largest = Math.max(largest, part.length);
      expect(read.rows).toBeLessThanOrEqual(Math.min(calls.length, parts * pagesHeld * PAGE));
    }
    expect(read.rows).toBe(calls.length);
    expect(largest).toBeLessThan(pagesHeld * PAGE * 400);
  });
});
