import { describe, expect, it } from "vitest";
import { connectFlow, Drive } from "../../engine/testing/drive.ts";
import { parseFlow } from "../../flow/flow.ts";

const A = "+919900000011";
const B = "+919900000012";

/** One Connect, `sales`, made of `parts`, and three applets after it that show which exit was taken. */
function flowOf(parts: Record<string, unknown>, exits: Record<string, string> = connectFlow.applets.sales.exits) {
  return { ...connectFlow, applets: { ...connectFlow.applets, sales: { type: "connect", exits, ...parts } } };
}

const URL_ONLY = { url: { primary: "https://app.example/connect" } };

/** Two Connects in a row: every exit of the first leads to the second. */
function chain() {
  const exits = { conversation_ended: "second", nobody_answered: "second", nobody_dialed: "second" };
  const flow = flowOf(URL_ONLY, exits);
  return { ...flow, applets: { ...flow.applets, second: { type: "connect", ...URL_ONLY, exits: {} } } };
}

describe("the exits of a Connect", () => {
  it("EXIT-1: an unusable Primary leads to the Fallback, which gets the same query", () => {
    const call = new Drive();
    call.status(500);
    expect(call.asked).toEqual(["https://app.example/connect", "https://backup.example/connect"]);
    const [primary, fallback] = call.traced("request.sent");
    expect(fallback?.query).toEqual(primary?.query);
    expect(fallback?.headers).toEqual(primary?.headers);
    call.dial([A]);
    expect(call.dialled).toEqual([A]);
  });

  it("EXIT-1: both unusable: nobody was dialled", () => {
    const call = new Drive();
    call.status(500);
    call.fail("timeout");
    expect(call.exits).toEqual(["sales.nobody_dialed"]);
    expect(call.applets).toEqual(["sales", "undialed"]);
    expect(call.rules).toContain("EXIT-1");
  });

  it("EXIT-1: no Fallback is set: an unusable Primary is enough", () => {
    const call = new Drive({ flow: flowOf(URL_ONLY) });
    call.json({ destination: {} });
    expect(call.exits).toEqual(["sales.nobody_dialed"]);
  });

  it("EXIT-1: missing audio makes the answer unusable", () => {
    const call = new Drive();
    call.dial([A], { music_on_hold: { type: "custom_tone", value: "https://cdn.example/missing.wav" } });
    call.status(404);
    expect(call.asked.at(-1)).toBe("https://backup.example/connect");
    const results = call.traced("request.result").map((entry) => entry.result);
    expect(results).toEqual(["http_error", "invalid"]);
  });

  it("RES-5: in a lenient flow missing audio is left out, and the call is dialled", () => {
    const call = new Drive({ flow: { ...connectFlow, validation: "lenient" } });
    call.dial([A], { music_on_hold: { type: "custom_tone", value: "https://cdn.example/missing.wav" } });
    call.status(404);
    expect(call.dialled).toEqual([A]);
    expect(call.of("play")[0]?.items).toEqual([{ kind: "tone", tone: "ringback" }]);
  });

  it.each([
    ["the caller leaves", "REF-8", (call: Drive) => call.hangUp()],
    ["the call is hung up", "COMMAND", (call: Drive) => void call.event({ kind: "command", command: "hang_up" })],
  ])("RES-9, RES-27: if %s while audio is checked, the answer that named it keeps its result", (_, rule, end) => {
    const call = new Drive();
    call.dial([A], { music_on_hold: { type: "custom_tone", value: "https://cdn.example/hold.wav" } });
    end(call);
    const [connect, audio] = call.traced("request.sent");
    expect(call.traced("request.result")).toMatchObject([
      { id: connect?.id, result: "usable", http_status: 200, rule },
    ]);
    expect(call.rules).toContain("REF-8");
    expect(call.of("cancel_request")).toEqual([{ kind: "cancel_request", id: audio?.id }]);
    expect(call.traced("answer.used")).toEqual([]);
  });

  it("RES-27: when one of two audio URLs is missing, the other check is cancelled", () => {
    const call = new Drive();
    call.dial([A], {
      music_on_hold: { type: "custom_tone", value: "https://cdn.example/hold.wav" },
      start_call_playback: { playback_to: "both", type: "audio_url", value: "https://cdn.example/hello.wav" },
    });
    expect(call.of("check_audio")).toHaveLength(2);
    call.status(404);
    expect(call.kinds).toEqual(["cancel_request", "fetch"]);
  });

  it("EXIT-2: after a conversation the flow goes on at conversation_ended", () => {
    const call = new Drive();
    call.dial([A]);
    call.answer(2);
    call.hangUp(2);
    expect(call.applets).toEqual(["sales", "talked"]);
  });

  it("EXIT-3: someone was dialled without a conversation: nobody answers", () => {
    const call = new Drive();
    call.dial([A]);
    call.refuse(2);
    expect(call.applets).toEqual(["sales", "unanswered"]);
    expect(call.traced("exit.taken")[0]?.rule).toBe("EXIT-3");
  });

  it("EXIT-4: nobody was dialled: we didn't dial anyone", () => {
    const call = new Drive();
    call.dial(["nonsense"]);
    expect(call.applets).toEqual(["sales", "undialed"]);
  });

  it("EXIT-4: with no applet set there, nobody answers", () => {
    const call = new Drive({ flow: flowOf(URL_ONLY, { nobody_answered: "unanswered" }) });
    call.dial([]);
    expect(call.applets).toEqual(["sales", "unanswered"]);
    expect(call.exits).toEqual(["sales.nobody_answered"]);
  });

  it("RES-3: an empty list takes the third exit at once, and the Fallback is not asked", () => {
    const call = new Drive();
    call.dial([]);
    expect(call.asked).toHaveLength(1);
    expect(call.exits).toEqual(["sales.nobody_dialed"]);
    expect(call.rules).toContain("RES-3");
  });

  it("EXIT-5: an exit with no applet hangs the call up", () => {
    const call = new Drive({ flow: flowOf(URL_ONLY, {}) });
    call.dial([A]);
    call.refuse(2);
    expect(call.exits).toEqual(["sales.nobody_answered"]);
    expect(call.rules).toContain("EXIT-5");
    expect(call.kinds).toContain("hang_up");
    expect(call.of("end")[0]?.record.ended_by).toBe("platform");
  });

  it("EXIT-5: after a conversation that the callee left, it is the callee who ended the call", () => {
    const call = new Drive({ flow: flowOf(URL_ONLY, {}) });
    call.dial([A]);
    call.answer(2);
    call.hangUp(2);
    expect(call.of("end")[0]?.record).toMatchObject({ ended_by: "callee", call_type: "completed" });
  });

  it("EXIT-6: the URL cannot name an applet: anything it says about the flow is ignored", () => {
    const call = new Drive();
    call.dial([A], { exits: { nobody_answered: "undialed" }, next: "undialed" });
    call.refuse(2);
    expect(call.applets).toEqual(["sales", "unanswered"]);
    expect(call.traced("answer.finding").map((entry) => entry.rule)).toEqual(["RES-7", "RES-7"]);
  });
});

describe("what later requests report", () => {
  it("REQ-24: how a Connect ended is reported by the applet directly after it", () => {
    const call = new Drive({ flow: chain() });
    call.dial([A]);
    call.now += 7400;
    call.refuse(2, 603);
    expect(call.query("connect")).toMatchObject({
      DialCallStatus: "busy",
      DialCallDuration: "7",
      CallType: "incomplete",
    });
    expect(call.query("connect")).toMatchObject({ "Legs[0][CauseCode]": "CALL_REJECTED" });
  });

  it("REQ-28, REQ-29: a Connect that dialled nobody leaves no legs and no OutgoingPhoneNumber", () => {
    const call = new Drive({ flow: chain() });
    call.dial([]);
    const query = call.query("connect");
    expect(query).not.toHaveProperty("OutgoingPhoneNumber");
    expect(query).not.toHaveProperty("Legs[0][Number]");
    expect(query).not.toHaveProperty("DialCallStatus");
    expect(query).toMatchObject({ CallType: "incomplete", DialCallDuration: "0", DialWhomNumber: "" });
  });

  it("REQ-29: a Connect that dialled nobody clears what the one before reported", () => {
    const flow = chain();
    const { second } = flow.applets;
    const exits = { nobody_dialed: "third" };
    const call = new Drive({
      flow: { ...flow, applets: { ...flow.applets, second: { ...second, exits }, third: second } },
    });
    call.dial([A]);
    call.now += 5000;
    call.refuse(2);
    call.dial([]);
    const query = call.query("connect");
    expect(query).toMatchObject({ DialCallDuration: "0", DialWhomNumber: "09900000011" });
    expect(query).not.toHaveProperty("Legs[0][Number]");
    expect(query).not.toHaveProperty("DialCallStatus");
  });

  it("digits entered before a Connect do not answer a prompt after it", () => {
    const menu = { type: "menu", say: { text: "Press 1" }, keys: { "1": "talked" } };
    const greet = { type: "greeting", say: { text: "Hello" }, next: "sales" };
    const flow = flowOf(URL_ONLY, { nobody_dialed: "menu" });
    const call = new Drive({ flow: { ...flow, start: "greet", applets: { ...flow.applets, menu, greet } } });
    call.enterDigits("1");
    call.played();
    call.dial([]);
    expect(call.applets).toEqual(["greet", "sales", "menu"]);
  });

  it("EXIT-5: if an applet kept the caller after the callee left, it is the platform that ends the call", () => {
    const greet = { type: "greeting", say: { text: "Goodbye" } };
    const flow = flowOf(URL_ONLY, { conversation_ended: "greet" });
    const call = new Drive({ flow: { ...flow, applets: { ...flow.applets, greet } } });
    call.dial([A]);
    call.answer(2);
    call.hangUp(2);
    call.played();
    expect(call.of("end")[0]?.record.ended_by).toBe("platform");
  });

  it("API-4: the lengths of several conversations add up", () => {
    const call = new Drive({ flow: chain() });
    for (const leg of [2, 3]) {
      call.dial([A]);
      call.now += 3000;
      call.answer(leg);
      call.now += 2600;
      call.hangUp(leg);
    }
    expect(call.of("end")[0]?.record.conversation_s).toBe(5);
  });

  it("REQ-15, REQ-29: the duration counts the ringing too, a leg's own only the conversation", () => {
    const call = new Drive({ flow: chain() });
    call.dial([A, B]);
    call.refuse(2);
    call.now += 7000;
    call.answer(3);
    call.now += 10_900;
    call.hangUp(3);
    expect(call.query("connect")).toMatchObject({
      DialCallDuration: "17",
      "Legs[0][OnCallDuration]": "0",
      "Legs[1][OnCallDuration]": "10",
      DialWhomNumber: "09900000012",
    });
  });
});

describe("other ways to say whom to dial", () => {
  it("the flow itself holds the answer: no URL is asked", () => {
    const parameters = { destination: { numbers: [A, B] }, max_ringing_duration: 10, fetch_after_attempt: true };
    const call = new Drive({ flow: flowOf({ parameters }) });
    expect(call.asked).toEqual([]);
    call.after(10_000);
    call.refuse(3);
    expect(call.dialled).toEqual([A, B]);
    expect(call.exits).toEqual(["sales.nobody_answered"]);
  });

  it("APP-7: numbers in the flow", () => {
    const call = new Drive({ flow: flowOf({ dial_whom: { numbers: ["09900000011", B] } }) });
    call.refuse(2);
    expect(call.dialled).toEqual([A, B]);
  });

  it("APP-7: a group rings its members in its order, at their number or their phone", () => {
    const users = [
      { name: "anil", number: A, email: null },
      { name: "bina", number: null, email: null },
    ];
    const account = { users, groups: { sales: ["bina", "anil"] } };
    const call = new Drive({ account, flow: flowOf({ dial_whom: { group: "sales" } }) });
    call.refuse(2);
    expect(call.dialled).toEqual(["sip:bina", A]);
  });

  it("APP-7: a group member who is not a user yet is rung at the phone of that name", () => {
    const account = { groups: { sales: ["carl"] } };
    const call = new Drive({ account, flow: flowOf({ dial_whom: { group: "sales" } }) });
    expect(call.dialled).toEqual(["sip:carl"]);
  });

  it("APP-7: an unknown group dials nobody", () => {
    const call = new Drive({ flow: flowOf({ dial_whom: { group: "sales" } }) });
    expect(call.exits).toEqual(["sales.nobody_dialed"]);
    expect(call.report().warnings).toMatchObject([{ rule: "APP-7", path: "dial_whom.group", level: "warning" }]);
  });

  it("APP-7: a URL answers text/plain, one number or several, and is asked without the version header", () => {
    const dial_whom = { url: "https://app.example/whom" };
    const call = new Drive({ flow: flowOf({ dial_whom, parameters: { max_ringing_duration: 10 } }) });
    expect(call.traced("request.sent")[0]).toMatchObject({ purpose: "dial_whom", role: "primary" });
    expect(call.of("fetch")[0]?.request.headers).not.toHaveProperty("exotel-version");
    expect(call.of("fetch")[0]?.request.headers).toMatchObject({ accept: "text/plain, */*;q=0.5" });
    call.text(`${A}, 09900000012`);
    expect(call.traced("answer.finding").map((entry) => [entry.rule, entry.path])).toEqual([["RES-24", "numbers[1]"]]);
    expect(call.traced("attempt.started")[0]?.ring_limit_ms).toBe(10_000);
    call.refuse(2);
    expect(call.dialled).toEqual([A, B]);
  });

  it("APP-7: problems of the parameters are reported together with problems of the text", () => {
    const dial_whom = { url: "https://app.example/whom" };
    const call = new Drive({ flow: flowOf({ dial_whom, parameters: { colour: "blue" } }) });
    call.text(`${A}, nonsense`);
    const found = call.traced("answer.finding").map((entry) => [entry.rule, entry.path]);
    expect(found).toEqual([
      ["RES-7", "colour"],
      ["RES-4", "numbers[1]"],
    ]);
    expect(call.dialled).toEqual([A]);
  });

  it("APP-7: parameters that a strict flow refuses make the URL's text unusable", () => {
    const dial_whom = { url: "https://app.example/whom" };
    const call = new Drive({ flow: flowOf({ dial_whom, parameters: { max_ringing_duration: 90 } }) });
    call.text(`${A}, nonsense`);
    expect(call.dialled).toEqual([]);
    expect(call.exits).toEqual(["sales.nobody_dialed"]);
    expect(call.traced("answer.finding").map((entry) => entry.path)).toEqual(["max_ringing_duration"]);
  });

  it("APP-7: a Dial-Whom URL that fails dials nobody", () => {
    const call = new Drive({ flow: flowOf({ dial_whom: { url: "https://app.example/whom" } }) });
    call.json({ destination: { numbers: [A] } });
    expect(call.exits).toEqual(["sales.nobody_dialed"]);
  });

  it("REQ-3: the dynamic URL is asked with the version header", () => {
    const headers = new Drive().of("fetch")[0]?.request.headers;
    expect(headers).toMatchObject({ "exotel-version": "1.0", accept: "application/json" });
  });

  it.each([
    [{}, "exactly one of `url`, `parameters` and `dial_whom`", []],
    [{ url: { primary: "https://a.example" }, parameters: {} }, "exactly one of `url`", []],
    [{ url: { primary: "https://a.example" }, dial_whom: { numbers: [A] } }, "exactly one of `url`", []],
    [{ dial_whom: { numbers: [A], group: "x" } }, "exactly one of `numbers`, `url` and `group`", ["dial_whom"]],
    [{ dial_whom: {} }, "exactly one of `numbers`, `url` and `group`", ["dial_whom"]],
    [{ url: { primary: "/connect" } }, "absolute http or https URL", ["url", "primary"]],
  ])("a document that names none or several of them is refused: %j", (parts, message, path) => {
    const flow = parseFlow(flowOf(parts));
    if (flow.ok) throw new Error("the flow was accepted");
    const [problem] = flow.error;
    expect(problem?.message).toContain(message);
    expect(problem?.path.slice(0, 2)).toEqual(["applets", "sales"]);
    expect(problem?.path.slice(2)).toEqual(path);
  });
});
