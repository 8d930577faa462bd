import { expect, it } from "vitest";
import type { Log } from "../../base/log.ts";
import { VirtualClock } from "../../base/virtual-clock.ts";
import { settle } from "../../edges/sip/testing/rig.ts";
import { DiskWatch } from "./disk-watch.ts";

const MIB = 1024 * 1024;

it("A8: new calls are refused while less than 64 MiB are free, and taken again once there is some room", async () => {
  const clock = new VirtualClock();
  const lines: string[] = [];
  const line = (_fields: object, message: string): void => void lines.push(message);
  const log: Log = { debug: line, info: line, warn: line, error: line };
  let free: number | null = 64 * MIB;
  const freeBytes = (): Promise<number> =>
    free === null ? Promise.reject(new Error("not known")) : Promise.resolve(free);
  const watch = new DiskWatch({ folder: "data", clock, log, freeBytes });
  await watch.start();
  const seen: boolean[] = [watch.isLow];
  expect(watch.isShort, "the operator is warned earlier").toBe(true);
  free = 256 * MIB;
  clock.advance(1000);
  await settle();
  expect(watch.isShort).toBe(false);
  for (const next of [64 * MIB - 1, 79 * MIB, 80 * MIB, 64 * MIB, 1, null]) {
    free = next;
    clock.advance(1000);
    await settle();
    seen.push(watch.isLow);
  }
  expect(seen).toEqual([false, true, true, false, false, true, false]);
  watch.stop();
  clock.advance(10_000);
  expect(lines.filter((text) => text.includes("nearly full"))).toHaveLength(2);
});
