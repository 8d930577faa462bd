import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { FIRST_REQUEST_PARAMETERS } from "../fixtures/contract.ts";
import type { Customer } from "../support/customer.ts";
import { dials, json, startCustomer } from "../support/customer.ts";
import type { ApiCall, TestPlatform } from "../support/platform.ts";
import { EXOPHONE, startTestPlatform } from "../support/platform.ts";
import type { Sipp } from "../support/sipp.ts";
import { freePort, startSipp } from "../support/sipp.ts";

/** SIPp on both ends of the whole platform. A callee's number decides its behaviour: see callees.xml. */
const BUSY = "+919900000011";
const ANSWERS = "+919900000012";
const RINGS = "+919900000013";
const UNKNOWN = "+919900000014";
const LEAVES = "+919900000015";
const REJECTS = "+919900000016";

let platform: TestPlatform;
let customer: Customer;
let callees: Sipp;
const known = new Set<string>();

beforeAll(async () => {
  customer = await startCustomer();
  const trunkPort = await freePort();
  callees = await startSipp({ scenario: "callees.xml", port: trunkPort, args: [] });
  platform = await startTestPlatform({
    trunkPort,
    flow: {
      start: "sales",
      applets: {
        sales: {
          type: "connect",
          url: { primary: `${customer.url}/connect?key=s3cret`, fallback: `${customer.url}/fallback` },
          exits: { conversation_ended: "bye", nobody_answered: "nobody", nobody_dialed: "none" },
        },
        bye: { type: "hangup" },
        nobody: { type: "hangup" },
        none: { type: "hangup" },
      },
    },
  });
});

afterAll(async () => {
  await callees?.stop();
  await platform?.stop();
  await customer?.close();
});

beforeEach(() => {
  customer.seen.length = 0;
  customer.on("/fallback", json({ error: "down" }, 500));
});

/** Makes one call with SIPp; returns it as the API shows it afterwards. */
async function call(talkMs = 1500, transport: "u1" | "t1" = "u1"): Promise<ApiCall> {
  for (const { call_sid } of await platform.calls()) known.add(call_sid);
  const caller = await startSipp({
    scenario: "caller.xml",
    port: await freePort(),
    transport,
    args: ["-m", "1", "-s", EXOPHONE, `127.0.0.1:${platform.sipPort}`],
    values: { talk_ms: talkMs },
  });
  const { code, errors } = await caller.done;
  expect({ code, errors }).toEqual({ code: 0, errors: "" });
  const ended = await platform.endedCalls(known.size + 1);
  const fresh = ended.filter(({ call_sid }) => !known.has(call_sid));
  expect(fresh).toHaveLength(1);
  const [one] = fresh;
  if (one === undefined) throw new Error("no call");
  return one;
}

function exits(report: ApiCall): string[] {
  return report.exits.map(({ exit }) => exit);
}

function outcomes(report: ApiCall): (string | null)[] {
  return report.attempts.map(({ outcome }) => outcome);
}

function rules(report: ApiCall): string[] {
  return report.trace.flatMap((entry) => ("rule" in entry && entry.rule !== null ? [entry.rule] : []));
}

describe("SIPp as caller and as callees", () => {
  it("REQ-10 to REQ-32: the URL is requested with exactly the documented query", async () => {
    customer.on("/connect", dials([ANSWERS]));
    const report = await call();
    const [request] = customer.seen;
    expect(request?.method).toBe("GET");
    expect(request?.query.map(([name]) => name)).toEqual(["key", ...FIRST_REQUEST_PARAMETERS]);
    const query = Object.fromEntries(request?.query ?? []);
    expect(query).toMatchObject({
      key: "s3cret",
      CallSid: report.call_sid,
      CallFrom: "09812345678",
      CallTo: "08047100000",
      Direction: "incoming",
      DialCallDuration: "0",
      EndTime: "1970-01-01 05:30:00",
      CallType: "call-attempt",
      DialWhomNumber: "",
      flow_id: "11754",
      tenant_id: "1409",
      From: "09812345678",
      To: "08047100000",
      CallStatus: "in-progress",
    });
    expect(query["CallSid"]).toMatch(/^[0-9a-z]{32}$/);
    expect(query["Created"]).toMatch(/^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$/);
    expect(query["CurrentTime"]).toMatch(/^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$/);
    expect(request?.rawQuery).toContain("EndTime=1970-01-01+05%3A30%3A00");
    expect(request?.headers).toMatchObject({ "exotel-version": "1.0", accept: "application/json" });
    expect(exits(report)).toEqual(["conversation_ended"]);
    expect(report.cdr).toMatchObject({ ended_by: "caller", call_type: "completed" });
  });

  it("DIAL-1: a busy number is followed by the next, which answers", async () => {
    customer.on("/connect", dials([BUSY, ANSWERS]));
    const report = await call();
    expect(outcomes(report)).toEqual(["busy", "completed"]);
    expect(report.cdr).toMatchObject({ status: "completed", call_type: "completed", dial_call_status: "completed" });
  });

  it("DIAL-2: at the ring limit the leg is cancelled and the next is dialled", async () => {
    customer.on("/connect", dials([RINGS, ANSWERS], { max_ringing_duration: 1 }));
    const report = await call(2500);
    expect(outcomes(report)).toEqual(["no-answer", "completed"]);
    expect(rules(report)).toContain("DIAL-2");
  });

  it("DIAL-12, EXIT-2: a callee who hangs up takes the call to the conversation's exit", async () => {
    customer.on("/connect", dials([LEAVES]));
    const report = await call(5000);
    expect(exits(report)).toEqual(["conversation_ended"]);
    expect(report.applets).toEqual(["sales", "bye"]);
    expect(rules(report)).toContain("EXIT-2");
  });

  it("EXIT-3: rejected, unknown and busy numbers lead to nobody answers", async () => {
    customer.on("/connect", dials([REJECTS, UNKNOWN, BUSY]));
    const report = await call(5000);
    expect(outcomes(report)).toEqual(["busy", "failed", "busy"]);
    expect(exits(report)).toEqual(["nobody_answered"]);
    expect(rules(report)).toContain("EXIT-3");
  });

  it("EXIT-1, REQ-7: a 500 from the Primary asks the Fallback with the same query", async () => {
    customer.on("/connect", json({}, 500));
    customer.on("/fallback", dials([ANSWERS]));
    const report = await call();
    expect(customer.seen.map(({ path }) => path)).toEqual(["/connect", "/fallback"]);
    expect(customer.seen[1]?.query).toEqual(customer.seen[0]?.query.filter(([name]) => name !== "key"));
    expect(report.requests.map(({ role, result }) => [role, result])).toEqual([
      ["primary", "http_error"],
      ["fallback", "usable"],
    ]);
    expect(outcomes(report)).toEqual(["completed"]);
    expect(rules(report)).toContain("RES-1");
  });

  it("EXIT-1: both URLs failing dials nobody", async () => {
    customer.on("/connect", json({ destination: {} }));
    const report = await call(5000);
    expect(exits(report)).toEqual(["nobody_dialed"]);
    expect(report.attempts).toEqual([]);
    expect(rules(report)).toEqual(expect.arrayContaining(["RES-2", "RES-1", "EXIT-1"]));
  });

  it("RES-3: an empty list dials nobody and calls no fallback", async () => {
    customer.on("/connect", dials([]));
    const report = await call(5000);
    expect(customer.seen.map(({ path }) => path)).toEqual(["/connect"]);
    expect(exits(report)).toEqual(["nobody_dialed"]);
    expect(rules(report)).toContain("RES-3");
  });

  it("takes and makes calls over TCP as well as UDP, on the same port", async () => {
    customer.on("/connect", dials([ANSWERS]));
    const report = await call(1000, "t1");
    expect(outcomes(report)).toEqual(["completed"]);
  });
});
