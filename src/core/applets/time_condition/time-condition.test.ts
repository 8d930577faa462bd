import { describe, expect, it } from "vitest";
import { AT_ONCE, DIALS_NOBODY, NEVER_TAKEN } from "../../call/applet.ts";
import { Drive, START_MS } from "../../engine/testing/drive.ts";
import { parseFlow } from "../../flow/flow.ts";
import { isOpen, readSpan } from "./hours.ts";
import { timeCondition } from "./time-condition.ts";

const BYE = { type: "hangup" };

function hoursFlow(open: unknown, timezone?: string) {
  const zone = timezone === undefined ? {} : { timezone };
  const hours = { type: "time_condition", open, ...zone, exits: { open: "in", closed: "out" } };
  return { flow: "1", start: "hours", applets: { hours, in: BYE, out: BYE } };
}

/** Whether these hours are open at a local time in Kolkata. */
function at(hours: string, clock: string): boolean {
  const span = readSpan(hours);
  return span !== null && isOpen([span], Date.parse(`${clock}+05:30`), "Asia/Kolkata");
}

describe("a time condition", () => {
  it("APP-8: open and closed are its exits, and the caller need not be answered", () => {
    const open = new Drive({ flow: hoursFlow(["mon-fri 09:00-18:00"]) });
    const closed = new Drive({ flow: hoursFlow(["sat 09:00-18:00"]) });
    expect([open.exits, closed.exits]).toEqual([["hours.open"], ["hours.closed"]]);
    expect(open.of("answer")).toEqual([]);
  });

  it("APP-8: is open during any of its spans", () => {
    const call = new Drive({ flow: hoursFlow(["sat 10:00-14:00", "mon-fri 09:00-18:00", "sun 10:00-14:00"]) });
    expect(call.exits).toEqual(["hours.open"]);
  });

  it("APP-8: goes by the clock of its zone, or of the account's", () => {
    // 10:00 in Kolkata is 04:30 in London.
    expect(new Drive({ flow: hoursFlow(["mon 09:00-18:00"], "Europe/London") }).exits).toEqual(["hours.closed"]);
    expect(new Drive({ flow: hoursFlow(["mon 04:30-04:31"], "Europe/London") }).exits).toEqual(["hours.open"]);
    expect(START_MS).toBe(Date.parse("2026-01-05T04:30:00Z"));
  });

  it.each([
    ["mon-fri 09:00-18:00", "2026-01-05T09:00:00", true],
    ["mon-fri 09:00-18:00", "2026-01-05T08:59:59", false],
    ["mon-fri 09:00-18:00", "2026-01-05T17:59:59", true],
    ["mon-fri 09:00-18:00", "2026-01-05T18:00:00", false],
    ["mon-fri 09:00-18:00", "2026-01-04T12:00:00", false],
    ["mon-fri 09:30-18:00", "2026-01-05T09:29:59", false],
    ["  Mon-FRI  09:30 - 18:00 ", "2026-01-05T09:30:00", true],
    ["sat,sun 10:00-14:00", "2026-01-04T10:00:00", true],
    ["sat-mon 10:00-14:00", "2026-01-05T10:00:00", true],
    ["sat-mon 10:00-14:00", "2026-01-06T10:00:00", false],
    ["09:00-18:00", "2026-01-04T12:00:00", true],
    ["fri 22:00-02:00", "2026-01-03T01:59:59", true],
    ["fri 22:00-02:00", "2026-01-03T02:00:00", false],
    ["fri 22:00-02:00", "2026-01-02T01:00:00", false],
    ["sat 00:00-24:00", "2026-01-03T23:59:59", true],
    ["sat 00:00-24:00", "2026-01-04T00:00:00", false],
  ])("APP-8: %s at %s is open: %s", (hours, clock, open) => {
    expect(at(hours, clock)).toBe(open);
  });

  it.each([
    "noon",
    "mon-fri",
    "mon-fri 9-18",
    "xyz 09:00-18:00",
    "xyz-fri 09:00-18:00",
    "mon-xyz 09:00-18:00",
    "mon,,fri 09:00-18:00",
    "monday 09:00-18:00",
    "friday-mon 09:00-18:00",
    "mon 24:00-25:00",
    "mon 24:00-02:00",
    "mon 24:30-02:00",
    "mon 22:00-24:30",
    "mon 09:00-09:00",
    "mon-tue-wed 09:00-10:00",
  ])("%s is refused", (hours) => {
    const flow = parseFlow(hoursFlow([hours]));
    expect(flow.ok ? "" : flow.error[0]?.message).toContain("mon-fri 09:00-18:00");
  });

  it("an unknown time zone is refused", () => {
    const flow = parseFlow(hoursFlow(["mon 09:00-18:00"], "Asia/Nowhere"));
    expect(flow.ok ? "" : flow.error[0]?.message).toContain("time zone");
  });
});

function documentOf(...open: string[]) {
  return timeCondition.schema.parse({ type: "time_condition", open, exits: { open: "in" } });
}

describe("what flow verification knows about a time condition", () => {
  it("its two exits are taken at once", () => {
    const document = documentOf("mon-fri 09:00-18:00");
    const common = { waits: false, silence: AT_ONCE, optional: false };
    expect(timeCondition.exits(document)).toEqual([
      { ...common, name: "open", label: "open", target: "in", path: ["exits", "open"] },
      { ...common, name: "closed", label: "closed", target: null, path: ["exits", "closed"] },
    ]);
    const silentBecause = "It decides at once.";
    expect(timeCondition.times(document)).toEqual({ ...DIALS_NOBODY, silenceMs: 0, silentBecause });
  });

  it.each([
    [["00:00-24:00"], true],
    [["sat 10:00-14:00", "mon-sun 00:00-24:00"], true],
    [["mon-fri 00:00-24:00"], false],
    [["00:00-23:59"], false],
    [["00:01-24:00"], false],
    [["mon-fri 09:00-18:00"], false],
  ])("with %j it is never closed: %s", (open, always) => {
    const [opened, closed] = timeCondition.exits(documentOf(...open));
    expect(opened?.silence).toBe(AT_ONCE);
    expect(closed?.silence).toBe(always ? NEVER_TAKEN : AT_ONCE);
  });

  it("the example call of an exit starts when that exit is taken", () => {
    const nineToSix = documentOf("mon 09:00-18:00");
    const isShownAt = (target: string, clock: string) => {
      const script = timeCondition.exampleScript(nineToSix, { target, timing: "fast", select: null });
      expect(script?.takesMs).toBe(0);
      return script?.when?.(Date.parse(`${clock}+05:30`), "Asia/Kolkata");
    };
    expect(["open", "closed"].map((target) => isShownAt(target, "2026-01-05T09:00:00"))).toEqual([true, false]);
    expect(["open", "closed"].map((target) => isShownAt(target, "2026-01-05T18:00:00"))).toEqual([false, true]);
  });
});
