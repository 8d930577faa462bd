import { afterAll, beforeAll, describe, it } from "vitest";
import { expectAsSimulated } from "./compare.ts";
import { Stage } from "./environment.ts";
import { randomScenarios } from "./random-scenarios.ts";

const SCENARIOS = 200;
const SEED = 20_260_105;

const scripts = randomScenarios(SCENARIOS, SEED);
const stage = new Stage(scripts);

beforeAll(() => stage.start());
afterAll(() => stage.stop());

describe("a random scenario ends over real SIP, RTP and HTTP as it ends in the simulator", () => {
  it.concurrent.for(scripts)("$name", ({ name }, context) => expectAsSimulated(stage, name, context));
});
