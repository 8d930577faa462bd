import { isDeepStrictEqual } from "node:util";
import type { TestContext } from "vitest";
import { expect } from "vitest";
import { simulate } from "../../src/tools/simulator/simulate.ts";
import { LatenessMeter } from "../support/lateness.ts";
import type { Stage } from "./environment.ts";
import { essence } from "./essence.ts";

/** A machine that stalls for a moment may change a call's course; a real difference shows every time. */
const TRIES = 3;
/** ms. Scenarios keep their actions further apart than this; a machine that is later plays a different scenario. */
const LATE_MS = 60;

/**
 * Plays a scenario for real and compares it with its simulation. A difference that shows every time fails the test. If the
 * machine was late every time, the test proves nothing, and is skipped with a note saying how late.
 */
export async function expectAsSimulated(stage: Stage, name: string, { skip }: TestContext): Promise<void> {
  const expected = essence(simulate(stage.scenario(name)));
  const late: number[] = [];
  let real: unknown = null;
  for (let tried = 0; tried < TRIES; tried++) {
    const meter = new LatenessMeter();
    real = await stage.play(name).then(essence, (error: unknown) => error);
    late.push(meter.stop());
    if (isDeepStrictEqual(real, expected)) return;
  }
  const least = Math.min(...late);
  if (least > LATE_MS)
    skip(`the machine ran ${Math.round(least)} ms late in each of ${TRIES} tries: nothing is proved`);
  if (real instanceof Error) throw real;
  expect(real).toEqual(expected);
}
