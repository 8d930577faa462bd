import { expect, it } from "vitest";
import { RepeatedLine } from "./repeated-line.ts";
import { VirtualClock } from "./virtual-clock.ts";

it("A8: a fault that lasts is logged at once, then once a minute with the number of times it happened", () => {
  const clock = new VirtualClock();
  const lines: object[] = [];
  const line = new RepeatedLine(clock, (fields) => void lines.push(fields));
  for (let ms = 0; ms <= 120_000; ms += 200) {
    line.note({ reason: ms });
    clock.advance(200);
  }
  expect(lines).toEqual([{ reason: 0 }, { reason: 60_000, times: 300 }, { reason: 120_000, times: 300 }]);
});

it("setting the clock does not change how often it is logged", () => {
  const clock = new VirtualClock();
  const lines: object[] = [];
  const line = new RepeatedLine(clock, (fields) => void lines.push(fields));
  for (const stepMs of [0, 3_600_000, -7_200_000]) {
    clock.setWallClock(stepMs);
    line.note({});
  }
  expect(lines).toHaveLength(1);
});
