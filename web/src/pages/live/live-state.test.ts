import { describe, expect, it } from "vitest";
import { liveStateOf } from "./live-state.ts";

describe("the state of a live call in words", () => {
  it.each([
    ["dialing", null, ["sip:priya@acme", "+919900000011"], "Ringing priya, +919900000011"],
    ["talking", null, ["+919900000011"], "Talking to +919900000011"],
    ["placing", null, ["+919812345678"], "Ringing +919812345678 first"],
    ["in_flow", { name: "main", type: "menu" }, [], "In a menu"],
    ["in_flow", { name: "hours", type: "time_condition" }, [], "In “hours”"],
    ["in_flow", null, [], "In the flow"],
  ] as const)("%s %j with %j: %s", (phase, applet, others, text) => {
    expect(liveStateOf({ phase, applet, with: others }).text).toBe(text);
  });
});
