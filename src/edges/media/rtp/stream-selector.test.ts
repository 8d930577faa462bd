import { expect, it } from "vitest";
import { StreamSelector } from "./stream-selector.ts";

it("S24: of two interleaved streams the newer is admitted, the older once the newer has stopped for a second", () => {
  const selector = new StreamSelector();
  expect([selector.admit(1, 0), selector.admit(2, 20), selector.admit(1, 25), selector.admit(2, 40)]).toEqual([
    true,
    true,
    false,
    true,
  ]);
  expect(selector.admit(1, 1039)).toBe(false);
  expect(selector.admit(1, 1040)).toBe(true);
  expect(selector.admit(2, 1060)).toBe(false);
});

it("S24: a third stream supersedes both", () => {
  const selector = new StreamSelector();
  expect([1, 2, 3, 1, 2, 3].map((ssrc, i) => selector.admit(ssrc, i))).toEqual([true, true, true, false, false, true]);
});

it("forgets the streams of the source before", () => {
  const selector = new StreamSelector();
  selector.admit(1, 0);
  selector.admit(2, 10);
  selector.reset();
  expect(selector.admit(1, 20)).toBe(true);
});
