import { describe, expect, it } from "vitest";
import { ACCOUNT, CREATED_MS, FACTS, FIRST_REQUEST_PARAMETERS } from "../../../test/fixtures/contract.ts";
import { seededRandom } from "../../base/random.ts";
import type { Account } from "./account.ts";
import type { Destination } from "./destination.ts";
import type { CallType, DialStatus } from "./outcome.ts";
import {
  buildHttpRequest,
  connectQuery,
  dialEventQuery,
  greetingQuery,
  makeCallSid,
  type DialEventFacts,
  type LegFacts,
  type RequestFacts,
} from "./request.ts";

const E164: Account = { ...ACCOUNT, numberFormat: "e164" };
const number = (e164: string): Destination => ({ kind: "number", e164 });
const sip = (user: string, host: string | null = null): Destination => ({ kind: "sip", user, host });

const LEG: LegFacts = {
  number: number("+919900000011"),
  onCallDurationS: 0,
  callerId: "+918000000002",
  cause: { code: 1003, name: "RING_TIMEOUT" },
};

/** A re-fetch with everything that a request can carry. */
const FULL: RequestFacts = {
  ...FACTS,
  direction: "outbound-dial",
  startMs: CREATED_MS + 1000,
  nowMs: CREATED_MS + 60_000,
  callType: "incomplete",
  dialWhomNumber: sip("anil"),
  dialCallDurationS: 42,
  dialCallStatus: "no-answer",
  digits: "215250",
  customField: "order_12345",
  recordingUrl: "https://rec.example/1.wav",
  outgoingPhoneNumber: "+918000000002",
  legs: [
    LEG,
    { number: sip("anil"), onCallDurationS: 7, callerId: "+918047100000", cause: { code: 17, name: "USER_BUSY" } },
  ],
  numbers: [number("+919900000011"), sip("anil"), number("+622131921111")],
};

const value = (facts: Partial<RequestFacts>, name: string, account = ACCOUNT): string | undefined =>
  new Map(connectQuery(account, { ...FACTS, ...facts })).get(name);

describe("the request of section 1", () => {
  it("REQ-10 to REQ-29: has every parameter in the contract's order", () => {
    expect(connectQuery(ACCOUNT, FULL)).toEqual([
      ["CallSid", "9953099079d70b89bbc1aa43ae6d1893"],
      ["CallFrom", "09900000001"],
      ["CallTo", "08000000002"],
      ["Direction", "outbound-dial"],
      ["Created", "2024-09-03 11:44:54"],
      ["DialCallDuration", "42"],
      ["StartTime", "2024-09-03 11:44:55"],
      ["EndTime", "1970-01-01 05:30:00"],
      ["CallType", "incomplete"],
      ["DialWhomNumber", "sip:anil"],
      ["flow_id", "11754"],
      ["tenant_id", "1409"],
      ["From", "09900000001"],
      ["To", "08000000002"],
      ["CurrentTime", "2024-09-03 11:45:54"],
      ["CallStatus", "in-progress"],
      ["DialCallStatus", "no-answer"],
      ["digits", '"215250"'],
      ["CustomField", "order_12345"],
      ["RecordingUrl", "https://rec.example/1.wav"],
      ["OutgoingPhoneNumber", "08000000002"],
      ["Legs[0][Number]", "09900000011"],
      ["Legs[0][Type]", "single"],
      ["Legs[0][OnCallDuration]", "0"],
      ["Legs[0][CallerId]", "08000000002"],
      ["Legs[0][CauseCode]", "RING_TIMEOUT"],
      ["Legs[0][Cause]", "1003"],
      ["Legs[1][Number]", "sip:anil"],
      ["Legs[1][Type]", "single"],
      ["Legs[1][OnCallDuration]", "7"],
      ["Legs[1][CallerId]", "08047100000"],
      ["Legs[1][CauseCode]", "USER_BUSY"],
      ["Legs[1][Cause]", "17"],
      ["numbers", "09900000011,sip:anil,+622131921111"],
    ]);
  });

  it("REQ-30: on the first request of a call every conditional parameter is absent, and only DialWhomNumber is empty", () => {
    expect(connectQuery(ACCOUNT, FACTS).map(([name]) => name)).toEqual(FIRST_REQUEST_PARAMETERS);
    expect(connectQuery(ACCOUNT, FACTS).filter(([, text]) => text === "")).toEqual([["DialWhomNumber", ""]]);
  });

  it("REQ-30: empty values are absent as well", () => {
    const empty = { digits: "", customField: "", recordingUrl: "", outgoingPhoneNumber: "", numbers: [] };
    expect(connectQuery(ACCOUNT, { ...FACTS, ...empty })).toEqual(connectQuery(ACCOUNT, FACTS));
  });

  it("REQ-12, REQ-21: CallTo is the number an API call dials out to, and To is still the ExoPhone", () => {
    const facts = { callTo: "+919822222222", to: "+918047100000" };
    expect([value(facts, "CallTo"), value(facts, "To")]).toEqual(["09822222222", "08047100000"]);
    const event = { ...FACTS, ...facts, destination: number("+919999999999"), event: "Dial" } as const;
    const values = new Map(dialEventQuery(ACCOUNT, event));
    expect([values.get("CallTo"), values.get("To")]).toEqual(["09822222222", "08047100000"]);
  });

  it("REQ-11, REQ-12, REQ-21: CallFrom and From are the caller, CallTo and To the ExoPhone", () => {
    const facts = { callFrom: "+919811111111", callTo: "+918047100000", to: "+918047100000" };
    expect([value(facts, "CallFrom"), value(facts, "From")]).toEqual(["09811111111", "09811111111"]);
    expect([value(facts, "CallTo"), value(facts, "To")]).toEqual(["08047100000", "08047100000"]);
  });

  it.each(["anonymous", "sip:anil", ""])("REQ-11: a caller known as %j is sent as it is", (callFrom) => {
    expect([value({ callFrom }, "CallFrom"), value({ callFrom }, "From")]).toEqual([callFrom, callFrom]);
  });

  it.each([
    "anonymous",
    "Anonymous",
    "Restricted",
    "sip:anonymous@anonymous.invalid",
    "Anonymous <sip:anonymous@anonymous.invalid>",
    "sip:c8oqz84zk7z@anonymous.invalid",
    "sips:anonymous@carrier.example",
  ])("REQ-34: a caller who withheld the number (%j) is anonymous in every request and event", (callFrom) => {
    expect([value({ callFrom }, "CallFrom"), value({ callFrom }, "From")]).toEqual(["anonymous", "anonymous"]);
    const event = new Map(dialEventQuery(E164, { ...FACTS, callFrom, destination: sip("anil"), event: "Dial" }));
    expect([event.get("CallFrom"), event.get("From")]).toEqual(["anonymous", "anonymous"]);
    expect(greetingQuery(ACCOUNT, { ...FACTS, callFrom })).toContainEqual(["From", "anonymous"]);
  });

  it.each(["incoming", "outbound-dial"] as const)("REQ-13: Direction may be %s", (direction) => {
    expect(value({ direction }, "Direction")).toBe(direction);
  });

  it("REQ-14, REQ-16, REQ-22: Created, StartTime and CurrentTime are three different times", () => {
    const facts = { createdMs: CREATED_MS, startMs: CREATED_MS + 1000, nowMs: CREATED_MS + 2000 };
    expect(value(facts, "Created")).toBe("2024-09-03 11:44:54");
    expect(value(facts, "Created", { ...ACCOUNT, wire: "observed" })).toBe("Tue, 03 Sep 2024 11:44:54");
    expect(value(facts, "StartTime")).toBe("2024-09-03 11:44:55");
    expect(value(facts, "CurrentTime")).toBe("2024-09-03 11:44:56");
  });

  it("REQ-31: all times but EndTime are in the account's zone", () => {
    const account: Account = { ...ACCOUNT, timezone: "UTC" };
    expect(value({}, "Created", account)).toBe("2024-09-03 06:14:54");
    expect(value({}, "StartTime", account)).toBe("2024-09-03 06:14:54");
    expect(value({}, "CurrentTime", account)).toBe("2024-09-03 06:14:59");
    expect(value({}, "EndTime", account)).toBe("1970-01-01 05:30:00");
  });

  it("REQ-15, REQ-17, REQ-23: duration in whole seconds, the constant EndTime, and the call in progress", () => {
    expect(value({}, "DialCallDuration")).toBe("0");
    expect(value({ dialCallDurationS: 30 }, "DialCallDuration")).toBe("30");
    expect(value({}, "EndTime")).toBe("1970-01-01 05:30:00");
    expect(value({}, "CallStatus")).toBe("in-progress");
  });

  it.each(["call-attempt", "completed", "client-hangup", "incomplete", "voicemail"] satisfies CallType[])(
    "REQ-18: CallType may be %s",
    (callType) => {
      expect(value({ callType }, "CallType")).toBe(callType);
    },
  );

  it("REQ-19: DialWhomNumber is the destination dialled last, and empty before", () => {
    expect(value({}, "DialWhomNumber")).toBe("");
    expect(value({ dialWhomNumber: number("+919900000011") }, "DialWhomNumber")).toBe("09900000011");
  });

  it("REQ-20: flow_id and tenant_id are the flow's and the account's", () => {
    expect([value({ flowId: "7" }, "flow_id"), value({}, "tenant_id", { ...ACCOUNT, tenantId: "8" })]).toEqual([
      "7",
      "8",
    ]);
  });

  it.each(["completed", "busy", "no-answer", "failed", "canceled"] satisfies DialStatus[])(
    "REQ-24: DialCallStatus may be %s",
    (dialCallStatus) => {
      expect(value({ dialCallStatus }, "DialCallStatus")).toBe(dialCallStatus);
    },
  );

  it("REQ-25: digits are inside double quotes, which are %22 on the wire", () => {
    expect(value({ digits: "2*#" }, "digits")).toBe('"2*#"');
    const built = build({ query: connectQuery(ACCOUNT, { ...FACTS, digits: "215250" }) });
    expect(built.url.endsWith("&digits=%22215250%22")).toBe(true);
  });

  it("REQ-26: CustomField is sent as given, without quotes", () => {
    expect(value({ customField: '{"a":"b c"}' }, "CustomField")).toBe('{"a":"b c"}');
  });

  it("REQ-27, REQ-28: the recording's URL and the ExoPhone of leg 2 are sent only if they exist", () => {
    expect(value({ recordingUrl: "https://r/1.wav" }, "RecordingUrl")).toBe("https://r/1.wav");
    expect(value({ outgoingPhoneNumber: "+918047100000" }, "OutgoingPhoneNumber")).toBe("08047100000");
    expect(value({}, "RecordingUrl")).toBeUndefined();
    expect(value({}, "OutgoingPhoneNumber")).toBeUndefined();
  });

  it("REQ-29: every destination tried has its six parameters, in the order tried", () => {
    const legs = [
      LEG,
      LEG,
      { ...LEG, onCallDurationS: 61, callerId: "0000000001", cause: { code: 16, name: "NORMAL_CLEARING" } },
    ];
    const names = connectQuery(ACCOUNT, { ...FACTS, legs })
      .map(([name]) => name)
      .slice(16);
    const six = ["Number", "Type", "OnCallDuration", "CallerId", "CauseCode", "Cause"];
    expect(names).toEqual([0, 1, 2].flatMap((i) => six.map((name) => `Legs[${i}][${name}]`)));
    expect(value({ legs }, "Legs[2][OnCallDuration]")).toBe("61");
    expect(value({ legs }, "Legs[2][CallerId]")).toBe("0000000001");
    expect(value({ legs }, "Legs[2][CauseCode]")).toBe("NORMAL_CLEARING");
    expect(value({ legs }, "Legs[2][Cause]")).toBe("16");
  });

  it("REQ-32: in an e164 account every number is E.164, a SIP destination stays sip:user", () => {
    const values = new Map(connectQuery(E164, FULL));
    expect(values.get("CallFrom")).toBe("+919900000001");
    expect(values.get("To")).toBe("+918000000002");
    expect(values.get("DialWhomNumber")).toBe("sip:anil");
    expect(values.get("OutgoingPhoneNumber")).toBe("+918000000002");
    expect(values.get("Legs[0][Number]")).toBe("+919900000011");
    expect(values.get("Legs[0][CallerId]")).toBe("+918000000002");
    expect(values.get("numbers")).toBe("+919900000011,sip:anil,+622131921111");
  });

  it("REF-3: numbers is the previous list joined by commas, and only there when given", () => {
    expect(value({ numbers: [number("+919900000011"), number("+919900000012")] }, "numbers")).toBe(
      "09900000011,09900000012",
    );
    expect(value({}, "numbers")).toBeUndefined();
  });
});

interface Built {
  readonly configuredUrl?: string;
  readonly query?: readonly (readonly [string, string])[];
  readonly versionHeader?: boolean;
}

function build({ configuredUrl = "https://app.example/c", query = [["a", "b c"]], versionHeader = true }: Built) {
  const built = buildHttpRequest({ configuredUrl, query, version: "1.2.3", versionHeader, accept: "application/json" });
  if (!built.ok) throw new Error(built.error);
  return built.value;
}

describe("buildRequest", () => {
  it("REQ-1, REQ-4, REQ-9: is a GET with these headers and no others, so unsigned", () => {
    expect(build({})).toEqual({
      method: "GET",
      url: "https://app.example/c?a=b+c",
      headers: { "exotel-version": "1.0", accept: "application/json", "user-agent": "plugboard/1.2.3" },
      authorization: null,
    });
  });

  it("REQ-3: has no version header unless it is asked for", () => {
    expect(build({ versionHeader: false }).headers).toEqual({
      accept: "application/json",
      "user-agent": "plugboard/1.2.3",
    });
  });

  it("REQ-2: credentials leave the URL, its own query stays", () => {
    const request = build({ configuredUrl: "https://u:p@app.example/c?key=s3cret&team=north#x" });
    expect(request.url).toBe("https://app.example/c?key=s3cret&team=north&a=b+c");
    expect(request.authorization).toBe("Basic dTpw");
  });

  it("REQ-7: the Fallback URL gets the same query and headers as the Primary", () => {
    const query = connectQuery(ACCOUNT, FULL);
    const primary = build({ configuredUrl: "https://a.example/c", query });
    const fallback = build({ configuredUrl: "https://b.example/c", query });
    expect(fallback).toEqual({ ...primary, url: primary.url.replace("a.example", "b.example") });
  });

  it("REQ-2: a malformed URL is an error that does not repeat it", () => {
    const parts = { configuredUrl: "u:p@nowhere", query: [], version: "1", versionHeader: false, accept: "*/*" };
    expect(buildHttpRequest(parts)).toEqual({ ok: false, error: "The URL is not an absolute http or https URL." });
  });
});

describe("dial events", () => {
  const event: DialEventFacts = { ...FACTS, destination: number("+919999999999"), event: "Dial" };

  it("EVT-1: has these parameters in this order, AgentEmail last", () => {
    expect(dialEventQuery(ACCOUNT, event)).toEqual([
      ["CallSid", "9953099079d70b89bbc1aa43ae6d1893"],
      ["CallFrom", "09900000001"],
      ["CallTo", "08000000002"],
      ["Direction", "incoming"],
      ["Created", "2024-09-03 11:44:54"],
      ["From", "09900000001"],
      ["To", "08000000002"],
      ["CurrentTime", "2024-09-03 11:44:59"],
      ["DialWhomNumber", "09999999999"],
      ["Status", "busy"],
      ["EventType", "Dial"],
      ["AgentEmail", "agent@example.com"],
    ]);
  });

  it.each([
    ["an unknown number", number("+919900000011"), undefined],
    ["a user by name", sip("anil"), "agent@example.com"],
    ["a user of that name on another host", sip("anil", "pbx.example.invalid"), undefined],
    ["a user without an address", sip("bina"), undefined],
    ["an unknown name", sip("chandra"), undefined],
  ])("EVT-1: AgentEmail for %s", (_, destination, email) => {
    expect(new Map(dialEventQuery(ACCOUNT, { ...event, destination })).get("AgentEmail")).toBe(email);
  });

  it("EVT-1: AgentEmail is absent where the user's address is empty", () => {
    const users = [{ name: "anil", number: "+919999999999", email: "" }];
    expect(new Map(dialEventQuery({ ...ACCOUNT, users }, event)).has("AgentEmail")).toBe(false);
  });

  it.each([
    ["Dial", "busy"],
    ["Ringing", "busy"],
    ["Answered", "busy"],
    ["Terminal", "free"],
  ] as const)("EVT-2, EVT-3: %s says that the line is %s", (kind, status) => {
    const values = new Map(dialEventQuery(ACCOUNT, { ...event, event: kind }));
    expect([values.get("EventType"), values.get("Status")]).toEqual([kind, status]);
  });

  it("EVT-5: Direction is the call's, and the numbers are in the account's form", () => {
    const values = new Map(dialEventQuery(E164, { ...event, direction: "outbound-dial" }));
    expect(values.get("Direction")).toBe("outbound-dial");
    expect(values.get("DialWhomNumber")).toBe("+919999999999");
    expect(values.get("From")).toBe("+919900000001");
  });
});

describe("the request of a Greeting", () => {
  it("APP-1: names the call, both ends, the last destination, and the CustomField if there is one", () => {
    const facts = { ...FACTS, dialWhomNumber: number("+919900000011"), customField: "x" };
    const always = [
      ["CallSid", "9953099079d70b89bbc1aa43ae6d1893"],
      ["From", "09900000001"],
      ["To", "08000000002"],
      ["DialWhomNumber", "09900000011"],
    ];
    expect(greetingQuery(ACCOUNT, facts)).toEqual([...always, ["CustomField", "x"]]);
    expect(greetingQuery(ACCOUNT, { ...facts, customField: null })).toEqual(always);
    expect(greetingQuery(ACCOUNT, { ...facts, customField: "" })).toEqual(always);
  });
});

describe("makeCallSid", () => {
  it.each([
    ["2024-09-03T12:00:00Z", "1893"],
    ["2026-01-01T12:00:00Z", "1a11"],
    ["2025-10-10T12:00:00Z", "19aa"],
    ["2025-12-31T12:00:00Z", "19cv"],
    ["2005-11-22T12:00:00Z", "05bm"],
    ["2255-09-03T12:00:00Z", "ff93"],
  ])("REQ-10: a CallSid of %s ends in %s", (iso, ending) => {
    const sid = makeCallSid(seededRandom(1), Date.parse(iso), "Asia/Kolkata");
    expect(sid).toMatch(/^[0-9a-f]{28}[0-9a-z]{4}$/);
    expect(sid.slice(28)).toBe(ending);
  });

  it("REQ-10: its date is that of the account's zone, its random part differs from call to call", () => {
    const random = seededRandom(1);
    const late = Date.parse("2024-09-03T20:00:00Z");
    const [first, second] = [makeCallSid(random, late, "UTC"), makeCallSid(random, late, "Asia/Kolkata")];
    expect([first.slice(28), second.slice(28)]).toEqual(["1893", "1894"]);
    expect(first.slice(0, 28)).not.toBe(second.slice(0, 28));
  });
});
