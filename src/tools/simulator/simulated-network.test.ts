import { describe, expect, it } from "vitest";
import type { Effect } from "../../core/call/effects.ts";
import type { CallEvent } from "../../core/call/events.ts";
import { plainAccount } from "../../core/contract/account.ts";
import type { PhoneBehaviour, Scenario, UrlAnswer } from "./scenario/scenario-types.ts";
import type { EngineStep } from "./simulated-network.ts";
import { RINGS_FOR_EVER, SimulatedNetwork } from "./simulated-network.ts";

const PERSON = "+919900000011";
const URL_ = "https://app.example/connect";

const scenario: Scenario = {
  name: "test",
  setup: {
    account: plainAccount({ dialEvents: [] }),
    flow: { id: "1", name: "", start: "a", validation: "strict", applets: {} },
    recordingsUrl: "https://r.example",
    version: "0",
  },
  call: { from: "+919812345678", to: "+918047100000", direction: "incoming", customField: null },
  startMs: 1_000_000,
  urls: {},
  phones: {},
  sounds: {},
  caller: { hangUpAfterMs: null, presses: [], silentAfterMs: null },
};

function answer(fields: Partial<Extract<UrlAnswer, { kind: "answer" }>> = {}): UrlAnswer {
  return { kind: "answer", afterMs: 0, status: 200, headers: {}, body: "", ...fields };
}

const end: Effect = {
  kind: "end",
  record: {
    status: "completed",
    ended_by: "platform",
    dial_call_status: null,
    call_type: "call-attempt",
    conversation_s: 0,
    duration_s: 0,
    duration_ms: 0,
  },
};

type Reaction = (event: CallEvent) => readonly Effect[];

/** Plays a scenario against an engine that only reacts; returns the events as `ms kind detail`. */
function play(changes: Partial<Scenario>, react: Reaction): { seen: string[]; kind: string; leftovers: string[] } {
  const seen: string[] = [];
  const step: EngineStep<null> = (_setup, _state, event) => {
    seen.push(`${event.at - scenario.startMs} ${event.kind}${detailOf(event)}`);
    return { state: null, effects: react(event) };
  };
  const network = new SimulatedNetwork({ ...scenario, ...changes }, step);
  const { kind } = network.run("sid");
  return { seen: seen.slice(1), kind, leftovers: network.leftovers() };
}

function detailOf(event: CallEvent): string {
  if (event.kind === "fetched" || event.kind === "audio_checked") {
    return ` ${event.outcome.ok ? event.outcome.status : event.outcome.reason} after ${event.elapsedMs}`;
  }
  if (event.kind === "leg_failed") return ` ${event.sip}`;
  if (event.kind === "leg_ended") return ` ${event.leg}: ${event.detail}`;
  if (event.kind === "playback_ended") return ` ${event.id}${event.failure === null ? "" : `: ${event.failure}`}`;
  if (event.kind === "recording_ready") return ` ${event.durationMs}`;
  if (event.kind === "digit") return ` ${event.digit}`;
  return event.kind === "timer" ? ` ${event.id}` : "";
}

/** Reacts to the n-th event (the arrival is the 0th) with the n-th list, and then ends the call. */
function inTurn(...lists: readonly (readonly Effect[])[]): Reaction {
  let turn = 0;
  return () => lists[turn++] ?? [end];
}

const dial: Effect = { kind: "dial", leg: 2, destination: { kind: "number", e164: PERSON }, callerId: "+918047100000" };
const timer = (ms: number, id = "t"): Effect => ({ kind: "set_timer", id, at: scenario.startMs + ms });

function fetchUrl(url = URL_, id = "f", deadlineMs = 5_000): Effect {
  const request = { method: "GET", baseUrl: url, query: [], headers: {}, authorization: null } as const;
  return { kind: "fetch", id, purpose: "connect", request, deadlineMs };
}

describe("scripted URLs", () => {
  const slow = { [URL_]: [answer({ afterMs: 5_001 })] };

  it("answers each request with the next answer, and repeats the last", () => {
    const urls = { [URL_]: [answer({ status: 500, afterMs: 10 }), answer({ afterMs: 20 })] };
    const { seen } = play({ urls }, inTurn([fetchUrl()], [fetchUrl()], [fetchUrl(`${URL_}?a=b`)], [end]));
    expect(seen).toEqual(["10 fetched 500 after 10", "30 fetched 200 after 20", "50 fetched 200 after 20"]);
  });

  it("REQ-6: an answer that comes later than the deadline is a timeout at the deadline", () => {
    expect(play({ urls: slow }, inTurn([fetchUrl()], [end])).seen).toEqual(["5000 fetched timeout after 5000"]);
    const never: UrlAnswer = { kind: "error", error: "timeout", afterMs: 0 };
    expect(play({ urls: { [URL_]: [never] } }, inTurn([fetchUrl()], [end])).seen).toEqual([
      "5000 fetched timeout after 5000",
    ]);
  });

  it("an answer in the last millisecond counts", () => {
    const urls = { [URL_]: [answer({ afterMs: 5_000 })] };
    expect(play({ urls }, inTurn([fetchUrl()], [end])).seen).toEqual(["5000 fetched 200 after 5000"]);
  });

  it("a URL that is not in the scenario does not resolve", () => {
    expect(play({}, inTurn([fetchUrl()], [end])).seen).toEqual(["0 fetched dns after 0"]);
    expect(play({}, inTurn([fetchUrl("https://")], [end])).seen).toEqual(["0 fetched bad_url after 0"]);
  });

  it("REQ-8: reads at most 64 KiB, counted in bytes", () => {
    const fits = { [URL_]: [answer({ body: "x".repeat(65_536) })] };
    const tooLong = { [URL_]: [answer({ body: "é".repeat(32_769) })] };
    expect(play({ urls: fits }, inTurn([fetchUrl()], [end])).seen).toEqual(["0 fetched 200 after 0"]);
    expect(play({ urls: tooLong }, inTurn([fetchUrl()], [end])).seen).toEqual(["0 fetched too_large after 0"]);
  });

  it("RES-27: a check tries again with GET if HEAD is not supported, within one deadline", () => {
    const check: Effect = { kind: "check_audio", id: "c", url: URL_, deadlineMs: 1_000 };
    const urls = { [URL_]: [answer({ status: 405, afterMs: 600 }), answer({ afterMs: 300 })] };
    expect(play({ urls }, inTurn([check], [end])).seen).toEqual(["900 audio_checked 200 after 900"]);
    const slower = { [URL_]: [answer({ status: 501, afterMs: 600 }), answer({ afterMs: 500 })] };
    expect(play({ urls: slower }, inTurn([check], [end])).seen).toEqual(["1000 audio_checked timeout after 1000"]);
  });

  it("nothing follows a request that was cancelled", () => {
    const urls = { [URL_]: [answer({ afterMs: 100 })] };
    const { seen } = play({ urls }, inTurn([fetchUrl(), { kind: "cancel_request", id: "f" }, timer(500)], [end]));
    expect(seen).toEqual(["500 timer t"]);
  });
});

describe("scripted phones", () => {
  const ringing: PhoneBehaviour = { ...RINGS_FOR_EVER, ringAfterMs: 200, earlyMediaAfterMs: 250 };
  const picksUp: PhoneBehaviour = { ...ringing, ending: { kind: "answer", afterMs: 600 } };

  it("rings, sends early media, answers, and leaves talk_ms after the bridge", () => {
    const phones = { [PERSON]: [{ ...picksUp, talkMs: 1_000 }] };
    const bridge: Effect = { kind: "bridge", a: 1, b: 2 };
    const { seen } = play({ phones }, inTurn([dial], [], [], [], [timer(700)], [bridge], [end]));
    expect(seen).toEqual([
      "0 invite_sent",
      "200 leg_ringing",
      "250 leg_early_media",
      "600 leg_answered",
      "700 timer t",
      "1700 leg_ended 2: the callee hung up",
    ]);
  });

  it("a callee may leave before the bridge", () => {
    const phones = { [PERSON]: [{ ...picksUp, hangUpAfterMs: 50 }] };
    expect(play({ phones }, inTurn([dial], [], [], [], [], [end])).seen.at(-1)).toBe(
      "650 leg_ended 2: the callee hung up",
    );
  });

  it("fails with its status, and takes the next behaviour each time it is dialled", () => {
    const phones = {
      [PERSON]: [{ ...RINGS_FOR_EVER, ending: { kind: "fail", afterMs: 100, sip: 486 } as const }, picksUp],
    };
    const { seen } = play({ phones }, inTurn([dial], [], [{ ...dial, leg: 3 }], [], [], [], [end]));
    expect(seen).toEqual([
      "0 invite_sent",
      "100 leg_failed 486",
      "100 invite_sent",
      "300 leg_ringing",
      "350 leg_early_media",
      "700 leg_answered",
    ]);
  });

  it("a phone that is not in the scenario cannot be reached", () => {
    expect(play({}, inTurn([dial], [end])).seen).toEqual(["0 leg_failed null"]);
  });

  it("DIAL-2: an answer that crosses our CANCEL still arrives; hanging it up ends the leg", () => {
    const phones = { [PERSON]: [{ ...picksUp, ringAfterMs: null, earlyMediaAfterMs: null, cancelTakesMs: 300 }] };
    const cancel: Effect = { kind: "cancel", leg: 2, reason: "call_ended" };
    const late = play({ phones }, inTurn([dial, timer(400)], [], [cancel], [{ kind: "hang_up", leg: 2 }], [end]));
    expect(late.seen).toEqual([
      "0 invite_sent",
      "400 timer t",
      "600 leg_answered",
      "600 leg_ended 2: the platform hung up",
    ]);
    const early = play({ phones }, inTurn([dial, timer(200), timer(9_000, "u")], [], [cancel], [end]));
    expect(early.seen).toEqual(["0 invite_sent", "200 timer t", "9000 timer u"]);
  });

  it("lists what was left open after the end", () => {
    const phones = { [PERSON]: [ringing] };
    const loop: Effect = { kind: "play", id: "p", legs: [1], items: [{ kind: "tone", tone: "ringback" }], loop: true };
    const { leftovers } = play({ phones }, inTurn([dial, loop, timer(1), timer(9, "u")], [], [end]));
    expect(leftovers).toEqual(["timer u is set", "leg 2 is ringing", "playback p is running"]);
  });
});

describe("the caller", () => {
  it("enters digits one by one, until hanging up", () => {
    const caller = { hangUpAfterMs: 350, presses: [{ afterMs: 100, digits: "12#" }], silentAfterMs: null };
    const { seen } = play({ caller }, inTurn([], [], [], [timer(900)], [end]));
    expect(seen).toEqual(["100 digit 1", "300 digit 2", "350 leg_ended 1: the caller hung up", "900 timer t"]);
  });

  it("is hung up once", () => {
    const caller = { hangUpAfterMs: 500, presses: [], silentAfterMs: null };
    const hangUp: Effect = { kind: "hang_up", leg: 1 };
    expect(play({ caller }, inTurn([hangUp, hangUp, timer(900)], [], [end])).seen).toEqual([
      "0 leg_ended 1: the platform hung up",
      "900 timer t",
    ]);
  });
});

describe("sound", () => {
  const say = (id: string, text: string): Effect => {
    return { kind: "play", id, legs: [1], items: [{ kind: "text", text, language: "en" }], loop: false };
  };
  const song = (id: string): Effect => {
    return { kind: "play", id, legs: [1], items: [{ kind: "url", url: "https://cdn.example/a.wav" }], loop: false };
  };

  it("a playback ends by itself, unless another replaces it", () => {
    expect(play({}, inTurn([say("p", "x".repeat(10))], [end])).seen).toEqual(["650 playback_ended p"]);
    expect(play({}, inTurn([say("p", "long text here"), say("q", "hi")], [end])).seen).toEqual([
      "500 playback_ended q",
    ]);
  });

  it("DIAL-9: audio is downloaded once; a failed download ends the playback", () => {
    const sounds = { "https://cdn.example/a.wav": 700 };
    const urls = { "https://cdn.example/a.wav": [answer({ afterMs: 100 }), answer({ status: 404 })] };
    expect(play({ urls, sounds }, inTurn([song("p")], [song("q")], [end])).seen).toEqual([
      "800 playback_ended p",
      "1500 playback_ended q",
    ]);
    expect(play({}, inTurn([song("p")], [end])).seen[0]).toMatch(/^0 playback_ended p: .*does not resolve$/);
  });

  it("a recording closes by its limit, by silence, or when the last leg has ended", () => {
    const record = { kind: "record", id: "r", legs: [1], layout: "mono", maxMs: 2_000, silenceMs: 300 } as const;
    const silent = { hangUpAfterMs: null, presses: [], silentAfterMs: 500 };
    expect(play({}, inTurn([record], [end])).seen).toEqual(["2000 recording_ready 2000"]);
    expect(play({ caller: silent }, inTurn([record], [end])).seen).toEqual(["800 recording_ready 800"]);
    const leaves = { ...silent, hangUpAfterMs: 700 };
    expect(play({ caller: leaves }, inTurn([record], [], [end])).seen.at(-1)).toBe("700 recording_ready 700");
  });

  it("a stopped recording is ready once", () => {
    const record = { kind: "record", id: "r", legs: [1], layout: "dual", maxMs: null, silenceMs: null } as const;
    const stop: Effect = { kind: "stop_recording", id: "r" };
    expect(play({}, inTurn([record, timer(400)], [stop, stop], [timer(900)], [end])).seen).toEqual([
      "400 timer t",
      "400 recording_ready 400",
      "900 timer t",
    ]);
  });
});

describe("calls that do not end", () => {
  it("are stuck when nothing more can happen", () => {
    expect(play({}, () => []).kind).toBe("stuck");
  });

  it("are endless when they go round in a loop", () => {
    const round: Reaction = (event) => [{ kind: "set_timer", id: "t", at: event.at }];
    expect(play({}, round).kind).toBe("endless");
    const slow: Reaction = (event) => [{ kind: "set_timer", id: "t", at: event.at + 86_400_000 }];
    expect(play({}, slow).kind).toBe("endless");
  });
});
