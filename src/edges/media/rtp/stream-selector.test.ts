import { expect, it } from "vitest";
import { StreamSelector } from "./stream-selector.ts";

it("S24: a stream supersedes an older one, which may return once the newer has been silent for a second", () => {
  const selector = new StreamSelector();
  expect(selector.supersedes(2, 1, 5)).toBe(true);
  expect(selector.supersedes(1, 2, 999)).toBe(false);
  expect(selector.supersedes(1, 2, 1000)).toBe(true);
  expect(selector.supersedes(2, 1, 20)).toBe(false);
});

it("S24: a third stream supersedes both", () => {
  const selector = new StreamSelector();
  selector.supersedes(2, 1, 0);
  expect(selector.supersedes(3, 2, 0)).toBe(true);
  expect([selector.supersedes(1, 3, 0), selector.supersedes(2, 3, 0)]).toEqual([false, false]);
});

it("forgets the streams of the previous source", () => {
  const selector = new StreamSelector();
  selector.supersedes(2, 1, 0);
  selector.reset();
  expect(selector.supersedes(1, 2, 0)).toBe(true);
});
