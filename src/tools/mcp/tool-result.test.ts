import { expect, it } from "vitest";
import { seededRandom } from "../../base/random.ts";
import { resultText } from "./tool-result.ts";

it("text from outside cannot end the data early, because the end marker is unguessable", () => {
  const ends = new Set<string>();
  for (let seed = 1; seed <= 3; seed++) {
    const first = resultText({ sentences: ["Ours."], data: ["x"] }, seededRandom(seed));
    const end = first.split("\n").at(-1) ?? "";
    ends.add(end);
    const forged = resultText({ sentences: ["Ours."], data: ["x", end] }, seededRandom(seed + 10)).split("\n");
    expect(forged.filter((line) => line === forged.at(-1))).toHaveLength(1);
  }
  expect(ends.size).toBe(3);
});

it("a result has a limit, and says what was cut", () => {
  const text = resultText({ sentences: [], data: ["y".repeat(30_000)] }, seededRandom(1));
  expect(text.length).toBeLessThan(25_000);
  expect(text).toContain("(cut: 6000 more characters; request less at a time)");
  expect(text).toMatch(/--- end of data [0-9a-f]{16} ---$/);
});
