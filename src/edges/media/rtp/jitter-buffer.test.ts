import { describe, expect, it } from "vitest";
import { FRAME_SAMPLES } from "../sound/frame.ts";
import { JitterBuffer } from "./jitter-buffer.ts";

/** The "codec" of these tests: code n decodes to sample n, so that what comes out tells which packet it was. */
const IDENTITY = Int16Array.from({ length: 256 }, (_, i) => i);

class Listener {
  readonly buffer = new JitterBuffer();
  readonly #frame = new Int16Array(FRAME_SAMPLES);

  /** Packet number n holds the value n, `samples` long. */
  put(n: number, samples = FRAME_SAMPLES, base = 0): void {
    this.buffer.put((base + n * samples) >>> 0, new Uint8Array(samples).fill(n), 0, samples, IDENTITY);
  }

  /** The values heard in one frame, 0 for plain silence. */
  take(): number {
    this.buffer.take(this.#frame);
    return this.#frame[FRAME_SAMPLES - 1] ?? -1;
  }

  takeMany(count: number): number[] {
    return Array.from({ length: count }, () => this.take());
  }
}

/** One packet, one tick, and so on. */
function steady(listener: Listener, from: number, to: number): number[] {
  const heard: number[] = [];
  for (let n = from; n <= to; n++) {
    listener.put(n);
    heard.push(listener.take());
  }
  return heard;
}

describe("JitterBuffer", () => {
  it("plays packets in order, one frame behind", () => {
    expect(steady(new Listener(), 1, 6)).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it("puts packets that overtook each other back in order", () => {
    const listener = new Listener();
    steady(listener, 1, 3);
    listener.put(5);
    expect(listener.take()).toBe(3);
    listener.put(4);
    listener.put(6);
    expect(listener.takeMany(3)).toEqual([4, 5, 6]);
  });

  it("plays a packet that came twice once", () => {
    const listener = new Listener();
    steady(listener, 1, 3);
    listener.put(3);
    listener.put(4);
    listener.put(4);
    expect(listener.takeMany(2)).toEqual([3, 4]);
  });

  it("papers over a lost packet, quieter, and keeps the time", () => {
    const listener = new Listener();
    steady(listener, 98, 100);
    listener.put(102);
    expect(listener.take()).toBe(100);
    listener.put(103);
    expect(listener.take()).toBe(50);
    listener.put(104);
    expect(listener.take()).toBe(102);
    expect(listener.buffer.concealed).toBe(1);
  });

  it("falls silent when nothing comes for longer than 60 ms", () => {
    const listener = new Listener();
    steady(listener, 98, 100);
    expect(listener.takeMany(6)).toEqual([100, 50, 25, 12, 0, 0]);
  });

  it.each([10, 30, 40])("takes packets of %i ms", (ms) => {
    const listener = new Listener();
    const samples = ms * 8;
    const heard = new Set<number>();
    for (let at = 0; at < 2400; at += 10) {
      if (at % ms === 0) listener.put(at / ms, samples);
      if (at % 20 === 0) heard.add(listener.take());
    }
    // Each packet is heard (the last sample of each frame shows every second packet of 10 ms), nothing is made up.
    const expected = ms === 10 ? 100 : (2400 - 100) / ms;
    expect(heard.size).toBeGreaterThan(expected);
    expect(listener.buffer.concealed).toBe(0);
    expect(listener.buffer.discarded).toBe(0);
  });

  it("goes on across the wrap of the timestamp", () => {
    const listener = new Listener();
    const base = 2 ** 32 - 3 * FRAME_SAMPLES;
    const heard: number[] = [];
    for (let n = 1; n <= 8; n++) {
      listener.put(n, FRAME_SAMPLES, base);
      heard.push(listener.take());
    }
    expect(heard).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  it("waits for a packet that is late instead of losing it, and plays all that follow", () => {
    const listener = new Listener();
    steady(listener, 10, 12);
    expect(listener.takeMany(2)).toEqual([12, 6]);
    listener.put(13);
    listener.put(14);
    expect(listener.take()).toBe(13);
    expect(steady(listener, 15, 17)).toEqual([14, 15, 16]);
    expect(listener.buffer.discarded).toBe(0);
  });

  it("discards what comes after its turn", () => {
    const listener = new Listener();
    steady(listener, 1, 3);
    listener.put(5);
    listener.put(6);
    listener.takeMany(3);
    listener.put(4);
    expect(listener.buffer.discarded).toBe(1);
    expect(listener.take()).toBe(6);
  });

  it("gives the delay of a stall back within a second", () => {
    const listener = new Listener();
    steady(listener, 1, 5);
    listener.takeMany(8);
    for (let n = 6; n <= 13; n++) listener.put(n);
    expect(listener.buffer.depth).toBeGreaterThanOrEqual(8 * FRAME_SAMPLES);
    steady(listener, 14, 64);
    expect(listener.buffer.depth).toBeLessThanOrEqual(3 * FRAME_SAMPLES);
  });

  it("never keeps more than 300 ms", () => {
    const listener = new Listener();
    for (let n = 0; n < 40; n++) {
      listener.put(n);
      expect(listener.buffer.depth).toBeLessThanOrEqual(300 * 8);
    }
  });

  it("goes on at once when the sender pauses and his timestamps go on without packets", () => {
    const listener = new Listener();
    steady(listener, 1, 5);
    listener.takeMany(20);
    listener.put(100);
    expect(listener.take()).toBe(0);
    listener.put(101);
    expect(listener.takeMany(2)).toEqual([100, 101]);
  });

  it("follows a sender whose timestamps jump far ahead, or back", () => {
    const listener = new Listener();
    steady(listener, 1, 3);
    const base = 5_000_000;
    for (let n = 1; n <= 3; n++) {
      listener.put(n, FRAME_SAMPLES, base);
      listener.take();
    }
    expect(listener.take()).toBe(3);
    const heard: number[] = [];
    for (let n = 1; n <= 15; n++) {
      listener.put(n);
      heard.push(listener.take());
    }
    expect(heard.slice(-3)).toEqual([12, 13, 14]);
  });

  it.each([0.9995, 1.0005])("keeps its depth for ten minutes when the sender's clock runs at %f of ours", (speed) => {
    const listener = new Listener();
    let sent = 0;
    let deepest = 0;
    for (let tick = 1; tick <= 30_000; tick++) {
      for (; sent < tick * speed; sent++) {
        const n = (sent % 200) + 1;
        listener.put(n, FRAME_SAMPLES, (sent - n) * FRAME_SAMPLES);
      }
      listener.take();
      if (tick > 200) deepest = Math.max(deepest, listener.buffer.depth);
    }
    expect(deepest).toBeLessThanOrEqual(3 * FRAME_SAMPLES);
    expect(listener.buffer.concealed).toBeLessThan(60);
  });

  it("ignores packets without audio and packets longer than 200 ms", () => {
    const listener = new Listener();
    listener.put(1, 0);
    listener.put(1, 1601);
    expect(listener.buffer.depth).toBe(0);
  });
});
