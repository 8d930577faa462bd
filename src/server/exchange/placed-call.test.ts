import { describe, expect, it } from "vitest";
import type { StatusCallback } from "../../core/contract/placed-call.ts";
import type { SipRequest } from "../../edges/sip/message/message.ts";
import { ANSWER } from "../../edges/sip/testing/rig.ts";
import { KeyTakenError } from "../../edges/store/call-keys.ts";
import type { OutboxRow } from "../../edges/store/types.ts";
import { CALLEE, CallRig } from "../../../test/support/call-rig.ts";
import type { Placing } from "./call-order.ts";

const FIRST = "+919812345678";
const SECOND = { kind: "number", e164: CALLEE } as const;
const CALLBACK: StatusCallback = {
  url: "https://crm.example/status",
  events: ["ringing", "answered", "terminal"],
  form: "json",
};
const FLOW = { destination: { kind: "number", e164: FIRST }, ringLimitMs: 30_000, second: null } as const;
const PLACED = { ...FLOW, statusCallback: CALLBACK };
const TWO_NUMBERS = {
  flowId: null,
  dialTo: CALLEE,
  placed: {
    ...PLACED,
    second: { destination: SECOND, record: false, recordingChannels: "single", waitUrl: null, playback: null },
  },
} as const;

/** The INVITE to a number; throws if there is none. */
function inviteTo(stage: CallRig, number: string): SipRequest {
  const found = stage.callee.requests("INVITE").find(({ headers }) => headers.get("to")?.includes(number) === true);
  if (found === undefined) throw new Error(`no INVITE went to ${number}`);
  return found;
}

async function answer(stage: CallRig, number: string): Promise<void> {
  stage.callee.respond(inviteTo(stage, number), 200, { toTag: number.slice(1), body: ANSWER });
  await stage.pass(50);
}

async function placed(stage: CallRig, order: Parameters<CallRig["place"]>[0] = { placed: PLACED }): Promise<Placing> {
  const placing = stage.place(order);
  await stage.pass(30);
  return placing;
}

/** The notifications queued for the StatusCallback, in order. */
function owed(stage: CallRig): readonly Record<string, unknown>[] {
  return stage.store.rows
    .flatMap(({ outbox = [] }): readonly OutboxRow[] => outbox)
    .filter(({ purpose }) => purpose === "status_callback")
    .map(({ request }) => JSON.parse((JSON.parse(request) as { body: string }).body) as Record<string, unknown>);
}

function recordedStatus(stage: CallRig): string | undefined {
  return stage.store.rows.find(({ end }) => end !== undefined)?.end?.status;
}

describe("a call by API", () => {
  it("API-1: is accepted once it is durable; then leg 1 is dialled from the ExoPhone", async () => {
    const stage = await CallRig.start();
    const placing = await placed(stage);
    expect(placing).toMatchObject({ kind: "placed", callSid: stage.store.sids[0] });
    expect(inviteTo(stage, FIRST).headers.get("from")).toContain("+918000000002");
    expect(stage.store.rows[0]?.call).toMatchObject({ direction: "outbound-dial", from: FIRST, to: "+918000000002" });
  });

  it("API-1: goes into the flow when leg 1 answers, and both hear each other", async () => {
    const stage = await CallRig.start();
    await placed(stage);
    await answer(stage, FIRST);
    expect(stage.callee.requests("ACK")).toHaveLength(1);
    await answer(stage, CALLEE);
    expect(stage.media.ops).toContain("bridge 1 2");
    expect(owed(stage).map(({ EventType }) => EventType)).toEqual(["answered"]);
  });

  it("API-2: connects two numbers, and leg 1 hears ringback until the second answers", async () => {
    const stage = await CallRig.start({ numbers: [] });
    await placed(stage, TWO_NUMBERS);
    await answer(stage, FIRST);
    expect(stage.media.ops.filter((op) => op.startsWith("play"))).toEqual([expect.stringContaining("ringback")]);
    await answer(stage, CALLEE);
    expect(stage.media.ops).toContain("bridge 1 2");
    expect(stage.store.rows[0]?.call).toMatchObject({ flow: "", dialTo: CALLEE });
  });

  it("API-3: counts a busy leg 1 among its attempts, with its trunk", async () => {
    const stage = await CallRig.start();
    await placed(stage);
    stage.callee.respond(inviteTo(stage, FIRST), 486);
    await stage.pass(50);
    const end = stage.store.rows.find((row) => row.end !== undefined)?.end;
    expect(end?.status).toBe("busy");
    expect(end?.attempts).toMatchObject([
      { leg: 1, destination: FIRST, trunk: "main", outcome: "busy", cause: "USER_BUSY", answeredMs: null },
    ]);
    expect(stage.exchange.liveCalls).toBe(0);
  });

  it("API-1: TimeOut cancels leg 1 while it rings", async () => {
    const stage = await CallRig.start();
    await placed(stage, { placed: { ...PLACED, ringLimitMs: 2000 } });
    stage.callee.respond(inviteTo(stage, FIRST), 180, { toTag: "a" });
    await stage.pass(2100);
    expect(stage.callee.requests("CANCEL")).toHaveLength(1);
    expect(recordedStatus(stage)).toBe("no-answer");
  });

  it("seals the row that holds the StatusCallback's credentials", async () => {
    const stage = await CallRig.start();
    await placed(stage);
    expect(stage.store.rows[0]?.inClear).toBeUndefined();
  });
});

describe("a process that is killed around a call by API", () => {
  it("before its first row is durable has not accepted it, and rings no phone", async () => {
    const stage = await CallRig.start();
    stage.store.hold = true;
    let accepted = false;
    void stage.place({ placed: PLACED }).then(() => (accepted = true));
    await stage.pass(1000);
    expect([accepted, stage.callee.received]).toEqual([false, []]);
    await stage.kill();
    expect(await stage.startPlatform()).toBe(0);
    await stage.pass(100);
    expect(stage.callee.received).toEqual([]);
  });

  it("API-6: between accepting and dialling records it as failed and reports that; the call is neither lost nor dialled", async () => {
    const stage = await CallRig.start();
    await placed(stage);
    // As if the process had died right after its first commit.
    stage.store.rows.splice(1);
    const before = stage.callee.requests("INVITE").length;
    await stage.kill();
    expect(await stage.startPlatform()).toBe(1);
    await stage.pass(100);
    expect(stage.callee.requests("INVITE")).toHaveLength(before);
    expect(recordedStatus(stage)).toBe("failed");
    expect(owed(stage)).toMatchObject([{ EventType: "terminal", Status: "failed" }]);
    expect(stage.store.trace().map(({ type }) => type)).toContain("caller.not_reached");
  });

  it.each([
    ["before any response", null],
    ["while it rings", 180],
  ] as const)("%s stops leg 1's ringing, and rings no phone twice", async (_, status) => {
    const stage = await CallRig.start();
    await placed(stage);
    if (status !== null) stage.callee.respond(inviteTo(stage, FIRST), status, { toTag: "a" });
    await stage.pass(20);
    await stage.kill();
    expect(await stage.startPlatform()).toBe(1);
    await stage.pass(100);
    expect(stage.callee.requests("CANCEL")).toHaveLength(1);
    expect(new Set(stage.callee.requests("INVITE").map(({ headers }) => headers.get("via"))).size).toBe(1);
    expect(recordedStatus(stage)).toBe("failed");
    expect(owed(stage).at(-1)).toMatchObject({ EventType: "terminal", Status: "failed" });
  });

  it("during the conversation hangs up both legs, and the record says that it was completed", async () => {
    const stage = await CallRig.start({ numbers: [] });
    await placed(stage, TWO_NUMBERS);
    await answer(stage, FIRST);
    await answer(stage, CALLEE);
    await stage.kill();
    await stage.startPlatform();
    await stage.pass(100);
    expect(stage.callee.requests("BYE").length).toBeGreaterThanOrEqual(2);
    expect(recordedStatus(stage)).toBe("completed");
    expect(owed(stage).map(({ EventType }) => EventType)).toEqual(["answered", "terminal"]);
  });
});

describe("a call by API that can't be taken", () => {
  it("because its first row is late is refused, and ends without ringing any phone once the row is written", async () => {
    const stage = await CallRig.start();
    stage.store.hold = true;
    const placing = stage.place({ placed: PLACED });
    await stage.pass(4100);
    expect(await placing).toMatchObject({ kind: "refused", reason: "journal_behind" });
    stage.store.release();
    await stage.pass(200);
    expect(stage.callee.requests("INVITE")).toEqual([]);
    expect([recordedStatus(stage), stage.exchange.liveCalls]).toEqual(["no-answer", 0]);
  });

  it("because another call has its Idempotency-Key releases everything, without ringing any phone", async () => {
    const stage = await CallRig.start();
    stage.store.refuse = new KeyTakenError("taken");
    const placing = stage.place({ placed: PLACED, key: { key: "k", fingerprint: "f" } });
    await stage.pass(200);
    expect(await placing).toEqual({ kind: "key_taken" });
    expect([stage.callee.received, stage.exchange.liveCalls]).toEqual([[], 0]);
  });

  it("because of a limit says which, and what would change it", async () => {
    const stage = await CallRig.start({ limits: { key: { calls_per_minute: 1 } } });
    await placed(stage, { placed: PLACED, apiKey: "k1" });
    const second = await placed(stage, { placed: PLACED, apiKey: "k1" });
    expect(second).toMatchObject({ kind: "refused" });
    expect(second.kind === "refused" && second.message).toMatch(/calls within a minute; what would change it: /);
    expect(stage.exchange.liveCalls).toBe(1);
    // Another key is not held up by it.
    expect(await placed(stage, { placed: PLACED, apiKey: "k2" })).toMatchObject({ kind: "placed" });
  });
});

describe("commands to a live call", () => {
  async function talking(): Promise<{ stage: CallRig; sid: string }> {
    const stage = await CallRig.start();
    await placed(stage, TWO_NUMBERS);
    await answer(stage, FIRST);
    await answer(stage, CALLEE);
    return { stage, sid: stage.store.sids[0] ?? "" };
  }

  it("DIAL-10: start, pause, resume and stop the recording", async () => {
    const { stage, sid } = await talking();
    expect(stage.exchange.command(sid, { command: "pause_recording" })).toBe(
      "pause_recording is not possible now: nothing is being recorded",
    );
    expect(stage.exchange.command(sid, { command: "start_recording", layout: "dual" })).toBeNull();
    expect(stage.exchange.command(sid, { command: "pause_recording" })).toBeNull();
    expect(stage.exchange.command(sid, { command: "resume_recording" })).toBeNull();
    expect(stage.exchange.command(sid, { command: "stop_recording" })).toBeNull();
    const ops = stage.media.ops.filter((op) => /record/i.test(op)).map((op) => op.split(" ", 1)[0]);
    expect(ops).toEqual(["record", "pauseRecording", "pauseRecording", "stopRecording"]);
  });

  it("send digits and play to the callee", async () => {
    const { stage, sid } = await talking();
    stage.exchange.command(sid, { command: "send_digits", to: "callee", digits: "1#" });
    stage.exchange.command(sid, { command: "play", to: "callee", what: { kind: "tone", tone: "beep" } });
    expect(stage.media.ops).toContain("sendDigits 2 1");
    expect(stage.media.ops).toContain("sendDigits 2 #");
    expect(stage.media.ops.some((op) => /^play \S+ \[2\] .*beep/.test(op))).toBe(true);
  });

  it("redirect the caller into a flow of the account, and survive a kill right afterwards", async () => {
    const { stage, sid } = await talking();
    const flow = stage.exchange.flow("acct", "1");
    if (flow === undefined) throw new Error("no flow");
    expect(stage.exchange.command(sid, { command: "redirect", applet: flow.start, flow })).toBeNull();
    await stage.pass(50);
    expect(stage.callee.requests("BYE")).toHaveLength(1);
    await stage.kill();
    expect(await stage.startPlatform()).toBe(1);
    await stage.pass(100);
    expect(stage.store.trace().map(({ type }) => type)).toContain("call.redirected");
    expect(stage.store.trace().at(-1)?.type).toBe("call.ended");
  });

  it("are refused for a call that has ended", async () => {
    const { stage, sid } = await talking();
    stage.exchange.hangUp(sid);
    await stage.pass(100);
    expect(stage.exchange.command(sid, { command: "hang_up" })).toBe("hang_up is not possible now: the call has ended");
  });
});
