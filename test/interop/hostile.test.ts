import { createSocket } from "node:dgram";
import { connect } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { CallReport } from "../../src/core/call/report.ts";
import type { Behaviour, Customer } from "../support/customer.ts";
import { dials, startCustomer } from "../support/customer.ts";
import type { ApiCall, TestPlatform } from "../support/platform.ts";
import { EXOPHONE, KEYS, startPlatformOf } from "../support/platform.ts";
import type { Sipp } from "../support/sipp.ts";
import { freePort, startSipp } from "../support/sipp.ts";
import { sleep } from "../support/wait.ts";

/** During every attack an ordinary call goes through: nothing else is disturbed. */
const ANSWERS = "+919900000012";
const GUARDED_EXOPHONE = "+918047100001";
/** The number that SIPp calls from. */
const CALLER = "+919812345678";
/** ms within which a call must get its record, with a margin for a busy machine. */
const ENDS_WITHIN_MS = 15_000;

let platform: TestPlatform;
let customer: Customer;
let callees: Sipp;

function flowOf(account: string, primary: string): object {
  const connect = { type: "connect", url: { primary }, exits: { nobody_dialed: "none" } };
  return { flow: "11754", account, start: "c", applets: { c: connect, none: { type: "hangup" } } };
}

function accountOf(sid: string, number: string, trunkPort: number, privateDestinations: boolean): object {
  return {
    sid,
    tenant_id: 1,
    api_keys: KEYS,
    private_destinations: privateDestinations,
    trunks: [{ name: "main", address: `127.0.0.1:${trunkPort}`, accept_from: ["127.0.0.1"] }],
    exophones: [{ number, flow: "11754" }],
  };
}

beforeAll(async () => {
  customer = await startCustomer();
  const trunkPort = await freePort();
  callees = await startSipp({ scenario: "callees.xml", port: trunkPort, args: [] });
  platform = await startPlatformOf({
    accounts: [accountOf("acme", EXOPHONE, trunkPort, true), accountOf("guarded", GUARDED_EXOPHONE, trunkPort, false)],
    flows: [flowOf("acme", `${customer.url}/connect`), flowOf("guarded", `${customer.url}/connect`)],
  });
});

afterAll(async () => {
  await callees?.stop();
  await platform?.stop();
  await customer?.close();
});

beforeEach(() => {
  customer.seen.length = 0;
  customer.on("/connect", dials([ANSWERS]));
});

async function call(number: string, talkMs = 700): Promise<void> {
  const target = `127.0.0.1:${platform.sipPort}`;
  const args = ["-m", "1", "-s", number, target];
  const caller = await startSipp({ scenario: "caller.xml", port: await freePort(), args, values: { talk_ms: talkMs } });
  expect(await caller.done).toEqual({ code: 0, errors: "" });
}

/** Makes a call and returns its report. */
async function callAs(account: string, number: string): Promise<CallReport> {
  const before = new Set((await platform.as(account).calls()).map(({ call_sid }) => call_sid));
  await call(number);
  // Refused calls have a record too.
  const isOurs = ({ call_sid, cdr, from }: ApiCall): boolean =>
    !before.has(call_sid) && cdr !== null && from === CALLER;
  for (const deadline = Date.now() + ENDS_WITHIN_MS; Date.now() < deadline; await sleep(100)) {
    const report = (await platform.as(account).calls()).find(isOurs);
    if (report !== undefined) return report;
  }
  throw new Error(`no call of ${CALLER} has ended`);
}

async function ordinaryCallWorks(): Promise<void> {
  const report = await callAs("acme", EXOPHONE);
  expect(report.attempts.map(({ outcome }) => outcome)).toEqual(["completed"]);
}

function sentences(report: CallReport): string {
  return report.trace.map((entry) => ("message" in entry ? entry.message : "")).join("\n");
}

const endless: Behaviour = (_request, response) => {
  response.writeHead(200, { "content-type": "application/json" });
  const drip = setInterval(() => response.write(" "), 200);
  response.on("close", () => clearInterval(drip));
};

const huge: Behaviour = (_request, response) => {
  response.writeHead(200, { "content-type": "application/json" });
  response.end(`{"destination":{"numbers":[]},"x":"${"x".repeat(70_000)}"}`);
};

describe("hostile input does no harm to other calls", () => {
  it("REQ-8: an answer over 64 KiB is unusable, and the trace says so", async () => {
    customer.on("/connect", huge);
    const report = await callAs("acme", EXOPHONE);
    expect(report.exits.map(({ exit }) => exit)).toEqual(["nobody_dialed"]);
    expect(sentences(report)).toMatch(/64 KiB|65,?536/);
    customer.on("/connect", dials([ANSWERS]));
    await ordinaryCallWorks();
  });

  it("REQ-6: a body that never ends is a timeout after 5 s, while other calls go through", async () => {
    customer.on("/connect", endless);
    const stuck = call(EXOPHONE, 8000);
    await new Promise((resolve) => {
      setTimeout(resolve, 1000);
    });
    customer.on("/connect", dials([ANSWERS]));
    await ordinaryCallWorks();
    await stuck;
    const timedOut = async (): Promise<string[][]> =>
      (await platform.calls())
        .filter(({ cdr, requests }) => cdr !== null && requests.some(({ result }) => result === "timeout"))
        .map(({ exits }) => exits.map(({ exit }) => exit));
    // The last row of a call may not be on disk yet when its BYE has gone out.
    await expect.poll(timedOut).toEqual([["nobody_dialed"]]);
  });

  it("refuses to request an internal URL, unless the account allows it", async () => {
    const report = await callAs("guarded", GUARDED_EXOPHONE);
    expect(customer.seen).toEqual([]);
    expect(report.requests.map(({ result }) => result)).toEqual(["unreachable"]);
    expect(sentences(report)).toContain("inside the platform's own network");
    await ordinaryCallWorks();
  });

  it("survives malformed SIP over UDP and TCP", async () => {
    const socket = createSocket("udp4");
    const attacks = [
      "",
      "\r\n\r\n",
      "INVITE",
      `INVITE sip:${EXOPHONE}@x SIP/2.0\r\n\r\n`,
      `INVITE sip:x SIP/2.0\r\nVia: SIP/2.0/UDP x;branch=z9hG4bK1\r\nFrom: a\r\nTo: b\r\nCall-ID: c\r\nCSeq: 99999999999 INVITE\r\n\r\n`,
      `SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP x;branch=z9hG4bK1\r\n\r\n`,
      `BYE sip:x@y SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bKq\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>;tag=2\r\nCall-ID: nobody\r\nCSeq: 1 BYE\r\n\r\n`,
      Buffer.alloc(60_000, 0xff),
      `INVITE sip:${"9".repeat(30_000)}@x SIP/2.0\r\n\r\n`,
    ];
    for (const attack of attacks) socket.send(attack, platform.sipPort, "127.0.0.1");
    const tcp = connect(platform.sipPort, "127.0.0.1");
    tcp.on("error", () => undefined);
    for (const attack of attacks) tcp.write(attack);
    await ordinaryCallWorks();
    socket.close();
    tcp.destroy();
    expect((await fetch(`${platform.httpUrl}/healthz`)).status).toBe(200);
  });

  it("answers requests without a key, with a wrong key or for another account with just 401", async () => {
    const url = `${platform.httpUrl}/api/accounts/acme/calls`;
    const wrong = { authorization: `Basic ${Buffer.from("acme-key:wrong").toString("base64")}` };
    for (const response of [await fetch(url), await fetch(url, { headers: wrong })]) {
      expect(response.status).toBe(401);
      expect(response.headers.get("content-type")).toContain("application/problem+json");
    }
    expect((await platform.as("nobody").get("/calls")).status).toBe(401);
    expect((await platform.get("/recordings/..%2f..%2fsecret.wav")).status).toBe(404);
    expect((await platform.get("/calls?limit=1000")).status).toBe(400);
  });
});
