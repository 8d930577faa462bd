import { expect, it } from "vitest";
import type { Log } from "../../base/log.ts";
import { silentLog } from "../../base/log.ts";
import { VirtualClock } from "../../base/virtual-clock.ts";
import { boundedLog } from "./bounded-log.ts";

it("M10: a message is written thirty times a minute, and the next minute says how many were left out", () => {
  const clock = new VirtualClock();
  const lines: object[] = [];
  const log: Log = boundedLog({ ...silentLog, warn: (fields) => void lines.push(fields) }, clock);
  for (let i = 0; i < 1_000; i++) log.warn({ i }, "a flood");
  log.warn({}, "something else");
  expect(lines).toHaveLength(31);
  clock.advance(60_000);
  log.warn({ i: 1_000 }, "a flood");
  expect(lines.at(-1)).toEqual({ i: 1_000, suppressed: 970 });
});
