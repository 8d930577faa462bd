import { describe, expect, it } from "vitest";
import type { AudioFormat } from "../contract/audio.ts";
import { MAX_REQUEST_URL_OCTETS } from "../contract/fit-query.ts";
import { toHttpRequest } from "../contract/request.ts";
import { connectFlow, Drive, type DriveOptions } from "./testing/drive.ts";

const A = "+919900000011";
const B = "+919900000012";
const BYE = { type: "hangup" };

/** A Connect with a Passthru after each exit. */
const reportingFlow = {
  flow: "1",
  start: "sales",
  applets: {
    sales: {
      ...connectFlow.applets.sales,
      exits: { conversation_ended: "pass", nobody_answered: "pass", nobody_dialed: "pass" },
    },
    pass: { type: "passthru", url: "https://app.example/pass", exits: {} },
  },
};

function reporting(options: DriveOptions = {}): Drive {
  return new Drive({ flow: reportingFlow, ...options });
}

describe("the length of a request", () => {
  it("C15, REQ-29: after 100 attempts a Passthru's URL stays below 8 KiB, and the trace says what was left out", () => {
    const numbers = Array.from({ length: 100 }, (_, i) => `+9199000${10_000 + i}`);
    const call = reporting();
    call.dial(numbers);
    for (let leg = 2; leg <= 101; leg++) call.refuse(leg);
    const sent = call.of("fetch").find((each) => each.purpose === "passthru");
    const url = sent === undefined ? "" : toHttpRequest(sent.request).url;
    expect(url.length).toBeGreaterThan(0);
    expect(url.length).toBeLessThanOrEqual(MAX_REQUEST_URL_OCTETS);
    expect(call.query("passthru")["Legs[99][Number]"]).toBe("09900010099");
    expect(call.query("passthru")).not.toHaveProperty("Legs[0][Number]");
    const left = call.traced("answer.finding").filter((each) => each.rule === "REQ-29");
    expect(left).toMatchObject([{ level: "warning", path: "Legs", id: sent?.id }]);
  });

  it("C15, REQ-7: the Fallback of a re-fetch gets exactly what the Primary got", () => {
    const fallback = `https://backup.example/connect?key=${"k".repeat(1800)}`;
    const { sales } = connectFlow.applets;
    const applets = { ...connectFlow.applets, sales: { ...sales, url: { ...sales.url, fallback } } };
    const call = new Drive({ flow: { ...connectFlow, applets } });
    const rounds = Array.from({ length: 4 }, (_, i) =>
      Array.from({ length: 10 }, (_, j) => `+919900${100_000 + i * 10 + j}`),
    );
    let leg = 2;
    for (const numbers of rounds) {
      call.dial(numbers, {
        fetch_after_attempt: true,
        parallel_ringing: { activate: true, max_parallel_attempts: 10 },
      });
      for (const last = leg + 10; leg < last; leg++) call.refuse(leg);
    }
    const primary = call.query("connect");
    expect(primary).not.toHaveProperty("Legs[0][Number]");
    call.status(500);
    expect(call.query("connect")).toEqual(primary);
  });
});

describe("the account's wire setting", () => {
  const observed = { account: { wire: "observed" } } as const;

  /** A call in which nobody answers: A rings for 10 s. */
  function unanswered(options: DriveOptions): Drive {
    const call = reporting(options);
    call.dial([A]);
    call.after(10_000);
    call.refuse(2, 480);
    return call;
  }

  it("C19, REQ-14, REQ-15: nobody answered", () => {
    expect(unanswered({}).query("passthru")).toMatchObject({
      Created: "2026-01-05 10:00:00",
      DialCallDuration: "10",
      DialCallStatus: "no-answer",
    });
    expect(unanswered(observed).query("passthru")).toMatchObject({
      Created: "Mon, 05 Jan 2026 10:00:00",
      DialCallDuration: "0",
      DialCallStatus: "no-answer",
    });
  });

  it.each([
    [{}, "487", "ORIGINATOR_CANCEL"],
    [observed, "1003", "RING_TIMEOUT"],
  ] as const)("C19, REQ-15, REQ-29: a parallel round that one callee answered (%j)", (options, cause, name) => {
    const call = reporting(options);
    call.dial([A, B], { parallel_ringing: { activate: true } });
    call.after(4000);
    call.answer(3);
    call.after(6000);
    call.hangUp(3);
    expect(call.query("passthru")).toMatchObject({
      DialCallDuration: "10",
      "Legs[0][Cause]": cause,
      "Legs[0][CauseCode]": name,
      "Legs[1][Cause]": "16",
    });
    // The trace says what happened, no matter what is sent to the account.
    expect(call.traced("attempt.ended")[0]).toMatchObject({ cause_code: 487 });
  });

  it("C19, REQ-15: an attempt that was answered counts in either mode, even if the caller left during the playback", () => {
    const call = reporting(observed);
    call.dial([A], { start_call_playback: { playback_to: "callee", type: "text", value: "A call" } });
    call.after(7000);
    call.answer(2);
    call.hangUp();
    expect(call.query("passthru")).toMatchObject({ DialCallDuration: "7", DialCallStatus: "canceled" });
  });
});

describe("who calls whom", () => {
  it.each(["Anonymous <sip:anonymous@anonymous.invalid>", "anonymous", "Restricted"])(
    "REQ-34: a caller who withheld the number (%s) is anonymous in trace, requests and events",
    (from) => {
      const call = reporting({ call: { from } });
      call.dial([A], { dial_passthru_event_url: "https://app.example/events" });
      expect(call.traced("call.started")[0]?.from).toBe("anonymous");
      expect(call.query("connect")).toMatchObject({ CallFrom: "anonymous", From: "anonymous" });
      expect(call.traced("dial_event")[0]?.query).toContainEqual(["CallFrom", "anonymous"]);
    },
  );

  it("REQ-12, REQ-21: a call started by API sends the number dialled out as CallTo, and the ExoPhone as To", () => {
    const call = reporting({ call: { direction: "outbound-dial", dialTo: "+919822222222" } });
    expect(call.query("connect")).toMatchObject({ CallFrom: "09812345678", CallTo: "09822222222", To: "08047100000" });
    call.dial([A], { dial_passthru_event_url: "https://app.example/events" });
    expect(call.traced("dial_event")[0]?.query).toContainEqual(["CallTo", "09822222222"]);
  });
});

describe("text answers", () => {
  it("C10, APP-1, APP-7: Dial-Whom and greeting URLs are asked for text first, then for anything else", () => {
    const greet = { type: "greeting", say: { url: "https://app.example/greeting" }, next: "whom" };
    const whom = { type: "connect", dial_whom: { url: "https://app.example/whom" } };
    const call = new Drive({ flow: { flow: "1", start: "greet", applets: { greet, whom, bye: BYE } } });
    call.text("");
    expect(call.of("fetch").map((each) => [each.purpose, each.request.headers["accept"]])).toEqual([
      ["greeting", "text/plain, */*;q=0.5"],
      ["dial_whom", "text/plain, */*;q=0.5"],
    ]);
    call.json(["09900000011", B]);
    expect(call.dialled).toEqual([A]);
    expect(call.traced("answer.finding").map((each) => each.rule)).toContain("APP-7");
  });
});

describe("the format of a customer's audio", () => {
  const music = { music_on_hold: { type: "custom_tone", value: "https://cdn.example/hold" } };
  const found = { ok: true, status: 200, contentType: "audio/wav", body: "" } as const;

  function checked(format: AudioFormat): Drive {
    const call = new Drive();
    call.dial([A], music);
    const [check] = call.of("check_audio");
    call.event({ kind: "audio_checked", id: check?.id ?? "", outcome: found, elapsedMs: 10, format });
    return call;
  }

  it("RES-27: one that can be decoded is played, with a warning", () => {
    const call = checked({ name: "WAV, 44.1 kHz, 16 bit, stereo", best: false, problem: null });
    expect(call.dialled).toEqual([A]);
    expect(call.traced("answer.finding")).toMatchObject([{ level: "warning", rule: "RES-27" }]);
  });

  it("RES-27: one that cannot be decoded makes the answer invalid", () => {
    const call = checked({ name: "AAC", best: false, problem: "is AAC, which cannot be decoded" });
    expect(call.dialled).toEqual([]);
    expect(call.traced("answer.finding")).toMatchObject([{ level: "error", rule: "RES-27", found: "AAC" }]);
    expect(call.asked.at(-1)).toBe("https://backup.example/connect");
  });
});
