import { afterAll, beforeAll, describe, it } from "vitest";
import { expectAsSimulated } from "./compare.ts";
import { Stage, scenarioFiles } from "./environment.ts";

const scripts = scenarioFiles();
const stage = new Stage(scripts);

beforeAll(() => stage.start());
afterAll(() => stage.stop());

describe("a scenario ends over real SIP, RTP and HTTP as it ends in the simulator", () => {
  it.concurrent.for(scripts)("$name", ({ name }, context) => expectAsSimulated(stage, name, context));
});
