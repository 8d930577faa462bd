import { describe, expect, it } from "vitest";
import { withoutPersonalData } from "./personal-data.ts";

const CASES: readonly (readonly [shown: string, hidden: string])[] = [
  ["call from +919812345678 to sip:anil", "call from +••••••••5678 to sip:anil"],
  ["CallFrom=09812345678&From=%2B919812345678", "CallFrom=•••••••5678&From=%2B••••••••5678"],
  ["919812345678", "••••••••5678"],
  ["+91 98123 45678, (0)20", "+•• ••••• •5678, (0)20"],
  ["digits=%22215250%22&x=1", "digits=••••••••••••&x=1"],
  ['pressed "4111111111111111#", then "1"', 'pressed "•••••••••••••••••", then "1"'],
  ["https://v.example/r1.wav?expires=1&signature=0aff", "https://v.example/r1.wav?expires=1&signature=•"],
  ["2026-01-05T10:00:00+05:30, 12000 ms, status 200", "2026-01-05T10:00:00+05:30, 12000 ms, status 200"],
  ["c0ffee00000000000000000000001a15", "c0ffee00000000000000000000001a15"],
];

describe("personal data in results", () => {
  it.each(CASES)("%s", (shown, hidden) => {
    expect(withoutPersonalData({ any: [shown] })).toEqual({ any: [hidden] });
  });

  it("is also recognized by its field, and ids that look like numbers stay", () => {
    const value = {
      digits: "12",
      flow: "123456789",
      next: "1767589200000.c1",
      duration_s: 1234567890,
      draft: '"170"',
      none: null,
    };
    expect(withoutPersonalData(value)).toEqual({ ...value, digits: "••" });
  });
});
