import { describe, expect, it } from "vitest";
import type { CallRecord } from "../../core/call/record.ts";
import { cseq, to } from "../../edges/sip/message/message.ts";
import { ANSWER } from "../../edges/sip/testing/rig.ts";
import type { JournalRow } from "../../edges/store/types.ts";
import { CallRig } from "../../../test/support/call-rig.ts";

/** A moment in a call at which the process is killed. */
type Boundary = readonly [name: string, until: (stage: CallRig) => Promise<void>];

const invited = async (stage: CallRig): Promise<void> => {
  await stage.call();
};
const answerCall = (stage: CallRig): void =>
  stage.callee.respond(stage.callee.request("INVITE"), 200, { toTag: "a", body: ANSWER });
const provisional = (status: number) => async (stage: CallRig) => {
  await invited(stage);
  stage.callee.respond(stage.callee.request("INVITE"), status, status === 100 ? {} : { toTag: "a" });
  await stage.pass(20);
};

/** How it ends for the callee's phone: the ringing with a CANCEL, or the call with a BYE. */
async function outcomeAtCallee(stage: CallRig): Promise<string> {
  const { callee } = stage;
  const invite = callee.request("INVITE");
  for (const cancel of callee.requests("CANCEL")) {
    callee.respond(cancel, 200);
    callee.respond(invite, 487, { toTag: "a" });
  }
  await stage.pass(50);
  if (callee.requests("BYE").length > 0) return "BYE";
  return callee.requests("CANCEL").length > 0 ? "CANCEL" : "nothing";
}

const RINGS: readonly Boundary[] = [
  ["before any response", invited],
  ["after 100", provisional(100)],
  ["after 180", provisional(180)],
];

describe("A3, M5: a process that is killed", () => {
  it.each(RINGS)("%s to an INVITE leaves no phone ringing", async (_, until) => {
    const stage = await CallRig.start();
    await until(stage);
    await stage.kill();
    expect(await stage.startPlatform()).toBe(1);
    await stage.pass(50);
    const [invite, cancel] = [stage.callee.request("INVITE"), stage.callee.request("CANCEL")];
    expect(cancel.headers.get("via")).toBe(invite.headers.get("via"));
    expect(cseq(cancel).number).toBe(cseq(invite).number);
    expect(await outcomeAtCallee(stage)).toBe("CANCEL");
    expect(stage.store.trace().at(-1)?.type).toBe("call.ended");
  });

  it("before the INVITE's row is durable has sent no INVITE", async () => {
    const stage = await CallRig.start();
    stage.store.hold = true;
    await invited(stage);
    await stage.pass(3000);
    expect(stage.callee.received).toEqual([]);
    await stage.kill();
    expect(await stage.startPlatform()).toBe(0);
    await stage.pass(50);
    expect(stage.callee.received).toEqual([]);
  });

  it("before the row of an answer is durable has sent no ACK, and the callee's repeated 200 is ended", async () => {
    const stage = await CallRig.start();
    await provisional(180)(stage);
    stage.store.hold = true;
    answerCall(stage);
    await stage.pass(500);
    expect(stage.callee.requests("ACK")).toEqual([]);
    await stage.kill();
    await stage.startPlatform();
    await stage.pass(20);
    answerCall(stage);
    await stage.pass(50);
    expect(stage.callee.requests("ACK")).toHaveLength(1);
    expect(to(stage.callee.request("BYE")).tag).toBe("a");
  });

  it("right after an ACK ends both legs", async () => {
    const stage = await CallRig.start();
    const caller = await stage.call();
    answerCall(stage);
    for (let waited = 0; stage.callee.requests("ACK").length === 0 && waited < 100; waited++) await stage.rig.pass(1);
    expect(stage.callee.requests("ACK")).toHaveLength(1);
    await stage.kill();
    await stage.startPlatform();
    await stage.pass(50);
    expect(await outcomeAtCallee(stage)).toBe("BYE");
    expect(caller.log.ends).toEqual(["remote_bye"]);
  });

  it("right after the caller's 200 hangs the caller up", async () => {
    const stage = await CallRig.start({ numbers: ["+911"] });
    const caller = await stage.call();
    expect(caller.answers).toHaveLength(1);
    const [first] = stage.store.rows;
    expect(first?.legSnapshots).toContain('"1":');
    stage.store.rows.splice(1);
    delete (first as { end?: unknown }).end;
    await stage.kill();
    await stage.startPlatform();
    await stage.pass(50);
    expect(caller.log.ends).toEqual(["remote_bye"]);
  });

  it("between a decision and its BYE or CANCEL sends them again", async () => {
    const stage = await CallRig.start();
    const caller = await stage.call();
    answerCall(stage);
    await stage.pass(50);
    caller.call?.hangUp();
    await stage.pass(20);
    const byes = stage.callee.requests("BYE").length;
    const last = stage.store.rows.at(-1);
    delete (last as { end?: unknown }).end;
    // The call only waits for its last rows: the engine holds no leg any more.
    await stage.kill();
    await stage.startPlatform();
    await stage.pass(50);
    expect(stage.callee.requests("BYE").length).toBeGreaterThan(byes);
  });
});

it("an ACK held up by the journal still goes out after two seconds", async () => {
  const stage = await CallRig.start();
  await provisional(180)(stage);
  stage.store.hold = true;
  answerCall(stage);
  await stage.pass(1900);
  expect(stage.callee.requests("ACK")).toEqual([]);
  await stage.pass(200);
  expect(stage.callee.requests("ACK")).toHaveLength(1);
});

function useSetup([first]: JournalRow[], setup: string): void {
  Object.assign(first?.call ?? {}, { setup });
}

/** Ways to damage the journal of a call in conversation. */
const DAMAGE: readonly (readonly [
  name: string,
  spoil: (rows: JournalRow[], stage: CallRig) => void,
  reason: RegExp,
])[] = [
  ["an event that is not JSON", (rows) => void Object.assign(rows[1] ?? {}, { event: "{" }), /JSON/],
  [
    "an event of an unknown kind",
    (rows) => void Object.assign(rows[1] ?? {}, { event: '{"kind":"telepathy","at":1}' }),
    /telepathy/,
  ],
  [
    "no first event",
    (rows) => void Object.assign(rows[0] ?? {}, { event: '{"kind":"digit","at":1,"leg":1,"digit":"1"}' }),
    /call_arrived/,
  ],
  ["a missing setup", (rows) => useSetup(rows, "gone"), /setup is not stored/],
  [
    "a setup of nothing",
    (rows, stage) => {
      stage.store.setups.set("empty", "{}");
      useSetup(rows, "empty");
    },
    /setup has no flow/,
  ],
  ["a deleted account", (rows) => rows.forEach((row) => Object.assign(row, { account: "gone" })), /no account "gone"/],
];

describe("A5, M3: a call in the journal with", () => {
  it.each(DAMAGE)(
    "%s is set aside: its record says why, its legs end, the platform starts",
    async (_, spoil, reason) => {
      const stage = await CallRig.start();
      const caller = await stage.call();
      answerCall(stage);
      await stage.pass(50);
      await stage.kill();
      const rows = stage.store.rows.length;
      spoil(stage.store.rows, stage);
      expect(await stage.startPlatform()).toBe(0);
      await stage.pass(50);
      expect(stage.exchange.closedBecause).toBeNull();
      expect(stage.store.rows).toHaveLength(rows + 1);
      const last = stage.store.rows.at(-1);
      expect((JSON.parse(last?.end?.cdr ?? "null") as CallRecord).status).toBe("failed");
      const trace = stage.store.trace();
      expect(trace.map(({ seq }) => seq)).toEqual(trace.map((__, index) => index + 1));
      expect(trace.find((entry) => entry.type === "decision" && entry.rule === "RECOVER")).toMatchObject({
        message: expect.stringMatching(reason),
      });
      expect(stage.callee.requests("BYE")).toHaveLength(1);
      expect(caller.log.ends).toEqual(["remote_bye"]);
      await stage.kill();
      expect(await stage.startPlatform()).toBe(0);
      expect(stage.store.rows).toHaveLength(rows + 1);
    },
  );

  it("damaged snapshots still gets its whole record", async () => {
    const stage = await CallRig.start();
    await stage.call();
    answerCall(stage);
    await stage.pass(50);
    await stage.kill();
    for (const row of stage.store.rows)
      if (row.legSnapshots != null) Object.assign(row, { legSnapshots: '{"dialogs":{"1":7}}' });
    expect(await stage.startPlatform()).toBe(1);
    await stage.pass(50);
    expect(stage.store.trace().find(({ type }) => type === "conversation.ended")).toBeDefined();
    expect(stage.store.trace().at(-1)).toMatchObject({ type: "call.ended", cdr: { status: "completed" } });
  });
});
