import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { silentLog } from "../../src/base/log.ts";
import { systemClock } from "../../src/base/system-clock.ts";
import { systemRandom } from "../../src/base/system-random.ts";
import { toneMs } from "../../src/tools/softphone/tone-monitor.ts";
import { Softphone } from "../../src/tools/softphone/phone.ts";
import type { PhoneScript } from "../../src/tools/softphone/script.ts";
import { UrlServer } from "../../src/tools/softphone/url-server.ts";
import type { ApiCall, TestPlatform } from "../support/platform.ts";
import { EXOPHONE, startTestPlatform } from "../support/platform.ts";

/** Calls by API over real SIP, RTP and HTTP: the phones of both numbers are behind the trunk, each with its own tone. */
const FIRST_HZ = 700;
const SECOND_HZ = 1100;
/** ms after which a tone counts as heard; a busy machine makes it seem shorter than it was. */
const ENOUGH_MS = 400;
const AUTHORIZATION = `Basic ${Buffer.from("acme-key:acme-token").toString("base64")}`;

const setup = { clock: systemClock, random: systemRandom(), log: silentLog, host: "127.0.0.1" };
const phones: Record<string, PhoneScript[]> = {};
const trunk = new Softphone({ ...setup, port: 0, phones });
const customer = new UrlServer(setup);
let platform: TestPlatform;
let lastNumber = 0;

beforeAll(async () => {
  await trunk.start();
  await customer.start();
  customer.script("/status", [{ status: 200 }]);
  customer.script("/connect", [{ json: { destination: { numbers: ["+919900000099"] } } }]);
  phones["+919900000099"] = [{ answer_after_ms: 300, tone_hz: SECOND_HZ }];
  platform = await startTestPlatform({
    trunkPort: trunk.port,
    flow: {
      start: "sales",
      applets: { sales: { type: "connect", url: { primary: customer.url("/connect") }, exits: {} } },
    },
  });
});

afterAll(async () => {
  await trunk.stop();
  await customer.stop();
  await platform?.stop();
});

/** A new number, with a phone that follows this script. */
function numberWith(script: PhoneScript): string {
  const number = `+9198${20_000_000 + ++lastNumber}`;
  phones[number] = [script];
  return number;
}

async function connect(fields: Readonly<Record<string, string>>): Promise<string> {
  const response = await fetch(`${platform.httpUrl}/v1/Accounts/acme/Calls/connect.json`, {
    method: "POST",
    headers: { authorization: AUTHORIZATION },
    body: new URLSearchParams({ CallerId: EXOPHONE, ...fields }),
  });
  const answer = (await response.json()) as { readonly Call: { readonly Sid: string; readonly Status: string } };
  expect([response.status, answer]).toMatchObject([200, { Call: { Status: "in-progress" } }]);
  return answer.Call.Sid;
}

async function control(sid: string, path: string, body: object = {}): Promise<number> {
  const response = await fetch(`${platform.httpUrl}/api/accounts/acme/calls/${sid}/${path}`, {
    method: "POST",
    headers: { authorization: AUTHORIZATION, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  return response.status;
}

async function ended(sid: string): Promise<ApiCall> {
  await expect.poll(async () => (await platform.call(sid)).ended_at, { timeout: 20_000, interval: 100 }).not.toBeNull();
  return platform.call(sid);
}

function heard(number: string, hz: number): number {
  return toneMs(trunk.callsTo(number)[0]?.tones ?? [], hz);
}

/** Waits until each of the two has heard the other. */
async function bothTalk(first: string, second: string): Promise<void> {
  const enough = () => heard(first, SECOND_HZ) > ENOUGH_MS && heard(second, FIRST_HZ) > ENOUGH_MS;
  await expect.poll(enough, { timeout: 20_000, interval: 50 }).toBe(true);
}

/** What the StatusCallback received about a call, in order. */
function told(sid: string): Record<string, string>[] {
  return customer
    .requestsTo("/status")
    .map(({ body }) => JSON.parse(body) as Record<string, string>)
    .filter(({ CallSid }) => CallSid === sid);
}

const STATUS = {
  "StatusCallbackEvents[0]": "terminal",
  "StatusCallbackEvents[1]": "answered",
  "StatusCallbackEvents[2]": "ringing",
  StatusCallbackContentType: "application/json",
};

describe("calls by API", () => {
  it("API-1, REQ-26: into a flow: both hear each other, and the customer's URL sees the CustomField", async () => {
    const From = numberWith({ ring_after_ms: 50, answer_after_ms: 300, tone_hz: FIRST_HZ });
    const Url = "http://my.exotel.com/acme/exoml/start_voice/11754";
    const sid = await connect({
      From,
      Url,
      CustomField: "order 12",
      StatusCallback: customer.url("/status"),
      ...STATUS,
    });
    await bothTalk(From, "+919900000099");
    trunk.callsTo(From)[0]?.hangUp();
    const report = await ended(sid);
    expect(report).toMatchObject({ status: "completed", ended_by: "caller", applets: ["sales"] });
    const asked = customer.requestsTo("/connect").map(({ query }) => new Map(query));
    expect(asked.find((query) => query.get("CallSid") === sid)).toBeDefined();
    expect(Object.fromEntries(asked.at(-1) ?? [])).toMatchObject({
      CustomField: "order 12",
      Direction: "outbound-dial",
      CallFrom: `0${From.slice(3)}`,
      CallTo: "08047100000",
    });
    await expect.poll(() => told(sid).map(({ EventType }) => EventType)).toEqual(["ringing", "answered", "terminal"]);
  });

  it("API-2, API-6, DIAL-10: of two numbers: both hear each other, the recording is reported and opens without a key", async () => {
    const From = numberWith({ answer_after_ms: 200, tone_hz: FIRST_HZ });
    const To = numberWith({ ring_after_ms: 50, answer_after_ms: 500, tone_hz: SECOND_HZ });
    const fields = { From, To, Record: "true", RecordingChannels: "dual", StatusCallback: customer.url("/status") };
    const sid = await connect({ ...fields, ...STATUS });
    await bothTalk(From, To);
    trunk.callsTo(To)[0]?.hangUp();
    const report = await ended(sid);
    expect(report).toMatchObject({ status: "completed", ended_by: "callee" });
    await expect.poll(() => told(sid).at(-1)?.["EventType"]).toBe("terminal");
    const last = told(sid).at(-1) ?? {};
    expect(last).toMatchObject({ Status: "completed", To: `0${To.slice(3)}`, PhoneNumberSid: "08047100000" });
    const { pathname, search } = new URL(last["RecordingUrl"] ?? "");
    // The platform took a free port, which its public address does not know.
    const file = await fetch(platform.httpUrl + pathname + search);
    expect([file.status, (await file.arrayBuffer()).byteLength > 8000]).toEqual([200, true]);
  });

  it("API-3: to a busy first number is busy, and nobody else is dialled", async () => {
    const From = numberWith({ ring_after_ms: 50, busy_after_ms: 300 });
    const To = numberWith({ answer_after_ms: 100 });
    const sid = await connect({ From, To });
    expect(await ended(sid)).toMatchObject({ status: "busy", attempts: [] });
    expect(trunk.callsTo(To)).toEqual([]);
  });

  it("take digits, and go on in a flow when redirected", async () => {
    const From = numberWith({ answer_after_ms: 100, tone_hz: FIRST_HZ });
    const To = numberWith({ answer_after_ms: 100, tone_hz: SECOND_HZ });
    const sid = await connect({ From, To });
    await bothTalk(From, To);
    expect(await control(sid, "digits", { digits: "42#" })).toBe(202);
    await expect.poll(() => trunk.callsTo(To)[0]?.digits, { timeout: 10_000 }).toBe("42#");
    const before = trunk.callsTo("+919900000099").length;
    expect(await control(sid, "redirect", { flow: "11754" })).toBe(202);
    await expect.poll(() => trunk.callsTo("+919900000099").length, { timeout: 10_000 }).toBe(before + 1);
    await expect.poll(() => trunk.callsTo(To)[0]?.state).toBe("ended");
    const again = trunk.callsTo("+919900000099").at(-1);
    await expect.poll(() => toneMs(again?.tones ?? [], FIRST_HZ), { timeout: 20_000 }).toBeGreaterThan(ENOUGH_MS);
    expect(await control(sid, "hangup")).toBe(202);
    expect(await ended(sid)).toMatchObject({ status: "completed", applets: ["connect", "sales"] });
    expect(await control(sid, "digits", { digits: "1" })).toBe(409);
  });
});
