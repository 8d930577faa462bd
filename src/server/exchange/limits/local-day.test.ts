import { describe, expect, it } from "vitest";
import { defaultPolicy } from "./dial-policy.ts";
import { localDay } from "./local-day.ts";

const { night } = defaultPolicy();
const at = (text: string): number => Date.parse(`2026-01-${text}+05:30`);
const INDIA = "Asia/Kolkata";

describe("the night", () => {
  it.each([
    ["05T21:59:59", false, "05T22:00:00", "06T06:00:00"],
    ["05T22:00:00", true, "05T22:00:00", "06T06:00:00"],
    ["06T00:30:00", true, "05T22:00:00", "06T06:00:00"],
    ["06T05:59:59", true, "05T22:00:00", "06T06:00:00"],
    ["06T06:00:00", false, "06T22:00:00", "07T06:00:00"],
  ])("at %s it is night: %s", (time, isNight, from, to) => {
    expect(localDay(at(time), INDIA, night)).toMatchObject({
      isNight,
      tonightFrom: at(from),
      tonightTo: at(to),
    });
  });

  it("is one night before and after midnight, on two days", () => {
    const [evening, morning] = [localDay(at("05T23:00:00"), INDIA, night), localDay(at("06T01:00:00"), INDIA, night)];
    expect(morning.night).toBe(evening.night);
    expect(morning.day).toBe(evening.day + 1);
    expect(morning.dayStart).toBe(at("06T00:00:00"));
    expect(morning.nightStart).toBe(at("05T22:00:00"));
  });

  it("there is none if it ends when it begins", () => {
    const none = defaultPolicy({ night: { from: "08:00", to: "08:00" } }).night;
    for (const time of ["05T07:59:00", "05T08:00:00", "05T20:00:00"])
      expect(localDay(at(time), INDIA, none).isNight).toBe(false);
  });

  it("may lie within one day", () => {
    const early = defaultPolicy({ night: { from: "01:00", to: "04:00" } }).night;
    expect(localDay(at("05T00:59:00"), INDIA, early).isNight).toBe(false);
    expect(localDay(at("05T03:59:00"), INDIA, early).isNight).toBe(true);
    expect(localDay(at("05T04:00:00"), INDIA, early).isNight).toBe(false);
  });

  it("a day on which the clock changes is one day", () => {
    const berlin = (utc: string): number => localDay(Date.parse(utc), "Europe/Berlin", night).day;
    expect(new Set(["2026-03-28T23:00:00Z", "2026-03-29T02:00:00Z", "2026-03-29T21:59:00Z"].map(berlin)).size).toBe(1);
  });
});
