import { describe, expect, it } from "vitest";
import { DIALS_NOBODY } from "../../call/applet.ts";
import { Drive } from "../../engine/testing/drive.ts";
import { hangup } from "./hangup.ts";

const GREET = { type: "greeting", say: { text: "Goodbye" }, next: "bye" };

describe("a hangup", () => {
  it("APP-8: ends the call of a caller who was answered", () => {
    const call = new Drive({ flow: { flow: "1", start: "greet", applets: { greet: GREET, bye: { type: "hangup" } } } });
    call.played();
    expect(call.kinds.slice(-2)).toEqual(["hang_up", "end"]);
    expect(call.of("hang_up")).toEqual([{ kind: "hang_up", leg: 1 }]);
    expect(call.of("end")[0]?.record).toMatchObject({ status: "completed", ended_by: "platform" });
  });

  it("APP-8: refuses a caller who was not answered", () => {
    const call = new Drive({ flow: { flow: "1", start: "bye", applets: { bye: { type: "hangup" } } } });
    expect(call.of("reject")).toEqual([{ kind: "reject", sip: 603 }]);
    expect(call.of("answer")).toEqual([]);
  });

  it("has no exits, and takes no time", () => {
    const document = hangup.schema.parse({ type: "hangup" });
    expect(hangup.exits(document)).toEqual([]);
    const silentBecause = "It ends the call at once.";
    expect(hangup.times(document)).toEqual({ ...DIALS_NOBODY, silenceMs: 0, silentBecause });
  });
});
