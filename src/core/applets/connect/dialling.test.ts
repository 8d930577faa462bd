import { describe, expect, it } from "vitest";
import { CALLER } from "../../call/legs.ts";
import { connectFlow, Drive, EXOPHONE } from "../../engine/testing/drive.ts";

const A = "+919900000011";
const B = "+919900000012";
const C = "+919900000013";
const PARALLEL = { parallel_ringing: { activate: true, max_parallel_attempts: 2 } };
const RECORD = { record: true };

/** A call whose URL named these numbers. */
function dialling(numbers: readonly string[], more: Record<string, unknown> = {}): Drive {
  const call = new Drive();
  call.dial(numbers, more);
  return call;
}

describe("in sequence", () => {
  it("DIAL-1: each destination is rung in array order until it is busy, refuses or fails", () => {
    const call = dialling([A, B, C]);
    call.refuse(2, 486);
    call.refuse(3, 404);
    expect(call.dialled).toEqual([A, B, C]);
    call.refuse(4, 603);
    expect(call.outcomes).toEqual([`${A} busy`, `${B} failed`, `${C} busy`]);
    expect(call.exits).toEqual(["sales.nobody_answered"]);
  });

  it("RES-9: the trace shows the answer in use with its defaults, and what happened to each destination", () => {
    const call = dialling([A, B]);
    call.refuse(2);
    call.answer(3);
    const [answer] = call.traced("answer.used");
    expect(answer).toMatchObject({ id: "f1", answer: { numbers: [A, B], outgoing_phone_number: EXOPHONE } });
    expect(call.traced("attempt.started")).toMatchObject([
      { leg: 2, applet: "sales", destination: A, caller_id: EXOPHONE, ring_limit_ms: 30_000, round: 1 },
      { leg: 3, applet: "sales", destination: B, caller_id: EXOPHONE, ring_limit_ms: 30_000, round: 2 },
    ]);
    expect(call.traced("attempt.answered")).toMatchObject([{ leg: 3 }]);
  });

  it("digits that the caller enters during the ringing are ignored", () => {
    const call = dialling([A]);
    call.enterDigits("1");
    expect(call.kinds).toEqual([]);
    call.answer(2);
    expect(call.of("bridge")).toHaveLength(1);
  });

  it("DIAL-1: nobody is rung while another still rings", () => {
    const call = dialling([A, B]);
    call.after(29_000);
    expect(call.dialled).toEqual([A]);
  });

  it("DIAL-1: the first to answer is put through, and the rest are not rung", () => {
    const call = dialling([A, B, C]);
    call.refuse(2);
    call.answer(3);
    expect(call.of("bridge")).toEqual([{ kind: "bridge", a: CALLER, b: 3 }]);
    call.hangUp(3);
    expect(call.dialled).toEqual([A, B]);
  });

  it("S20, REQ-29: a Q.850 cause of the peer decides, before an answer and after it", () => {
    const call = dialling([A, B]);
    call.event({ kind: "leg_failed", leg: 2, sip: 480, q850: 17, detail: "Temporarily Unavailable" });
    call.answer(3);
    call.event({ kind: "leg_ended", leg: 3, q850: 27, detail: "remote_bye" });
    expect(call.traced("attempt.ended")).toMatchObject([
      { outcome: "busy", cause_code: 17, cause: "USER_BUSY", sip: 480 },
      { outcome: "completed", cause_code: 27, cause: "DESTINATION_OUT_OF_ORDER" },
    ]);
  });

  it("O3: each INVITE of an attempt, and where its audio comes from, are in the trace", () => {
    const call = dialling([A]);
    const invite = { trunk: "main", target: "192.0.2.1:5060", uri: `sip:${A}@192.0.2.1`, sipCallId: "c1" };
    call.event({ kind: "invite_sent", leg: 2, ...invite, reason: null });
    call.event({ kind: "invite_sent", leg: 9, ...invite, reason: null });
    call.event({ kind: "media_source", leg: 2, change: "latched", source: "192.0.2.1:4000" });
    const { sipCallId, ...shown } = invite;
    expect(call.traced("attempt.dialed")).toMatchObject([{ leg: 2, ...shown, call_id: sipCallId, reason: null }]);
    expect(call.traced("media.source")).toMatchObject([{ leg: 2, change: "latched", source: "192.0.2.1:4000" }]);
  });

  it("DIAL-2: at max_ringing_duration, counted from the INVITE, the leg is cancelled", () => {
    const call = dialling([A, B], { max_ringing_duration: 12 });
    call.after(3000);
    call.ring(2);
    call.after(8999);
    expect(call.of("cancel")).toEqual([]);
    call.after(1);
    expect(call.of("cancel")).toEqual([{ kind: "cancel", leg: 2, reason: "ring_limit" }]);
    expect(call.outcomes).toEqual([`${A} no-answer`]);
    expect(call.traced("attempt.ended")[0]).toMatchObject({ cause: "RING_TIMEOUT", cause_code: 1003, rule: "DIAL-2" });
    expect(call.dialled).toEqual([A, B]);
  });

  it("DIAL-2: an answer that crosses the CANCEL is hung up and is no conversation", () => {
    const call = dialling([A, B], { max_ringing_duration: 12 });
    call.after(12_000);
    call.answer(2);
    expect(call.kinds).toEqual(["hang_up"]);
    expect(call.of("bridge")).toEqual([]);
    expect(call.rules).toContain("DIAL-2");
    call.hangUp(2);
    call.refuse(3);
    expect(call.exits).toEqual(["sales.nobody_answered"]);
  });

  it("DIAL-2: what a leg reports after it was cancelled changes nothing", () => {
    const call = dialling([A, B], { max_ringing_duration: 12 });
    call.after(12_000);
    call.ring(2);
    expect(call.latest).toEqual([]);
    call.refuse(2, 487);
    expect(call.latest).toEqual([]);
    expect(call.outcomes).toEqual([`${A} no-answer`]);
    expect(call.dialled).toEqual([A, B]);
  });

  it("DIAL-2: an answer in time ends the ringing: its limit does not cut the conversation", () => {
    const call = dialling([A], { max_ringing_duration: 12 });
    call.answer(2);
    call.after(60_000);
    expect(call.traced("conversation.ended")).toEqual([]);
  });
});

describe("in parallel", () => {
  it("DIAL-3, S16: max_parallel_attempts legs ring at once, and the first to answer cancels the others as completed elsewhere", () => {
    const call = dialling([A, B, C], PARALLEL);
    expect(call.dialled).toEqual([A, B]);
    call.answer(3);
    expect(call.of("cancel")).toEqual([{ kind: "cancel", leg: 2, reason: "completed_elsewhere" }]);
    expect(call.of("bridge")).toEqual([{ kind: "bridge", a: CALLER, b: 3 }]);
    expect(call.traced("attempt.ended")[0]).toMatchObject({ leg: 2, outcome: "canceled", rule: "DIAL-3" });
  });

  it("DIAL-3: the others are cancelled before the two are put through", () => {
    const call = dialling([A, B], PARALLEL);
    call.answer(2);
    expect(call.kinds.indexOf("cancel")).toBeLessThan(call.kinds.indexOf("bridge"));
  });

  it("DIAL-3: more numbers follow in further rounds, each with its own ring limit", () => {
    const call = dialling([A, B, C], { ...PARALLEL, max_ringing_duration: 12 });
    call.after(5000);
    call.refuse(2);
    expect(call.dialled).toEqual([A, B]);
    call.after(7000);
    expect(call.dialled).toEqual([A, B, C]);
    expect(call.traced("attempt.started").map((entry) => entry.round)).toEqual([1, 1, 2]);
    call.after(11_999);
    expect(call.outcomes).toEqual([`${A} busy`, `${B} no-answer`]);
    call.after(1);
    expect(call.outcomes.at(-1)).toBe(`${C} no-answer`);
  });

  it("DIAL-3: later requests name the callee who answered", () => {
    const call = dialling([A, B], PARALLEL);
    call.answer(2);
    call.after(5000);
    call.hangUp(2);
    expect(call.call.facts.dialWhomNumber).toEqual({ kind: "number", e164: A });
    expect(call.call.facts.legs.map((leg) => leg.cause.name)).toEqual(["NORMAL_CLEARING", "ORIGINATOR_CANCEL"]);
    const other = dialling([A, B], PARALLEL);
    other.answer(3);
    other.hangUp(3);
    expect(other.call.facts.dialWhomNumber).toEqual({ kind: "number", e164: B });
  });

  it("DIAL-4: of two answers at once the first processed wins, the other is hung up and never bridged", () => {
    const call = dialling([A, B], PARALLEL);
    call.answer(3);
    call.answer(2);
    expect(call.kinds).toEqual(["hang_up"]);
    expect(call.of("bridge")).toEqual([{ kind: "bridge", a: CALLER, b: 3 }]);
    expect(call.of("forward_audio")).toEqual([]);
    expect(call.traced("conversation.started")).toHaveLength(1);
  });
});

describe("the conversation", () => {
  it("DIAL-5: max_conversation_duration counts from the bridge; then both are hung up", () => {
    const call = dialling([A], {
      max_conversation_duration: 60,
      start_call_playback: { playback_to: "callee", type: "text", value: "hi" },
    });
    call.answer(2);
    call.after(20_000);
    call.played();
    call.after(59_999);
    expect(call.of("hang_up")).toEqual([]);
    call.after(1);
    expect(call.of("hang_up").map((effect) => effect.leg)).toEqual([2, CALLER]);
    expect(call.exits).toEqual(["sales.conversation_ended"]);
    expect(call.traced("conversation.ended")[0]).toMatchObject({ by: "platform", duration_ms: 60_000, rule: "DIAL-5" });
    expect(call.call.ended).toBe(true);
  });

  it("DIAL-12: when the callee hangs up the flow goes on for the caller", () => {
    const call = dialling([A]);
    call.answer(2);
    call.after(10_000);
    call.hangUp(2);
    expect(call.applets).toEqual(["sales", "talked"]);
    expect(call.kinds[0]).toBe("unbridge");
    expect(call.of("end")[0]?.record).toMatchObject({ ended_by: "callee", conversation_s: 10, call_type: "completed" });
  });

  it("DIAL-12: a caller whose callee left is still there for the next applet", () => {
    const flow = { ...connectFlow, applets: { ...connectFlow.applets, talked: connectFlow.applets.sales } };
    const call = new Drive({ flow });
    call.dial([A]);
    call.answer(2);
    call.hangUp(2);
    expect(call.call.ended).toBe(false);
    expect(call.asked).toHaveLength(2);
    expect(call.query("connect")).toMatchObject({ CallType: "completed", DialCallStatus: "completed" });
  });

  it("EXIT-2: a caller who hangs up first has had a conversation too", () => {
    const call = dialling([A]);
    call.answer(2);
    call.after(3500);
    call.hangUp();
    expect(call.exits).toEqual(["sales.conversation_ended"]);
    expect(call.of("hang_up").map((effect) => effect.leg)).toEqual([2]);
    expect(call.of("end")[0]?.record).toMatchObject({ ended_by: "caller", conversation_s: 3, call_type: "completed" });
  });
});

describe("the caller id", () => {
  const account = {
    exophones: [
      { number: EXOPHONE, region: "KA", trunk: null },
      { number: "+918047100001", region: "KA", trunk: null },
      { number: "+911147100002", region: "DL", trunk: null },
    ],
  };

  it.each([
    ["one of the account's", "+918047100001", "+918047100001"],
    ["one that is not the account's", "+918099999999", EXOPHONE],
    ["a malformed one", "abc", EXOPHONE],
    ["one of another region", "+911147100002", EXOPHONE],
  ])("DIAL-6: %s is used, or replaced by leg 1's with a warning", (_, outgoing, used) => {
    const call = new Drive({ account });
    call.dial([A], { outgoing_phone_number: outgoing });
    expect(call.of("dial")[0]?.callerId).toBe(used);
    expect(call.traced("answer.finding").some((entry) => entry.rule === "DIAL-6")).toBe(used === EXOPHONE);
  });
});

describe("the ExoPhone of leg 1", () => {
  const account = {
    exophones: [
      { number: EXOPHONE, region: "KA", trunk: null },
      { number: "+911147100002", region: "DL", trunk: null },
      { number: "+911147100003", region: "DL", trunk: null },
    ],
  };

  it("DIAL-6: is the called number of the account, and its region counts", () => {
    const call = new Drive({ account, call: { to: "+911147100002" } });
    call.dial([A, B], { outgoing_phone_number: "+911147100003" });
    expect(call.of("dial")[0]?.callerId).toBe("+911147100003");
    const plain = new Drive({ account, call: { to: "+911147100002" } });
    plain.dial([A]);
    expect(plain.of("dial")[0]?.callerId).toBe("+911147100002");
  });

  it("DIAL-6: a called number that is not the account's is shown as it is", () => {
    const call = new Drive({ account, call: { to: "+918099999999" } });
    call.dial([A]);
    expect(call.of("dial")[0]?.callerId).toBe("+918099999999");
  });
});

describe("hold audio during the ringing", () => {
  it("DIAL-7: default_tone plays our ringback in a loop until the bridge", () => {
    const call = dialling([A, B]);
    expect(call.of("play")).toMatchObject([
      { legs: [CALLER], items: [{ kind: "tone", tone: "ringback" }], loop: true },
    ]);
    call.refuse(2);
    expect(call.of("play")).toHaveLength(1);
    call.answer(3);
    expect(call.kinds.indexOf("stop_playing")).toBeLessThan(call.kinds.indexOf("bridge"));
    expect(call.of("stop_playing")).toHaveLength(1);
  });

  it("DIAL-7: custom_tone plays the URL's audio in a loop, once it has been checked", () => {
    const call = dialling([A], { music_on_hold: { type: "custom_tone", value: "https://cdn.example/hold.wav" } });
    expect(call.dialled).toEqual([]);
    expect(call.of("check_audio")[0]).toMatchObject({ url: "https://cdn.example/hold.wav", deadlineMs: 4900 });
    call.outcome({ ok: true, status: 200, contentType: "audio/wav", body: "" });
    expect(call.dialled).toEqual([A]);
    expect(call.of("play")).toMatchObject([
      { items: [{ kind: "url", url: "https://cdn.example/hold.wav" }], loop: true },
    ]);
  });

  it("RES-27: with two audio URLs the answer waits for both checks", () => {
    const call = dialling([A], {
      music_on_hold: { type: "custom_tone", value: "https://cdn.example/hold.wav" },
      start_call_playback: { playback_to: "callee", type: "audio_url", value: "https://cdn.example/hello.wav" },
    });
    call.outcome({ ok: true, status: 200, contentType: "audio/wav", body: "" });
    expect(call.dialled).toEqual([]);
    call.outcome({ ok: true, status: 200, contentType: "audio/wav", body: "" });
    expect(call.dialled).toEqual([A]);
  });

  it("C8, DIAL-7: a custom tone that cannot be played is replaced by the default tone, with a warning", () => {
    const call = dialling([A], { music_on_hold: { type: "custom_tone", value: "https://cdn.example/hold.wav" } });
    call.outcome({ ok: true, status: 200, contentType: "audio/wav", body: "" });
    call.event({ kind: "playback_ended", id: call.of("play")[0]?.id ?? "", failure: "no such codec" });
    expect(call.of("play").at(-1)).toMatchObject({ items: [{ kind: "tone", tone: "ringback" }], loop: true });
    const message = "music_on_hold cannot be played (no such codec): the default tone plays instead.";
    const warning = { rule: "DIAL-7", path: "music_on_hold", level: "warning", message };
    expect(call.report().warnings).toEqual([warning]);
  });

  it("DIAL-7: our own tone restarts if it ends, and is not retried if it cannot be played", () => {
    const call = dialling([A]);
    call.event({ kind: "playback_ended", id: call.of("play")[0]?.id ?? "", failure: null });
    expect(call.of("play")).toHaveLength(2);
    call.event({ kind: "playback_ended", id: call.of("play")[1]?.id ?? "", failure: "no codec" });
    expect(call.of("play")).toHaveLength(2);
    call.answer(2);
    expect(call.of("bridge")).toHaveLength(1);
  });

  it("DIAL-7: our own tone also restarts while the URL is asked again and nobody rings", () => {
    const call = dialling([A], { fetch_after_attempt: true });
    call.refuse(2);
    call.event({ kind: "playback_ended", id: call.of("play")[0]?.id ?? "", failure: null });
    expect(call.kinds).toEqual(["play"]);
    expect(call.of("play").at(-1)).toMatchObject({ legs: [CALLER], items: [{ kind: "tone" }], loop: true });
  });

  it("DIAL-7: the custom tone of a re-fetch replaces the previous one, broken or not", () => {
    const custom = (name: string) => ({
      fetch_after_attempt: true,
      music_on_hold: { type: "custom_tone", value: `https://cdn.example/${name}.wav` },
    });
    const ok = { ok: true, status: 200, contentType: "audio/wav", body: "" } as const;
    const lastPlayed = (call: Drive) => call.of("play").at(-1)?.items;
    const call = dialling([A], custom("one"));
    call.outcome(ok);
    call.refuse(2);
    call.dial([B], custom("two"));
    call.outcome(ok);
    expect(lastPlayed(call)).toEqual([{ kind: "url", url: "https://cdn.example/two.wav" }]);
    expect(call.kinds).toContain("stop_playing");
    call.event({ kind: "playback_ended", id: call.of("play").at(-1)?.id ?? "", failure: "no such codec" });
    expect(lastPlayed(call)).toEqual([{ kind: "tone", tone: "ringback" }]);
    call.refuse(3);
    call.dial([C], custom("three"));
    call.outcome(ok);
    expect(lastPlayed(call)).toEqual([{ kind: "url", url: "https://cdn.example/three.wav" }]);
  });

  it("DIAL-7: the same custom tone of a re-fetch goes on without a gap", () => {
    const hold = { music_on_hold: { type: "custom_tone", value: "https://cdn.example/hold.wav" } };
    const call = dialling([A], { ...hold, fetch_after_attempt: true });
    call.outcome({ ok: true, status: 200, contentType: "audio/wav", body: "" });
    call.refuse(2);
    call.dial([B], hold);
    call.outcome({ ok: true, status: 200, contentType: "audio/wav", body: "" });
    expect(call.dialled).toEqual([A, B]);
    expect(call.of("play")).toHaveLength(1);
    expect(call.of("stop_playing")).toEqual([]);
  });

  it("DIAL-7: when the last leg fails while the caller hears it, forwarding stops and nothing else starts to play", () => {
    const call = dialling([A], { music_on_hold: { type: "operator_tone" } });
    call.event({ kind: "leg_early_media", leg: 2 });
    call.refuse(2);
    expect(call.kinds.filter((kind) => kind === "stop_forwarding" || kind === "play")).toEqual(["stop_forwarding"]);
  });

  it("DIAL-7: while the URL is asked again the caller hears our ringback instead of the failed leg", () => {
    const call = dialling([A], { music_on_hold: { type: "operator_tone" }, fetch_after_attempt: true });
    call.event({ kind: "leg_early_media", leg: 2 });
    call.refuse(2);
    expect(call.of("stop_forwarding")).toEqual([{ kind: "stop_forwarding", from: 2, to: CALLER }]);
    expect(call.of("play").at(-1)).toMatchObject({ items: [{ kind: "tone", tone: "ringback" }], loop: true });
    expect(call.of("play")).toHaveLength(2);
  });

  it("DIAL-7: the trace says what plays, and by which rule", () => {
    const hold = "https://cdn.example/hold.wav";
    const call = dialling([A], {
      music_on_hold: { type: "custom_tone", value: hold },
      start_call_playback: { playback_to: "both", type: "text", value: "hi" },
    });
    call.outcome({ ok: true, status: 200, contentType: "audio/wav", body: "" });
    call.event({ kind: "playback_ended", id: call.of("play")[0]?.id ?? "", failure: "no such codec" });
    call.answer(2);
    expect(call.traced("playback.started")).toMatchObject([
      { legs: [CALLER], what: hold, rule: "DIAL-7" },
      { legs: [CALLER], what: "ringback tone", rule: "DIAL-7" },
      { legs: [CALLER, 2], what: "text: hi", rule: "DIAL-8" },
    ]);
  });

  it("DIAL-7: operator_tone is our ringback until the leg sends early media, then the leg as it is", () => {
    const call = dialling([A], { music_on_hold: { type: "operator_tone" } });
    expect(call.of("play")).toHaveLength(1);
    call.event({ kind: "leg_early_media", leg: 2 });
    expect(call.kinds).toEqual(["stop_playing", "forward_audio"]);
    expect(call.of("forward_audio")).toEqual([{ kind: "forward_audio", from: 2, to: CALLER }]);
  });

  it("DIAL-7: with several legs the first that sends is heard, then another, then our ringback", () => {
    const call = dialling([A, B, C], {
      music_on_hold: { type: "operator_tone" },
      parallel_ringing: { activate: true, max_parallel_attempts: 3 },
    });
    call.event({ kind: "leg_early_media", leg: 3 });
    call.event({ kind: "leg_early_media", leg: 2 });
    expect(call.of("forward_audio").map((effect) => effect.from)).toEqual([3]);
    call.refuse(3);
    expect(call.of("forward_audio").map((effect) => effect.from)).toEqual([3, 2]);
    call.refuse(2);
    expect(call.kinds).toContain("stop_forwarding");
    expect(call.of("play")).toHaveLength(2);
  });

  it("DIAL-7: early media is not forwarded unless operator_tone asks for it", () => {
    const call = dialling([A]);
    call.event({ kind: "leg_early_media", leg: 2 });
    call.event({ kind: "leg_early_media", leg: 2 });
    expect(call.of("forward_audio")).toEqual([]);
    expect(call.traced("attempt.early_media")).toHaveLength(1);
  });
});

describe("start_call_playback", () => {
  const toCallee = { start_call_playback: { playback_to: "callee", type: "text", value: "A call from your tag" } };
  const toBoth = { start_call_playback: { playback_to: "both", type: "text", value: "This call is recorded" } };

  it("DIAL-8: plays to the callee before the bridge, while the caller keeps hearing the hold audio", () => {
    const call = dialling([A], { ...toCallee, ...RECORD });
    call.answer(2);
    expect(call.of("play").at(-1)).toMatchObject({
      legs: [2],
      items: [{ kind: "text", text: "A call from your tag", language: "en-IN" }],
      loop: false,
    });
    expect(call.of("stop_playing")).toEqual([]);
    expect(call.of("bridge")).toEqual([]);
    call.played();
    expect(call.kinds.filter((kind) => kind !== "clear_timer")).toEqual([
      "stop_playing",
      "bridge",
      "set_timer",
      "record",
    ]);
  });

  it("DIAL-8: hold audio that fails meanwhile is replaced, and does not end the announcement", () => {
    const call = dialling([A], {
      ...toCallee,
      music_on_hold: { type: "custom_tone", value: "https://cdn.example/h.wav" },
    });
    call.outcome({ ok: true, status: 200, contentType: "audio/wav", body: "" });
    call.answer(2);
    call.event({ kind: "playback_ended", id: call.of("play")[0]?.id ?? "", failure: "no such codec" });
    expect(call.of("play").at(-1)).toMatchObject({ legs: [CALLER], items: [{ kind: "tone" }], loop: true });
    expect(call.of("bridge")).toEqual([]);
    call.event({ kind: "playback_ended", id: call.of("play")[1]?.id ?? "", failure: null });
    expect(call.of("bridge")).toHaveLength(1);
  });

  it("DIAL-8: plays to both, after the hold audio has stopped", () => {
    const call = dialling([A], toBoth);
    call.answer(2);
    expect(call.kinds.indexOf("stop_playing")).toBeLessThan(call.kinds.indexOf("play"));
    expect(call.of("play").at(-1)?.legs).toEqual([CALLER, 2]);
  });

  it("DIAL-8: when the callee leaves an announcement to both, the caller hears the hold audio again", () => {
    const call = dialling([A, B], toBoth);
    call.answer(2);
    call.hangUp(2);
    expect(call.of("play").at(-1)).toMatchObject({ legs: [CALLER], items: [{ kind: "tone" }], loop: true });
    expect(call.of("play")).toHaveLength(3);
  });

  it("DIAL-8: with operator_tone the caller does not hear the callee's announcement", () => {
    const call = dialling([A], { ...toCallee, music_on_hold: { type: "operator_tone" } });
    call.event({ kind: "leg_early_media", leg: 2 });
    call.answer(2);
    expect(call.kinds.slice(0, 3)).toEqual(["clear_timer", "stop_forwarding", "play"]);
    expect(call.of("play").at(-2)).toMatchObject({ legs: [CALLER], items: [{ kind: "tone" }] });
  });

  it("C8, DIAL-8: a playback that fails is skipped with a warning, and the call is put through", () => {
    const call = dialling([A], toCallee);
    call.answer(2);
    call.played("text-to-speech failed");
    expect(call.of("bridge")).toHaveLength(1);
    const message =
      "start_call_playback cannot be played (text-to-speech failed): it is skipped, and the call is put through.";
    const warning = { rule: "DIAL-8", path: "start_call_playback", level: "warning", message };
    expect(call.report().warnings).toEqual([warning]);
  });

  it("DIAL-8: a playback that never reports its end does not hold the call forever", () => {
    const call = dialling([A], toCallee);
    call.answer(2);
    call.after(599_999);
    expect(call.of("bridge")).toEqual([]);
    const announcement = call.of("play").at(-1)?.id;
    call.after(1);
    expect(call.of("bridge")).toHaveLength(1);
    expect(call.of("stop_playing").map((effect) => effect.id)).toContain(announcement);
  });

  it("DIAL-8: a callee who leaves during it has had no conversation; the next is rung", () => {
    const call = dialling([A, B], toCallee);
    call.answer(2);
    call.hangUp(2);
    expect(call.of("stop_playing").map((effect) => effect.id)).toEqual([call.of("play").at(-1)?.id]);
    expect(call.call.timers.map((timer) => timer.id)).toEqual(["call", "ring"]);
    expect(call.dialled).toEqual([A, B]);
    expect(call.of("bridge")).toEqual([]);
    call.refuse(3);
    expect(call.exits).toEqual(["sales.nobody_answered"]);
    expect(call.of("end")[0]?.record.conversation_s).toBe(0);
  });

  it("DIAL-8: a caller who leaves during it ends it", () => {
    const call = dialling([A], toBoth);
    call.answer(2);
    call.hangUp();
    expect(call.of("hang_up").map((effect) => effect.leg)).toEqual([2]);
    expect(call.of("bridge")).toEqual([]);
    expect(call.open).toEqual([]);
    expect(call.of("end")[0]?.record).toMatchObject({ call_type: "client-hangup", conversation_s: 0 });
  });

  it("DIAL-9: audio is identified by its URL alone, so that the media process can cache it under that name", () => {
    const whisper = "https://cdn.example/whisper.wav?v=1";
    const call = dialling([A], { start_call_playback: { playback_to: "callee", type: "audio_url", value: whisper } });
    call.outcome({ ok: true, status: 200, contentType: "audio/wav", body: "" });
    call.answer(2);
    expect(call.of("play").at(-1)?.items).toEqual([{ kind: "url", url: whisper }]);
  });
});

describe("recording", () => {
  it.each([
    ["single", "mono"],
    ["dual", "dual"],
  ])("DIAL-10: %s channels are recorded as %s from the bridge on, caller first", (channels, layout) => {
    const call = dialling([A], { ...RECORD, recording_channels: channels });
    expect(call.of("record")).toEqual([]);
    call.answer(2);
    expect(call.kinds.indexOf("bridge")).toBeLessThan(call.kinds.indexOf("record"));
    expect(call.of("record")[0]).toMatchObject({ legs: [CALLER, 2], layout, maxMs: null, silenceMs: null });
  });

  it("DIAL-10: nothing is recorded unless the answer says so, and no URL is reported", () => {
    const call = dialling([A]);
    call.answer(2);
    expect(call.of("record")).toEqual([]);
    call.hangUp(2);
    expect(call.call.facts.recordingUrl).toBeNull();
  });

  it("DIAL-12: the recording closes when the callee leaves, and the next request carries its URL", () => {
    const flow = { ...connectFlow, applets: { ...connectFlow.applets, talked: connectFlow.applets.sales } };
    const call = new Drive({ flow });
    call.dial([A], RECORD);
    call.answer(2);
    call.hangUp(2);
    const id = call.of("record")[0]?.id ?? "";
    expect(call.of("stop_recording")).toEqual([{ kind: "stop_recording", id }]);
    expect(call.query("connect")["RecordingUrl"]).toBe(`https://rec.example/${id}.wav`);
    expect(id).toContain(call.call.callSid);
  });

  it("DIAL-10: the URL of a failed recording is not reported", () => {
    const flow = { ...connectFlow, applets: { ...connectFlow.applets, talked: connectFlow.applets.sales } };
    const call = new Drive({ flow });
    call.dial([A], RECORD);
    call.answer(2);
    call.hangUp(2);
    call.recorded("disk full");
    call.fail();
    call.fail();
    expect(call.call.facts.recordingUrl).toBeNull();
  });
});

describe("a caller who hangs up during the ringing", () => {
  it("DIAL-11: every ringing leg is cancelled, and the call records that the caller left", () => {
    const call = dialling([A, B, C], PARALLEL);
    call.now += 2500;
    call.hangUp();
    expect(call.of("cancel").map((effect) => effect.leg)).toEqual([2, 3]);
    expect(call.outcomes).toEqual([`${A} canceled`, `${B} canceled`]);
    expect(call.call.facts).toMatchObject({
      callType: "client-hangup",
      dialCallStatus: "canceled",
      dialCallDurationS: 2,
    });
    expect(call.exits).toEqual([]);
    expect(call.of("end")[0]?.record).toMatchObject({
      ended_by: "caller",
      call_type: "client-hangup",
      dial_call_status: "canceled",
    });
  });

  it("DIAL-11: if two were ringing, later requests name the one dialled last", () => {
    const call = dialling([A, B], PARALLEL);
    call.hangUp();
    expect(call.call.facts.dialWhomNumber).toEqual({ kind: "number", e164: B });
  });

  it("DIAL-11: a destination that was busy before stays busy", () => {
    const call = dialling([A, B], PARALLEL);
    call.refuse(3);
    call.hangUp();
    expect(call.outcomes).toEqual([`${B} busy`, `${A} canceled`]);
    expect(call.call.facts.dialCallStatus).toBe("canceled");
  });

  it("DIAL-11: before anyone was dialled there is no dial status, but the caller left the Connect", () => {
    const call = new Drive();
    call.hangUp();
    expect(call.of("end")[0]?.record).toMatchObject({ call_type: "client-hangup", dial_call_status: null });
    expect(call.exits).toEqual([]);
  });
});
