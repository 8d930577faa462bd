import { describe, expect, it } from "vitest";
import { DtmfSender } from "./dtmf-sender.ts";

/** What goes out in so many ticks: audio as ".", a key as its code, its first packet in "<", its ends in ">". */
function ticks(sender: DtmfSender, count: number): string {
  let out = "";
  for (let i = 0; i < count; i++) {
    const frame = sender.next();
    if (frame === null) out += ".";
    else out += frame.first ? "<" : frame.end ? ">" : String(frame.event);
  }
  return out;
}

describe("KeySender", () => {
  it("presses 100 ms, ends three times, and pauses 100 ms before the next key", () => {
    const sender = new DtmfSender();
    sender.enqueue("12");
    expect(ticks(sender, 24)).toBe("<1111>>>.....<2222>>>...");
  });

  it("states the growing duration, and in all ends the whole", () => {
    const sender = new DtmfSender();
    sender.enqueue("#");
    const durations = Array.from({ length: 8 }, () => sender.next()?.duration);
    expect(durations).toEqual([160, 320, 480, 640, 800, 800, 800, 800]);
  });

  it("passes over what is no key, takes small letters", () => {
    const sender = new DtmfSender();
    sender.enqueue("x d-");
    expect(sender.next()?.event).toBe(15);
    ticks(sender, 30);
    expect(sender.idle).toBe(true);
  });

  it("holds a relayed key until it is released, at least 60 ms", () => {
    const long = new DtmfSender();
    long.press(7);
    const pressed = ticks(long, 10);
    long.release();
    expect(pressed + ticks(long, 5)).toBe("<777777777>>>..");
    const short = new DtmfSender();
    short.press(7);
    short.release();
    expect(ticks(short, 8)).toBe("<77>>>..");
  });

  it("lets go of a relayed key that nobody releases after five seconds", () => {
    const sender = new DtmfSender();
    sender.press(7);
    expect(ticks(sender, 260)).toBe(`<${"7".repeat(249)}>>>.......`);
  });
});
