import { expect, it } from "vitest";
import { readStoredEvent } from "./stored-event.ts";

it("an event that an earlier version wrote is read under its present name", () => {
  const played = { kind: "played", at: 1000, id: "p1", failure: null };
  expect(readStoredEvent(JSON.stringify(played))).toEqual({ ...played, kind: "playback_ended" });
});

it("an event of this version is read as it was written", () => {
  const event = { kind: "timer", at: 1000, id: "ring" };
  expect(readStoredEvent(JSON.stringify(event))).toEqual(event);
});
