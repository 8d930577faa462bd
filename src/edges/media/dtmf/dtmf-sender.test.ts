import { describe, expect, it } from "vitest";
import { DtmfSender } from "./dtmf-sender.ts";

/** What is sent in `count` ticks: audio as ".", a digit as its code, its first packet as "<", its ends as ">". */
function ticks(sender: DtmfSender, count: number): string {
  let out = "";
  for (let i = 0; i < count; i++) {
    const frame = sender.next();
    if (frame === null) out += ".";
    else out += frame.first ? "<" : frame.end ? ">" : String(frame.event);
  }
  return out;
}

describe("DtmfSender", () => {
  it("sends each digit for 100 ms, ends it three times, and pauses 100 ms before the next", () => {
    const sender = new DtmfSender();
    sender.enqueue("12");
    expect(ticks(sender, 24)).toBe("<1111>>>.....<2222>>>...");
  });

  it("counts the duration up, and repeats the whole of it in every end packet", () => {
    const sender = new DtmfSender();
    sender.enqueue("#");
    const durations = Array.from({ length: 8 }, () => sender.next()?.duration);
    expect(durations).toEqual([160, 320, 480, 640, 800, 800, 800, 800]);
  });

  it("skips what is not a digit, accepts small letters", () => {
    const sender = new DtmfSender();
    sender.enqueue("x d-");
    expect(sender.next()?.event).toBe(15);
    ticks(sender, 30);
    expect(sender.idle).toBe(true);
  });

  it("sends a relayed digit until it is ended, at least 60 ms", () => {
    const long = new DtmfSender();
    long.startDigit(7);
    const sent = ticks(long, 10);
    long.endDigit();
    expect(sent + ticks(long, 5)).toBe("<777777777>>>..");
    const short = new DtmfSender();
    short.startDigit(7);
    short.endDigit();
    expect(ticks(short, 8)).toBe("<77>>>..");
  });

  it("ends a relayed digit by itself after five seconds", () => {
    const sender = new DtmfSender();
    sender.startDigit(7);
    expect(ticks(sender, 260)).toBe(`<${"7".repeat(249)}>>>.......`);
  });
});
