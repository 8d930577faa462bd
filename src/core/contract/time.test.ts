import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  END_TIME,
  formatDateTime,
  formatDateTimeWithDay,
  formatInstant,
  isTimezone,
  parseDateTime,
  parseOffset,
  zonedDate,
} from "./time.ts";

describe("times", () => {
  it.each([
    ["2024-09-03T06:14:54Z", "2024-09-03 11:44:54", "Tue, 03 Sep 2024 11:44:54"],
    ["2024-09-03T18:29:59.999Z", "2024-09-03 23:59:59", "Tue, 03 Sep 2024 23:59:59"],
    ["2024-09-03T18:30:00Z", "2024-09-04 00:00:00", "Wed, 04 Sep 2024 00:00:00"],
    ["2023-12-31T18:30:01Z", "2024-01-01 00:00:01", "Mon, 01 Jan 2024 00:00:01"],
    ["2024-02-28T19:00:09.500Z", "2024-02-29 00:30:09", "Thu, 29 Feb 2024 00:30:09"],
    ["1970-01-01T00:00:00Z", "1970-01-01 05:30:00", "Thu, 01 Jan 1970 05:30:00"],
    ["1969-12-31T12:00:00.250Z", "1969-12-31 17:30:00", "Wed, 31 Dec 1969 17:30:00"],
  ])("REQ-31: %s is written in Indian time", (iso, plain, created) => {
    expect(formatDateTime(Date.parse(iso), "Asia/Kolkata")).toBe(plain);
    expect(formatDateTimeWithDay(Date.parse(iso), "Asia/Kolkata")).toBe(created);
  });

  it("an instant is the same text as Date.toISOString", () => {
    fc.assert(
      fc.property(fc.integer({ min: -1e12, max: 1e13 }), (ms) => {
        expect(formatInstant(ms)).toBe(new Date(ms).toISOString());
      }),
    );
  });

  it("REQ-17: EndTime is the beginning of the epoch in India", () => {
    expect(END_TIME).toBe("1970-01-01 05:30:00");
    expect(END_TIME).toBe(formatDateTime(0, "Asia/Kolkata"));
  });

  it.each([
    ["Europe/Berlin", "2024-03-31T00:59:59Z", "2024-03-31 01:59:59"],
    ["Europe/Berlin", "2024-03-31T01:00:00Z", "2024-03-31 03:00:00"],
    ["Europe/Berlin", "2024-10-27T00:59:59Z", "2024-10-27 02:59:59"],
    ["Europe/Berlin", "2024-10-27T01:00:00Z", "2024-10-27 02:00:00"],
    ["America/New_York", "2024-11-03T05:59:59Z", "2024-11-03 01:59:59"],
    ["America/New_York", "2024-11-03T06:00:00Z", "2024-11-03 01:00:00"],
    ["America/St_Johns", "2024-07-01T00:00:00Z", "2024-06-30 21:30:00"],
    ["Australia/Lord_Howe", "2024-04-06T15:00:00Z", "2024-04-07 01:30:00"],
    ["Asia/Kathmandu", "2024-07-01T00:00:00Z", "2024-07-01 05:45:00"],
    ["UTC", "2024-07-01T00:00:00Z", "2024-07-01 00:00:00"],
    ["Asia/Kolkata", "1900-01-01T00:00:00Z", "1900-01-01 05:21:10"],
  ])("REQ-31: the zone is the account's: %s at %s", (zone, iso, plain) => {
    expect(formatDateTime(Date.parse(iso), zone)).toBe(plain);
  });

  it("REQ-31: agrees with the runtime's own calendar in any zone at any time", () => {
    const zones = ["Asia/Kolkata", "America/Sao_Paulo", "Pacific/Apia", "Africa/Casablanca", "Asia/Gaza"];
    const style = { dateStyle: "short", timeStyle: "medium" } as const;
    const calendars = new Map(
      zones.map((timeZone) => [timeZone, new Intl.DateTimeFormat("sv-SE", { timeZone, ...style })]),
    );
    const ms = fc.integer({ min: Date.UTC(1973, 0), max: Date.UTC(2060, 0) });
    fc.assert(
      fc.property(fc.constantFrom(...zones), ms, (timeZone, at) => {
        expect(formatDateTime(at, timeZone)).toBe(calendars.get(timeZone)?.format(at));
      }),
    );
  });

  it("API-5: reads back what it has written, in any zone", () => {
    const zones = ["Asia/Kolkata", "America/Sao_Paulo", "Pacific/Apia", "Australia/Lord_Howe", "Europe/Berlin"];
    const seconds = fc.integer({ min: Date.UTC(1973, 0) / 1000, max: Date.UTC(2060, 0) / 1000 });
    fc.assert(
      fc.property(fc.constantFrom(...zones), seconds, (zone, at) => {
        const text = formatDateTime(at * 1000, zone);
        const read = parseDateTime(text, zone);
        expect(read).toBeLessThanOrEqual(at * 1000);
        expect(formatDateTime(read ?? 0, zone)).toBe(text);
      }),
    );
  });

  it.each([
    ["2024-09-03 11:44:54", "2024-09-03T06:14:54Z"],
    ["2024-09-03T11:44", "2024-09-03T06:14:00Z"],
    ["2024-09-03", "2024-09-02T18:30:00Z"],
    ["2024-02-30 00:00:00", null],
    ["2024-09-03 24:00:00", null],
    ["3 Sep 2024", null],
    ["", null],
  ])("API-5: reads %j as %s in India", (text, iso) => {
    expect(parseDateTime(text, "Asia/Kolkata")).toBe(iso === null ? null : Date.parse(iso));
  });

  it("API-5: takes the first of an hour that occurs twice, and finds a moment for one that is skipped", () => {
    expect(parseDateTime("2024-10-27 02:30:00", "Europe/Berlin")).toBe(Date.parse("2024-10-27T00:30:00Z"));
    expect(parseDateTime("2024-03-31 02:30:00", "Europe/Berlin")).not.toBeNull();
  });

  it("stays right with more times and zones than it keeps", () => {
    const start = Date.parse("2024-01-01T00:00:00Z");
    for (let i = 0; i < 1100; i++) formatDateTime(start + i * 900_000, "Europe/Berlin");
    expect(formatDateTime(start, "Europe/Berlin")).toBe("2024-01-01 01:00:00");
    for (let i = 0; i < 700; i++) {
      const zone = `${i % 2 === 0 ? "+" : "-"}${String(i % 24).padStart(2, "0")}:${String(i % 60).padStart(2, "0")}`;
      expect(isTimezone(zone)).toBe(true);
    }
    expect(formatDateTime(start, "Europe/Berlin")).toBe("2024-01-01 01:00:00");
  });

  it.each([
    ["7/1/2024, GMT+05:30", 19_800_000],
    ["7/1/2024, GMT-02:30", -9_000_000],
    ["1/1/1900, GMT+05:21:10", 19_270_000],
    ["7/1/2024, GMT+00:00", 0],
    ["7/1/2024, GMT", 0],
  ])("reads the offset in %s, and any form of no offset", (formatted, ms) => {
    expect(parseOffset(formatted)).toBe(ms);
  });

  it("knows which names are zones, and throws for others", () => {
    expect(isTimezone("Asia/Kolkata")).toBe(true);
    expect(isTimezone("Asia/Bombay")).toBe(false);
    expect(isTimezone("")).toBe(false);
    expect(() => formatDateTime(0, "Asia/Bombay")).toThrow(RangeError);
  });

  it("puts the zone's clock into the UTC fields of a date", () => {
    expect(zonedDate(Date.parse("2024-09-03T20:00:00Z"), "Asia/Kolkata").toISOString()).toBe(
      "2024-09-04T01:30:00.000Z",
    );
  });
});
