import { describe, expect, it } from "vitest";
import { TWO_NUMBERS_FLOW } from "../call/two-numbers-flow.ts";
import { toHttpRequest } from "../contract/request.ts";
import type { CallPlacement, SecondNumber } from "../contract/placed-call.ts";
import { CALLER_NUMBER, Drive, EXOPHONE } from "./testing/drive.ts";

const SECOND = "+919900000011";
const CALLBACK = "https://user:secret@crm.example/status?x=1";

const greetingFlow = {
  flow: "11754",
  start: "greet",
  applets: {
    greet: { type: "greeting", say: { text: "Hello" }, next: "pass" },
    pass: { type: "passthru", url: "https://app.example/pass", exits: { ok: "bye" } },
    bye: { type: "hangup" },
  },
};

interface Options {
  readonly placed?: Partial<CallPlacement>;
  readonly second?: Partial<SecondNumber>;
  readonly timeLimitMs?: number;
  readonly flow?: unknown;
}

const ALL = ["ringing", "answered", "terminal"] as const;

function place({ placed = {}, second, timeLimitMs, flow = greetingFlow }: Options = {}): Drive {
  const two: SecondNumber | null =
    second === undefined
      ? null
      : {
          destination: { kind: "number", e164: SECOND },
          record: false,
          recordingChannels: "single",
          waitUrl: null,
          playback: null,
          ...second,
        };
  return new Drive({
    flow,
    ...(two === null ? {} : { builtIn: TWO_NUMBERS_FLOW }),
    call: {
      direction: "outbound-dial",
      customField: "order 12",
      ...(two === null ? {} : { dialTo: SECOND }),
      ...(timeLimitMs === undefined ? {} : { timeLimitMs }),
      placed: {
        destination: { kind: "number", e164: CALLER_NUMBER },
        ringLimitMs: 20_000,
        statusCallback: { url: CALLBACK, events: ALL, form: "multipart" },
        second: two,
        ...placed,
      },
    },
  });
}

/** What the StatusCallback was told, in order. */
function told(call: Drive): Record<string, string>[] {
  return call
    .of("notify")
    .flatMap(({ purpose, request }) => (purpose === "status_callback" ? [Object.fromEntries(request.query)] : []));
}

function statusOf(call: Drive): string | undefined {
  return call.traced("call.ended")[0]?.cdr.status;
}

describe("a call by API into a flow", () => {
  it("API-1: dials leg 1 from the ExoPhone, and starts the flow when it answers", () => {
    const call = place();
    expect(call.of("dial")).toMatchObject([{ leg: 1, destination: { e164: CALLER_NUMBER }, callerId: EXOPHONE }]);
    expect(call.traced("caller.dialed")).toMatchObject([{ destination: CALLER_NUMBER, ring_limit_ms: 20_000 }]);
    expect(call.applets).toEqual([]);
    call.after(4000);
    call.ring(1);
    call.answer(1);
    expect(call.applets).toEqual(["greet"]);
    // We placed the call: there is nothing to answer.
    expect(call.of("answer")).toEqual([]);
    call.played();
    call.hangUp();
    expect(call.of("reject")).toEqual([]);
    expect(statusOf(call)).toBe("completed");
  });

  it("REQ-26, REQ-11, REQ-12, REQ-13: every later request says what was asked for and that the call was started by API", () => {
    const call = place();
    call.answer(1);
    call.played();
    expect(call.query("passthru")).toMatchObject({
      CallFrom: "09812345678",
      CallTo: "08047100000",
      From: "09812345678",
      To: "08047100000",
      Direction: "outbound-dial",
      CustomField: "order 12",
    });
  });

  it.each([
    [486, "busy"],
    [603, "busy"],
    [480, "no-answer"],
    [404, "failed"],
    [null, "failed"],
  ] as const)("API-3: a leg 1 that fails with %s makes the call %s, and the flow does not run", (sip, status) => {
    const call = place();
    call.refuse(1, sip);
    expect([statusOf(call), call.applets, call.open]).toEqual([status, [], []]);
    expect(call.traced("caller.not_reached")).toMatchObject([{ outcome: status, sip, rule: "API-1" }]);
    expect(told(call).at(-1)).toMatchObject({ EventType: "terminal", Status: status, "Legs[0][Status]": status });
  });

  it("API-1: TimeOut cancels leg 1 when it rings for too long", () => {
    const call = place();
    call.ring(1);
    call.after(19_999);
    expect(call.call.ended).toBe(false);
    call.after(1);
    expect(call.of("cancel")).toMatchObject([{ leg: 1, reason: "ring_limit" }]);
    expect(statusOf(call)).toBe("no-answer");
    expect(told(call).at(-1)).toMatchObject({ "Legs[0][RingingDuration]": "20", "Legs[0][OnCallDuration]": "0" });
  });

  it("API-1: TimeLimit counts from the answer of leg 1", () => {
    const call = place({ timeLimitMs: 30_000 });
    call.after(15_000);
    call.answer(1);
    call.after(29_999);
    expect(call.call.ended).toBe(false);
    call.after(1);
    expect([call.of("hang_up").map(({ leg }) => leg), call.rules.at(-1)]).toEqual([[1], "LIMIT"]);
  });

  it("a command that ends it while leg 1 rings cancels leg 1", () => {
    const call = place();
    call.ring(1);
    call.event({ kind: "command", command: "hang_up" });
    expect(call.of("cancel")).toMatchObject([{ leg: 1 }]);
    expect([statusOf(call), call.open]).toEqual(["no-answer", []]);
  });

  it("a restart before leg 1 answered records the call as failed, and tells the StatusCallback", () => {
    const call = place();
    call.event({ kind: "command", command: "recover" });
    expect(statusOf(call)).toBe("failed");
    expect(told(call)).toMatchObject([{ EventType: "terminal", Status: "failed" }]);
  });
});

describe("a call by API that connects two numbers", () => {
  it("API-2: dials From, then To while From hears ringback, and puts them through", () => {
    const call = place({ second: {} });
    call.answer(1);
    expect(call.of("dial").map(({ leg, callerId }) => [leg, callerId])).toEqual([
      [1, EXOPHONE],
      [2, EXOPHONE],
    ]);
    expect(call.of("play")).toMatchObject([{ legs: [1], items: [{ kind: "tone", tone: "ringback" }] }]);
    call.after(5000);
    call.answer(2);
    expect(call.of("bridge")).toMatchObject([{ a: 1, b: 2 }]);
    call.after(12_000);
    call.hangUp(2);
    expect(statusOf(call)).toBe("completed");
    expect(told(call).at(-1)).toMatchObject({
      To: "09900000011",
      From: "09812345678",
      PhoneNumberSid: "08047100000",
      ConversationDuration: "12",
      "Legs[0][OnCallDuration]": "17",
      "Legs[1][Status]": "completed",
      "Legs[1][OnCallDuration]": "12",
      "Legs[1][RingingDuration]": "5",
    });
  });

  it.each([
    [486, "busy"],
    [480, "no-answer"],
    [404, "failed"],
  ] as const)("API-2: a To that fails with %s makes the whole call %s", (sip, status) => {
    const call = place({ second: {} });
    call.answer(1);
    call.refuse(2, sip);
    expect(statusOf(call)).toBe(status);
    expect(told(call).at(-1)).toMatchObject({
      Status: status,
      "Legs[0][Status]": "completed",
      "Legs[1][Status]": status,
    });
  });

  it("API-2: a From that hangs up while To rings makes it no-answer, and cancels To", () => {
    const call = place({ second: {} });
    call.answer(1);
    call.hangUp();
    expect(call.of("cancel")).toMatchObject([{ leg: 2 }]);
    expect(statusOf(call)).toBe("no-answer");
  });

  it("API-2: TimeOut is the ringing limit of To as well", () => {
    const call = place({ second: {} });
    call.answer(1);
    call.after(20_000);
    expect(call.outcomes).toEqual([`${SECOND} no-answer`]);
    expect(statusOf(call)).toBe("no-answer");
  });

  it("API-2: WaitUrl is what From hears; when it cannot be played, ringback is", () => {
    const call = place({ second: { waitUrl: "https://cdn.example/wait.mp3" } });
    call.answer(1);
    expect(call.of("play")).toMatchObject([
      { loop: true, items: [{ kind: "url", url: "https://cdn.example/wait.mp3" }] },
    ]);
    call.event({ kind: "playback_ended", id: call.of("play")[0]?.id ?? "", failure: "answered 404" });
    expect(call.of("play").at(-1)).toMatchObject({ items: [{ kind: "tone", tone: "ringback" }] });
  });

  it.each([
    ["callee", [2]],
    ["both", [1, 2]],
  ] as const)("API-2: StartPlaybackToNew %s plays StartPlaybackValueNew before the two are put through", (to, legs) => {
    const call = place({ second: { playback: { to, kind: "audio_url", value: "https://cdn.example/hi.wav" } } });
    call.answer(1);
    call.answer(2);
    expect(call.of("play").at(-1)).toMatchObject({ legs, items: [{ kind: "url", url: "https://cdn.example/hi.wav" }] });
    expect(call.of("bridge")).toEqual([]);
    call.played();
    expect(call.of("bridge")).toHaveLength(1);
  });

  it.each([
    ["single", "mono"],
    ["dual", "dual"],
  ] as const)(
    "API-2: Record with RecordingChannels %s records the conversation and sends its URL",
    (recordingChannels, layout) => {
      const call = place({ second: { record: true, recordingChannels } });
      call.answer(1);
      call.answer(2);
      expect(call.of("record")).toMatchObject([{ layout, legs: [1, 2] }]);
      call.hangUp();
      call.recorded();
      const { id = "" } = call.of("record")[0] ?? {};
      expect(told(call).at(-1)).toMatchObject({ RecordingUrl: `https://rec.example/${id}.wav` });
    },
  );

  it("REQ-30: the URL of a recording that failed is not sent", () => {
    const call = place({ second: { record: true } });
    call.answer(1);
    call.answer(2);
    call.hangUp();
    call.recorded("disk full");
    expect(told(call).at(-1)).not.toHaveProperty("RecordingUrl");
  });
});

describe("the StatusCallback", () => {
  it("API-6: is told of ringing, answered and terminal, in order, each once", () => {
    const call = place();
    call.ring(1);
    call.ring(1);
    call.after(3000);
    call.answer(1);
    call.hangUp();
    expect(told(call).map(({ EventType, Status }) => [EventType, Status])).toEqual([
      ["ringing", "in-progress"],
      ["answered", "in-progress"],
      ["terminal", "completed"],
    ]);
    expect(call.of("notify").map(({ order }) => order)).toEqual(Array(3).fill(`${call.call.callSid}-status`));
  });

  it("API-6: is told only what was asked for", () => {
    const call = place({ placed: { statusCallback: { url: CALLBACK, events: ["terminal"], form: "multipart" } } });
    call.ring(1);
    call.answer(1);
    call.hangUp();
    expect(told(call).map(({ EventType }) => EventType)).toEqual(["terminal"]);
  });

  it("API-6, REQ-2: is a POST of a multipart form to the URL as it was given, with its credentials in a header", () => {
    const call = place();
    call.refuse(1);
    const [notify] = call.of("notify");
    if (notify === undefined) throw new Error("nothing was notified");
    const { method, url, authorization, headers, body = "" } = toHttpRequest(notify.request);
    expect([method, url]).toEqual(["POST", "https://crm.example/status?x=1"]);
    expect(authorization).toBe(`Basic ${btoa("user:secret")}`);
    const boundary = /^multipart\/form-data; boundary=(plugboard-\S+)$/.exec(headers["content-type"] ?? "")?.[1] ?? "";
    expect(body).toContain(`--${boundary}\r\nContent-Disposition: form-data; name="Status"\r\n\r\nbusy\r\n`);
    expect(body.endsWith(`--${boundary}--\r\n`)).toBe(true);
    expect(JSON.stringify(call.trace)).not.toContain("secret");
  });

  it("API-6: is JSON where StatusCallbackContentType says so, with Legs as a list", () => {
    const call = place({
      placed: { statusCallback: { url: CALLBACK, events: ["terminal"], form: "json" } },
      second: {},
    });
    call.answer(1);
    call.answer(2);
    call.after(3000);
    call.hangUp();
    const [notify] = call.of("notify");
    expect(notify?.request.body?.contentType).toBe("application/json");
    expect(JSON.parse(notify?.request.body?.text ?? "")).toMatchObject({
      EventType: "terminal",
      Status: "completed",
      ConversationDuration: 3,
      CustomField: "order 12",
      Direction: "outbound-api",
      Legs: [
        { Status: "completed", OnCallDuration: 3, RingingDuration: 0, AnsweredBy: "NA" },
        { Status: "completed", OnCallDuration: 3, RingingDuration: 0, AnsweredBy: "NA" },
      ],
    });
  });

  it("API-6: times are in the account's zone, and EndTime is the constant until the call ends", () => {
    const call = place();
    call.ring(1);
    call.after(20_000);
    expect(told(call)[0]).toMatchObject({
      DateCreated: "2026-01-05 10:00:00",
      StartTime: "2026-01-05 10:00:00",
      EndTime: "1970-01-01 05:30:00",
    });
    expect(told(call).at(-1)).toMatchObject({ EndTime: "2026-01-05 10:00:20", DateUpdated: "2026-01-05 10:00:20" });
  });

  it("is in the report among the requests, as a POST", () => {
    const call = place();
    call.refuse(1);
    expect(call.report().requests).toMatchObject([
      { purpose: "status_callback", method: "POST", url: "https://***@crm.example/status?x=1" },
    ]);
  });
});
