import { DatabaseError } from "pg";
import { describe, expect, it } from "vitest";
import type { Log } from "../../base/log.ts";
import { VirtualClock } from "../../base/virtual-clock.ts";
import { settle } from "../../edges/sip/testing/rig.ts";
import { StoreBusyError } from "../../edges/store/journal.ts";
import type { JournalRow } from "../../edges/store/types.ts";
import { JournalWriter } from "./journal-writer.ts";

function databaseError(code: string): DatabaseError {
  return Object.assign(new DatabaseError("could not extend file", 0, "error"), { code });
}

const DISK_FULL = databaseError("53100");
const BAD_ROW = databaseError("22P05");

function row(callSid: string, seq: number): JournalRow {
  return { callSid, account: "a", seq, at: 0, startedAt: 0, event: "{}", trace: "[]" };
}

/** A database whose behaviour each test sets. */
class Stage {
  readonly clock = new VirtualClock();
  readonly written: string[] = [];
  readonly lines: string[] = [];
  appends = 0;
  outageMs = 0;
  /** May throw or wait; by default rows are written. */
  onAppend: (names: readonly string[]) => Promise<void> = () => Promise.resolve();
  readonly writer: JournalWriter;

  constructor() {
    const line = (_fields: object, message: string): void => void this.lines.push(message);
    const log: Log = { debug: line, info: line, warn: line, error: line };
    const append = async (rows: readonly JournalRow[]): Promise<void> => {
      this.appends += 1;
      const names = rows.map(({ callSid, seq }) => `${callSid}${seq}`);
      await this.onAppend(names);
      this.written.push(...names);
    };
    const outage = (): number => this.outageMs;
    const store = {
      append,
      get outageMs() {
        return outage();
      },
    };
    this.writer = new JournalWriter({ clock: this.clock, log, store });
  }

  /** Appends a row; `state` is its state so far. */
  append(callSid: string, seq: number): { state: string } {
    const result = { state: "waits" };
    this.writer.append([row(callSid, seq)], "now").then(
      () => (result.state = "written"),
      () => (result.state = "rejected"),
    );
    return result;
  }

  async pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 50) {
      await settle();
      this.clock.advance(Math.min(left, 50));
    }
    await settle();
  }
}

describe("A8, M7: while the disk of the database is full", () => {
  it("rows wait and are written in order once there is room; until then the journal is failing", async () => {
    const stage = new Stage();
    stage.onAppend = () => Promise.reject(DISK_FULL);
    const results = [stage.append("x", 1), stage.append("y", 1)];
    await settle();
    results.push(stage.append("x", 2));
    await stage.pass(30_000);
    expect(results.map(({ state }) => state)).toEqual(["waits", "waits", "waits"]);
    expect(stage.writer.problem()).toBe("journal_failing");
    stage.onAppend = () => Promise.resolve();
    await stage.pass(1000);
    expect(stage.written).toEqual(["x1", "y1", "x2"]);
    expect(results.map(({ state }) => state)).toEqual(["written", "written", "written"]);
    expect(stage.writer.problem()).toBeNull();
    stage.append("x", 3);
    await settle();
    expect(stage.written.at(-1)).toBe("x3");
  });

  it("the database is tried about once a second however many calls wait, with one log line a minute", async () => {
    const stage = new Stage();
    stage.onAppend = () => Promise.reject(DISK_FULL);
    for (let call = 0; call < 100; call++) stage.append(`c${call}-`, 1);
    await settle();
    const before = stage.appends;
    await stage.pass(120_000);
    expect(stage.appends - before).toBeLessThanOrEqual(123);
    expect(stage.lines.length).toBeLessThanOrEqual(3);
  });

  it("rows refused late still come before later ones", async () => {
    const stage = new Stage();
    const refuse: (() => void)[] = [];
    stage.onAppend = () => new Promise((_, reject) => refuse.push(() => reject(DISK_FULL)));
    stage.append("x", 1);
    stage.append("x", 2);
    refuse[0]?.();
    await settle();
    stage.append("x", 3);
    refuse[1]?.();
    await settle();
    stage.onAppend = () => Promise.resolve();
    await stage.pass(1000);
    expect(stage.written).toEqual(["x1", "x2", "x3"]);
  });
});

it("only rows that can never be written are rejected, at once or when retried", async () => {
  const stage = new Stage();
  stage.onAppend = (names) => (names.includes("bad1") ? Promise.reject(BAD_ROW) : Promise.resolve());
  const alone = stage.append("bad", 1);
  await settle();
  expect([alone.state, stage.writer.problem()]).toEqual(["rejected", null]);
  stage.onAppend = () => Promise.reject(new StoreBusyError("10000 journal rows wait"));
  const [before, bad, after] = [stage.append("x", 1), stage.append("bad", 1), stage.append("y", 1)];
  await settle();
  stage.onAppend = (names) => (names.includes("bad1") ? Promise.reject(BAD_ROW) : Promise.resolve());
  await stage.pass(1000);
  expect([before.state, bad.state, after.state]).toEqual(["written", "rejected", "written"]);
  expect(stage.writer.problem()).toBeNull();
});

describe("M6: while the database does not answer", () => {
  it("the journal is behind once a row has waited 2 s, until it is written", async () => {
    const stage = new Stage();
    let write = (): void => undefined;
    stage.onAppend = () => new Promise((resolve) => (write = resolve));
    stage.append("x", 1);
    await stage.pass(2000);
    expect(stage.writer.problem()).toBeNull();
    await stage.pass(50);
    expect(stage.writer.problem()).toBe("journal_behind");
    write();
    await settle();
    expect(stage.writer.problem()).toBeNull();
  });

  it("the journal is behind after 2 s without a connection, even if nothing waits", () => {
    const stage = new Stage();
    stage.outageMs = 2000;
    expect(stage.writer.problem()).toBeNull();
    stage.outageMs = 2001;
    expect(stage.writer.problem()).toBe("journal_behind");
  });

  it("the journal is behind with more than 5,000 rows waiting", () => {
    const stage = new Stage();
    stage.onAppend = () => new Promise(() => undefined);
    for (let seq = 1; seq <= 5000; seq++) stage.append("x", seq);
    expect(stage.writer.problem()).toBeNull();
    stage.append("x", 5001);
    expect(stage.writer.problem()).toBe("journal_behind");
  });
});
