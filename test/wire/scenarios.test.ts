import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { simulate } from "../../src/tools/simulator/simulate.ts";
import { essence } from "./essence.ts";
import { Stage, scenarioFiles } from "./environment.ts";

const scripts = scenarioFiles();
const stage = new Stage(scripts);

beforeAll(() => stage.start());
afterAll(() => stage.stop());

/** A machine that stalls for a moment may change a call's course once; a true difference shows each time. */
const AGAIN = { retry: 2 };

describe("a scenario ends over real SIP, RTP and HTTP as it ends in the simulator", () => {
  it.concurrent.each(scripts)("$name", AGAIN, async ({ name }) => {
    const real = await stage.play(name);
    expect(essence(real)).toEqual(essence(simulate(stage.scenario(name))));
  });
});
