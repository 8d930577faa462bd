import { describe, expect, it } from "vitest";
import { DIALS_NOBODY, NEVER_TAKEN } from "../../call/applet.ts";
import { type Timing, type ExampleScript, TIMES_OUT } from "../../call/example-script.ts";
import { step } from "../../engine/engine.ts";
import { connectFlow, Drive, START_MS } from "../../engine/testing/drive.ts";
import { passthru } from "./passthru.ts";

const A = "+919900000011";
const BYE = { type: "hangup" };
const PASS = { type: "passthru", url: "https://user:pw@app.example/pass?k=1", exits: { ok: "good", otherwise: "bad" } };

function passthruFlow(more: Record<string, unknown> = {}) {
  return { flow: "1", start: "pass", applets: { pass: { ...PASS, ...more }, good: BYE, bad: BYE } };
}

/** A Connect with a Passthru directly at these exits. */
function afterConnect(...exits: string[]) {
  const sales = { ...connectFlow.applets.sales, exits: Object.fromEntries(exits.map((exit) => [exit, "pass"])) };
  return { flow: "1", start: "sales", applets: { sales, pass: { ...PASS, exits: {} } } };
}

describe("a Passthru", () => {
  it("APP-4: sync, 200 takes the first exit", () => {
    const call = new Drive({ flow: passthruFlow() });
    expect(call.of("fetch")[0]).toMatchObject({ purpose: "passthru", deadlineMs: 5000 });
    expect(call.of("fetch")[0]?.request.headers).not.toHaveProperty("exotel-version");
    expect(call.of("fetch")[0]?.request.headers).toMatchObject({ accept: "*/*" });
    call.text("OK");
    expect(call.applets).toEqual(["pass", "good"]);
  });

  it.each([302, 201, 404, 500])("APP-4: sync, %i takes the second exit", (status) => {
    const call = new Drive({ flow: passthruFlow() });
    call.status(status);
    expect(call.applets).toEqual(["pass", "bad"]);
  });

  it("APP-4: sync, no answer in time takes the second exit", () => {
    const call = new Drive({ flow: passthruFlow() });
    call.fail("timeout");
    expect(call.applets).toEqual(["pass", "bad"]);
    expect(call.traced("request.result")[0]?.result).toBe("timeout");
  });

  it("APP-4: async goes on at once and leaves the delivery to the outbox", () => {
    const call = new Drive({ flow: passthruFlow({ mode: "async" }) });
    expect(call.applets).toEqual(["pass", "good"]);
    expect(call.of("fetch")).toEqual([]);
    expect(call.of("notify")).toMatchObject([{ purpose: "passthru", order: `${call.call.callSid}-passthru` }]);
    expect(call.query("passthru")["CallSid"]).toBe(call.call.callSid);
  });

  it("APP-4: does not answer the caller: a flow may ask before it answers the call", () => {
    const call = new Drive({ flow: passthruFlow() });
    expect(call.of("answer")).toEqual([]);
    call.status(404);
    expect(call.of("reject")).toHaveLength(1);
  });

  it("REQ-24: directly after a Connect, reports how it ended; the next applet no longer does", () => {
    const flow = afterConnect("nobody_answered");
    const applets = { ...flow.applets, pass: { ...PASS, exits: { ok: "second" } }, second: PASS, good: BYE, bad: BYE };
    const call = new Drive({ flow: { ...flow, applets } });
    call.dial([A]);
    call.refuse(2);
    expect(call.query("passthru")).toMatchObject({ DialCallStatus: "busy", CallType: "incomplete" });
    call.text("");
    expect(call.query("passthru")).not.toHaveProperty("DialCallStatus");
    expect(call.query("passthru")).toMatchObject({ CallType: "incomplete", "Legs[0][CauseCode]": "USER_BUSY" });
  });

  it("C16: directly after a Connect it follows the last Terminal event; elsewhere it follows nothing", () => {
    const call = new Drive({ flow: afterConnect("nobody_answered") });
    call.dial([A], { dial_passthru_event_url: "https://events.example/dial" });
    call.refuse(2);
    expect(call.kinds.indexOf("notify")).toBeLessThan(call.kinds.indexOf("fetch"));
    expect(call.latest.find(({ kind }) => kind === "fetch")).toMatchObject({ followsNotifications: true });
    const silent = new Drive({ flow: afterConnect("nobody_answered") });
    silent.dial([A]);
    silent.refuse(2);
    const alone = new Drive({ flow: passthruFlow() });
    for (const each of [silent, alone]) expect(each.of("fetch").at(-1)).not.toHaveProperty("followsNotifications");
  });

  it("REQ-2: its credentials go into the header and nowhere else", () => {
    const call = new Drive({ flow: passthruFlow() });
    expect(call.of("fetch")[0]?.request.authorization).toMatch(/^Basic /);
    expect(call.asked).toEqual(["https://***@app.example/pass?k=1"]);
  });

  it("digits entered meanwhile are kept", () => {
    const greet = { type: "greeting", say: { text: "Hi" } };
    const call = new Drive({
      flow: { flow: "1", start: "pass", applets: { pass: { ...PASS, exits: { ok: "greet" } }, greet } },
    });
    call.enterDigits("42");
    call.text("OK");
    expect(call.applets).toEqual(["pass", "greet"]);
    expect(call.call.typeAhead).toBe("42");
  });

  it("EXIT-2: the recording of the conversation before it may close meanwhile", () => {
    const call = new Drive({ flow: afterConnect("conversation_ended") });
    call.dial([A], { record: true });
    call.answer(2);
    call.hangUp(2);
    call.recorded();
    expect(call.exits).toEqual(["sales.conversation_ended"]);
    call.text("OK");
    expect(call.exits).toEqual(["sales.conversation_ended", "pass.ok"]);
  });

  it("REQ-1: a URL that cannot be requested at all takes the second exit", () => {
    const { setup } = new Drive({ flow: passthruFlow() });
    const { pass, ...applets } = setup.flow.applets;
    if (pass === undefined) throw new Error("the flow has no Passthru");
    // No flow that passed the checks has such a URL.
    const broken = {
      ...setup,
      flow: { ...setup.flow, applets: { ...applets, pass: { ...pass, url: "app.example" } } },
    };
    const arrived = { kind: "call_arrived", callSid: "c1", from: A, to: A, direction: "incoming" } as const;
    const { effects } = step(broken, null, { ...arrived, at: START_MS, customField: null });
    const trace = effects.flatMap((effect) => (effect.kind === "trace" ? [effect.entry] : []));
    expect(trace.filter(({ type }) => type === "request.result" || type === "exit.taken")).toMatchObject([
      { result: "unreachable", rule: "REQ-1" },
      { exit: "otherwise", rule: "APP-4" },
    ]);
  });
});

describe("a Passthru after a Connect that the caller left", () => {
  it("DIAL-11: directly at nobody_answered it is notified once, though the exit is not taken", () => {
    const call = new Drive({ flow: afterConnect("nobody_answered") });
    call.dial([A]);
    call.hangUp();
    expect(call.exits).toEqual([]);
    expect(call.applets).toEqual(["sales", "pass"]);
    expect(call.of("notify")).toHaveLength(1);
    expect(call.of("fetch")).toHaveLength(1);
    expect(call.query("passthru")).toMatchObject({ CallType: "client-hangup", DialCallStatus: "canceled" });
    expect(call.kinds.at(-1)).toBe("end");
  });

  it("DIAL-11: at another exit it is not notified", () => {
    const call = new Drive({ flow: afterConnect("nobody_dialed", "conversation_ended") });
    call.dial([A]);
    call.hangUp();
    expect(call.of("notify")).toEqual([]);
  });

  it("DIAL-11: before anyone was dialled it is not notified", () => {
    const call = new Drive({ flow: afterConnect("nobody_answered") });
    call.hangUp();
    expect(call.of("notify")).toEqual([]);
  });

  it("DIAL-11: an applet that is not a Passthru is not run", () => {
    const call = new Drive();
    call.dial([A]);
    call.hangUp();
    expect(call.applets).toEqual(["sales"]);
  });

  it("EXIT-2: after a conversation it is notified, no matter who ended it", () => {
    const call = new Drive({ flow: afterConnect("conversation_ended") });
    call.dial([A], { record: true });
    call.answer(2);
    call.now += 5000;
    call.hangUp();
    expect(call.exits).toEqual(["sales.conversation_ended"]);
    expect(call.query("passthru")).toMatchObject({
      CallType: "completed",
      DialCallStatus: "completed",
      "Legs[0][OnCallDuration]": "5",
    });
    expect(call.query("passthru")["RecordingUrl"]).toMatch(/^https:\/\/rec\.example\/.+\.wav$/);
  });

  it("DIAL-5: after a conversation that reached its limit it is notified too", () => {
    const call = new Drive({ flow: afterConnect("conversation_ended") });
    call.dial([A], { max_conversation_duration: 60 });
    call.answer(2);
    call.after(60_000);
    expect(call.of("notify")).toHaveLength(1);
    expect(call.call.ended).toBe(true);
  });
});

function documentOf(more: Record<string, unknown>) {
  return passthru.schema.parse({ ...PASS, ...more });
}

describe("what flow verification knows about a Passthru", () => {
  it("APP-4: sync, its two exits take up to 5 s of silence, and the first may select a case", () => {
    const waited = { waits: true, silence: { afterSound: null, throughout: 5000 }, optional: false };
    const ok = { name: "ok", label: "answered 200", target: "good", path: ["exits", "ok"], selection: "given" };
    const path = ["exits", "otherwise"];
    const otherwise = { name: "otherwise", label: "anything else", target: null, path, selection: "dropped" };
    expect(passthru.exits(documentOf({ exits: { ok: "good" } }))).toEqual([
      { ...ok, ...waited },
      { ...otherwise, ...waited },
    ]);
  });

  it("APP-4: async, only the first of its exits is ever taken, at once", () => {
    const atOnce = { afterSound: null, throughout: 0 };
    expect(passthru.exits(documentOf({ mode: "async", exits: { otherwise: "bad" } }))).toEqual([
      {
        name: "ok",
        label: "then",
        target: null,
        path: ["exits", "ok"],
        waits: false,
        silence: atOnce,
        optional: false,
      },
      {
        name: "otherwise",
        label: "anything else",
        target: "bad",
        path: ["exits", "otherwise"],
        waits: false,
        silence: NEVER_TAKEN,
        optional: true,
      },
    ]);
  });

  it.each([
    ["sync", 5000],
    ["async", 0],
  ])("APP-4: %s, it is silent for %i ms at worst", (mode, silenceMs) => {
    const silentBecause = "Its URL may take 5 s to answer.";
    expect(passthru.times(documentOf({ mode }))).toEqual({ ...DIALS_NOBODY, silenceMs, silentBecause });
  });

  const { url } = PASS;
  it.each<[string, string, Timing, string | null, ExampleScript | null]>([
    ["sync", "ok", "fast", null, { urls: [[url, { after_ms: 0, status: 200, text: "OK" }]], takesMs: 0 }],
    ["sync", "ok", "slow", null, { urls: [[url, { after_ms: 5000, status: 200, text: "OK" }]], takesMs: 5000 }],
    ["sync", "ok", "fast", "vip", { urls: [[url, { after_ms: 0, status: 200, json: { select: "vip" } }]], takesMs: 0 }],
    ["sync", "otherwise", "fast", null, { urls: [[url, { status: 500 }]], takesMs: 0 }],
    ["sync", "otherwise", "silent", null, { urls: [[url, TIMES_OUT]], takesMs: 5000 }],
    ["async", "ok", "fast", null, { takesMs: 0 }],
    ["async", "otherwise", "fast", null, null],
  ])("a call that shows, %s, the exit %s (%s, selecting %s)", (mode, target, timing, select, script) => {
    expect(passthru.exampleScript(documentOf({ mode }), { target, timing, select })).toEqual(script);
  });
});
