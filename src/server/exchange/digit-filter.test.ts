import { expect, it } from "vitest";
import { DigitFilter } from "./digit-filter.ts";
import type { LegDigit } from "./live-leg.ts";

/** The digits counted among those received from leg 1, each written `<ms> <via> <digit>`. */
function counted(...received: readonly string[]): string {
  const filter = new DigitFilter();
  return received
    .map((text) => {
      const [at = "", via = "", digit = ""] = text.split(" ");
      return filter.count({ leg: 1, digit, via: via as LegDigit["via"] }, Number(at))?.digit ?? "";
    })
    .join("");
}

it.each<[string, readonly string[], string]>([
  ["INFO alone, repeated digits", ["0 info 2", "300 info 2", "600 info 2"], "222"],
  ["RFC 4733 alone, repeated digits", ["0 rfc4733 2", "300 rfc4733 2"], "22"],
  ["RTP first", ["0 rfc4733 5", "180 info 5", "400 rfc4733 5", "590 info 5"], "55"],
  ["INFO first", ["0 info 5", "30 rfc4733 5", "400 info 6", "440 rfc4733 6"], "56"],
  ["INFO that comes late", ["0 rfc4733 1", "200 rfc4733 1", "900 info 1", "1000 info 1"], "11"],
  ["in-band tones and INFO", ["0 inband 7", "120 info 7"], "7"],
  ["the same digit much later by the other method", ["0 info 7", "3000 rfc4733 7"], "77"],
])("S13: a digit that comes by INFO and by RTP counts once: %s", (_, received, expected) => {
  expect(counted(...received)).toBe(expected);
});

it("S13: the same digit from two legs counts twice", () => {
  const filter = new DigitFilter();
  const first = filter.count({ leg: 1, digit: "5", via: "info" }, 0);
  expect(filter.count({ leg: 2, digit: "5", via: "rfc4733" }, 10)).not.toBeNull();
  expect(first !== null && filter.isPaired(1, first)).toBe(false);
});
