import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { TestApi } from "../testing/test-api.ts";
import { START_MS, startTestApi } from "../testing/test-api.ts";

const URL = "/v1/Accounts/acme/Calls.json";
const NOBODY = { status: "no-answer", dial_call_status: "no-answer", conversation_s: 0 } as const;

interface List {
  readonly Metadata: Readonly<Record<"FirstPageUri" | "PrevPageUri" | "NextPageUri", string | null>> & {
    readonly Total: number;
    readonly PageSize: number;
  };
  readonly Calls: readonly Readonly<Record<string, unknown>>[];
}

let api: TestApi;

/** c0 to c5, a minute apart; c5 is live. */
beforeAll(async () => {
  api = await startTestApi();
  const at = (minute: number) => ({ sid: `c${minute}`, startedAt: START_MS + minute * 60_000 });
  const withRecording = [{ id: "r1", file: "acme/r1.wav", layout: "mono", durationMs: 1, failure: null }] as const;
  await api.add(
    { ...at(0), recordings: withRecording },
    { ...at(1), from: "anonymous", record: NOBODY },
    { ...at(2), from: "+919800000002", to: "+918047100001", record: { duration_ms: 45_300 } },
    { ...at(3), from: "+918047100000", to: "+919900000011", direction: "outbound-dial", record: NOBODY },
    { ...at(4), record: { status: "failed" } },
    { ...at(5), isLive: true },
    { sid: "foreign", startedAt: START_MS, account: "globex" },
  );
}, 60_000);
afterAll(() => api.close());

async function list(query: string): Promise<List> {
  const response = await api.get(query.startsWith("/") ? query : `${URL}?${query}`);
  expect(response.statusCode, response.body).toBe(200);
  return response.json<List>();
}

async function sids(query: string): Promise<readonly unknown[]> {
  return (await list(query)).Calls.map((call) => call["Sid"]);
}

describe("the list of calls", () => {
  it.each<[string, string[]]>([
    ["", ["c5", "c4", "c3", "c2", "c1", "c0"]],
    ["SortBy=DateCreated:asc", ["c0", "c1", "c2", "c3", "c4", "c5"]],
    ["Status=completed", ["c2", "c1", "c0"]],
    ["Status=no-answer", ["c3"]],
    ["Status=busy", []],
    ["Status=failed", ["c4"]],
    ["Status=in-progress", ["c5"]],
    ["Status=queued", []],
    ["Direction=inbound", ["c5", "c4", "c2", "c1", "c0"]],
    ["Direction=outbound-api", ["c3"]],
    ["From=09812345678", ["c5", "c4", "c0"]],
    ["From=%2B919812345678,9800000002", ["c5", "c4", "c2", "c0"]],
    ["From=+919800000002", ["c2"]],
    ["From=anonymous", ["c1"]],
    ["To=08047100001", ["c2"]],
    ["PhoneNumber=08047100000", ["c5", "c4", "c1", "c0"]],
    ["PhoneNumber=08047100000&To=08047100001", []],
    ["Sid=c1,c4,foreign,none", ["c4", "c1"]],
    ["DateCreated=gte:2026-01-05+10:01:00%3Blte:2026-01-05+10:03:00", ["c3", "c2", "c1"]],
    ["DateCreated=lte:2026-01-05 10:01:00;gte:2026-01-05 10:01:00", ["c1"]],
    ["DateCreated=gte:2026-01-06", []],
    ["Duration=gte:30s;lte:45s", ["c2"]],
    ["Duration=eq:21", ["c4", "c3", "c1", "c0"]],
    ["Offset=3&StartTime%3E=2026-01-05&_=1", ["c5", "c4", "c3", "c2", "c1", "c0"]],
  ])("API-5: %s", async (query, expected) => {
    const { Metadata, Calls } = await list(query);
    expect(Calls.map((call) => call["Sid"])).toEqual(expected);
    expect(Metadata).toMatchObject({ Total: expected.length, PageSize: 50, PrevPageUri: null, NextPageUri: null });
  });

  it("API-5: shows the fields of API-3, with a link to the recording", async () => {
    const { Calls } = await list("Sid=c0,c1");
    const link = expect.stringContaining("/recordings/r1.wav?expires=");
    expect(Calls[1]).toMatchObject({ Sid: "c0", DateCreated: "2026-01-05 10:00:00", Duration: 21, RecordingUrl: link });
    expect(Calls[0]).toMatchObject({ Sid: "c1", From: "anonymous", Status: "completed", RecordingUrl: null });
  });

  it.each([
    ["PageSize=0", /PageSize is "0", it must be a whole number from 1 to 100/],
    ["PageSize=101", /PageSize is "101"/],
    ["Status=compelted", /Status is "compelted", it must be one of queued, in-progress, completed/],
    ["DateCreated=yesterday", /DateCreated is "yesterday", it must be of the form gte:/],
    ["DateCreated=gte:2026-02-30", /there is no 2026-02-30/],
    ["From=1,2,3,4,5,6", /From is "1,2,3,4,5,6"/],
    ["To=nobody", /To is "nobody", it must be a number/],
    ["After=abc", /After is "abc", it must be the cursor of an earlier page/],
    ["After=1.a&Before=1.a", /Before/],
    ["SortBy=Price", /SortBy/],
    ["Status=busy&Status=failed", /Status is given more than once/],
  ])("API-5: refuses %s in one sentence", async (query, message) => {
    const response = await api.get(`${URL}?${query}`);
    expect(response.statusCode).toBe(400);
    expect(response.json<{ RestException: { Message: string } }>().RestException.Message).toMatch(message);
  });

  it("API-5: names the same fields in XML", async () => {
    const response = await api.get("/v1/Accounts/acme/Calls?PageSize=1");
    expect(response.body).toContain("<TwilioResponse><Metadata><Total>6</Total><PageSize>1</PageSize><FirstPageUri>");
    expect(response.body).toContain("<PrevPageUri/><NextPageUri>/v1/Accounts/acme/Calls?PageSize=1&amp;After=");
    expect(response.body).toContain("<Calls><Call><Sid>c5</Sid>");
  });
});

describe("its pages", () => {
  async function walk(uri: string, side: "NextPageUri" | "PrevPageUri"): Promise<unknown[][]> {
    const pages: unknown[][] = [];
    for (let next: string | null = uri; next !== null;) {
      const { Metadata, Calls }: List = await list(next);
      pages.push(Calls.map((call) => call["Sid"]));
      expect(Metadata.Total).toBe(6);
      next = Metadata[side];
    }
    return pages;
  }

  it("API-5: lead to the end, and back to the beginning", async () => {
    expect(await walk(`${URL}?PageSize=4`, "NextPageUri")).toEqual([
      ["c5", "c4", "c3", "c2"],
      ["c1", "c0"],
    ]);
    expect(await walk(`${URL}?PageSize=3&SortBy=DateCreated:asc`, "NextPageUri")).toEqual([
      ["c0", "c1", "c2"],
      ["c3", "c4", "c5"],
    ]);
    const last = (await list((await list("PageSize=4")).Metadata.NextPageUri ?? "")).Metadata;
    expect(last.NextPageUri).toBeNull();
    expect(await walk(last.PrevPageUri ?? "", "PrevPageUri")).toEqual([["c5", "c4", "c3", "c2"]]);
    expect(last.FirstPageUri).toBe(`${URL}?PageSize=4`);
    const middle = await list((await list("PageSize=2&SortBy=DateCreated:asc")).Metadata.NextPageUri ?? "");
    expect(await walk(middle.Metadata.PrevPageUri ?? "", "PrevPageUri")).toEqual([["c0", "c1"]]);
  });

  it("API-5: neither repeat nor skip a call while others come in and end", async () => {
    const first = await list("PageSize=3&Direction=inbound&To=08047100001,08047100000");
    expect(first.Calls.map((call) => call["Sid"])).toEqual(["c5", "c4", "c2"]);
    await api.add({ sid: "new1", startedAt: START_MS + 600_000 }, { sid: "new2", startedAt: START_MS + 600_000 });
    expect(await sids(first.Metadata.NextPageUri ?? "")).toEqual(["c1", "c0"]);
  });
});
