import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FastifyInstance } from "fastify";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { silentLog } from "../../base/log.ts";
import { VirtualClock } from "../../base/virtual-clock.ts";
import { Store } from "../../edges/store/store.ts";
import { sampleCall, sampleEnd } from "../../edges/store/testing/calls.ts";
import type { TestServer } from "../../edges/store/testing/server.ts";
import { startTestServer } from "../../edges/store/testing/server.ts";
import type { JournalRow } from "../../edges/store/types.ts";
import { RecordingLinks } from "../exchange/recording-links.ts";
import type { ApiOptions } from "./api-options.ts";
import { buildApi } from "./server.ts";
import { testAccess } from "./testing/access.ts";
import { idleExchange } from "./testing/test-api.ts";

const START_MS = 1_767_600_000_000;
const PUBLIC_URL = "https://voice.acme.example";
const AUTHORIZATION = `Basic ${Buffer.from("acme-key:acme-token").toString("base64")}`;
const SOUND = Buffer.from("RIFF not really a sound");

let server: TestServer;
let store: Store;
let app: FastifyInstance;
let folder: string;
const clock = new VirtualClock(START_MS);
const links = new RecordingLinks("secret", PUBLIC_URL);

interface Call {
  readonly sid: string;
  readonly from: string;
  readonly dialStatus: string;
  readonly durationMs: number;
  readonly exit: string;
  readonly startedAt: number;
}

const CALLS: readonly Call[] = [
  {
    sid: "a",
    from: "+919812345678",
    dialStatus: "completed",
    durationMs: 64_000,
    exit: "conversation_ended",
    startedAt: START_MS,
  },
  {
    sid: "b",
    from: "+919812345678",
    dialStatus: "no-answer",
    durationMs: 31_000,
    exit: "nobody_answered",
    startedAt: START_MS + 1000,
  },
  {
    sid: "c",
    from: "anonymous",
    dialStatus: "busy",
    durationMs: 2500,
    exit: "nobody_answered",
    startedAt: START_MS + 2000,
  },
];

const RECORDED = { id: "b-1", file: "acme/b-1.wav", layout: "mono", durationMs: 1000, failure: null } as const;

function rowsOf({ sid, from, dialStatus, durationMs, exit, startedAt }: Call): readonly JournalRow[] {
  const trace = [{ seq: 2, at_ms: 1, type: "exit.taken", applet: "sales", exit, next: null, rule: "EXIT-3" }];
  const cdr = JSON.stringify({ status: "completed", dial_call_status: dialStatus, duration_ms: durationMs });
  return sampleCall(sid, 2, startedAt).map((row, index) => ({
    ...row,
    ...(row.call === undefined ? {} : { call: { ...row.call, from } }),
    ...(index === 1
      ? {
          trace: JSON.stringify(trace),
          end: { ...sampleEnd(sid, startedAt + durationMs), cdr, recordings: sid === "b" ? [RECORDED] : [] },
        }
      : {}),
  }));
}

beforeAll(async () => {
  server = await startTestServer();
  store = await Store.open(await server.database(), { log: silentLog, node: "n1" });
  for (const call of CALLS) await store.append(rowsOf(call));
  folder = mkdtempSync(join(tmpdir(), "plugboard-api-"));
  mkdirSync(join(folder, "acme"));
  writeFileSync(join(folder, "acme", "r1.wav"), SOUND);
  const access = await testAccess(store);
  const options = {
    exchange: idleExchange(),
    store,
    access,
    directory: { account: () => undefined },
    recordingsDir: folder,
    links,
    clock,
    log: silentLog,
  } as Partial<ApiOptions> as ApiOptions;
  app = await buildApi(options);
}, 60_000);

afterAll(async () => {
  await app.close();
  await store.close();
  await server.stop();
  rmSync(folder, { recursive: true });
});

function get(path: string, headers: Record<string, string> = { authorization: AUTHORIZATION }) {
  return app.inject({ method: "GET", url: `/api/accounts/acme${path}`, headers });
}

async function listed(query: string): Promise<readonly string[]> {
  const response = await get(`/calls?${query}`);
  expect(response.statusCode, response.body).toBe(200);
  return response.json<{ calls: { call_sid: string }[] }>().calls.map(({ call_sid }) => call_sid);
}

describe("the list of calls", () => {
  it.each<[string, string[]]>([
    ["", ["c", "b", "a"]],
    ["dial_call_status=no-answer", ["b"]],
    ["exit=nobody_answered", ["c", "b"]],
    ["recorded=true", ["b"]],
    ["min_duration=31", ["b", "a"]],
    ["max_duration=2", ["c"]],
    ["min_duration=3&max_duration=40", ["b"]],
    ["started_from=2026-01-05T13:30:01%2B05:30", ["c", "b"]],
    ["started_to=2026-01-05T13:30:01%2B05:30", ["b", "a"]],
    ["from=%2B919812345678", ["b", "a"]],
    ["from=anonymous", ["c"]],
    ["exit=nobody_answered&dial_call_status=busy", ["c"]],
  ])("O5: is filtered by %s", async (query, sids) => {
    expect(await listed(query)).toEqual(sids);
  });

  it("O5: understands an unescaped plus sign", async () => {
    expect(await listed("from=+919812345678")).toEqual(["b", "a"]);
    expect(await listed("started_to=2026-01-05T13:30:00+05:30")).toEqual(["a"]);
  });

  it.each([
    ["status=compelted", /status is "compelted", it must be one of live, completed/],
    ["outcome=busy", /there is no filter "outcome": limit, before, status/],
    ["__proto__=1", /there is no filter/],
    ["limit=0", /limit is "0", it must be a whole number from 1 to 100/],
    ["limit=1e2", /limit/],
    ["before=yesterday", /before is "yesterday", it must be the "next" of an earlier page/],
    ["started_from=yesterday", /must be a date or an instant with its offset/],
    ["from=%00", /from is "\\u0000"/],
    ["from=1&from=2", /from is given more than once/],
    ["exit=%27%3B--", /exit/],
  ])("O5, A12: refuses %s with a sentence that names it", async (query, detail) => {
    const response = await get(`/calls?${query}`);
    expect([response.statusCode, response.headers["content-type"]]).toEqual([
      400,
      expect.stringContaining("application/problem+json"),
    ]);
    expect(response.json<{ detail: string }>().detail).toMatch(detail);
  });

  it("is for holders of a key of the account", async () => {
    expect((await get("/calls", {})).statusCode).toBe(401);
    const other = await app.inject({ url: "/api/accounts/globex/calls", headers: { authorization: AUTHORIZATION } });
    expect(other.statusCode).toBe(401);
  });
});

describe("a recording", () => {
  function signed(nowMs = START_MS): string {
    const link = `${PUBLIC_URL}/api/accounts/acme/recordings/r1.wav`;
    const request = {
      method: "GET",
      url: `https://app.example/?RecordingUrl=${encodeURIComponent(link)}`,
      headers: {},
      authorization: null,
    } as const;
    const { url } = links.sign(request, "acme", { days: 1 }, nowMs);
    return new URL(new URL(url).searchParams.get("RecordingUrl") ?? "").search;
  }

  it("C18: opens by the link that was sent, without a key; so do ranges", async () => {
    const whole = await get(`/recordings/r1.wav${signed()}`, {});
    expect([whole.statusCode, whole.rawPayload]).toEqual([200, SOUND]);
    const part = await get(`/recordings/r1.wav${signed()}`, { range: "bytes=0-3" });
    expect([part.statusCode, part.body]).toEqual([206, "RIFF"]);
  });

  it("C18: does not open by an expired link, a link to another recording, or no link", async () => {
    expect((await get(`/recordings/r1.wav${signed(START_MS - 86_400_000)}`, {})).statusCode).toBe(401);
    expect((await get(`/recordings/r2.wav${signed()}`, {})).statusCode).toBe(401);
    expect((await get("/recordings/r1.wav", {})).statusCode).toBe(401);
    expect((await get(`/recordings/r1.wav${signed()}&expires=never`, {})).statusCode).toBe(401);
  });

  it("opens with a key", async () => {
    expect((await get("/recordings/r1.wav")).statusCode).toBe(200);
  });
});
