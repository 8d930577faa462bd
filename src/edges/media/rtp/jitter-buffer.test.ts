import { describe, expect, it } from "vitest";
import { FRAME_SAMPLES } from "../sound/frame.ts";
import { JitterBuffer } from "./jitter-buffer.ts";

/** The "codec" of these tests: code n decodes to sample n, so that the output shows which packet it came from. */
const IDENTITY = Int16Array.from({ length: 256 }, (_, i) => i);

class Player {
  readonly buffer = new JitterBuffer();
  readonly #frame = new Int16Array(FRAME_SAMPLES);

  /** Packet number n holds the value n, `samples` long. */
  put(n: number, samples = FRAME_SAMPLES, base = 0): void {
    this.buffer.put((base + n * samples) >>> 0, new Uint8Array(samples).fill(n), 0, samples, IDENTITY);
  }

  /** The values in one frame, 0 for silence. */
  take(): number {
    this.buffer.take(this.#frame);
    return this.#frame[FRAME_SAMPLES - 1] ?? -1;
  }

  takeMany(count: number): number[] {
    return Array.from({ length: count }, () => this.take());
  }
}

/** One packet, one tick, and so on. */
function steady(player: Player, from: number, to: number): number[] {
  const played: number[] = [];
  for (let n = from; n <= to; n++) {
    player.put(n);
    played.push(player.take());
  }
  return played;
}

describe("JitterBuffer", () => {
  it("plays packets in order, one frame behind", () => {
    expect(steady(new Player(), 1, 6)).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it("puts packets that overtook each other back in order", () => {
    const player = new Player();
    steady(player, 1, 3);
    player.put(5);
    expect(player.take()).toBe(3);
    player.put(4);
    player.put(6);
    expect(player.takeMany(3)).toEqual([4, 5, 6]);
  });

  it("plays a duplicated packet once", () => {
    const player = new Player();
    steady(player, 1, 3);
    player.put(3);
    player.put(4);
    player.put(4);
    expect(player.takeMany(2)).toEqual([3, 4]);
  });

  it("conceals a lost packet, quieter, and keeps the time", () => {
    const player = new Player();
    steady(player, 98, 100);
    player.put(102);
    expect(player.take()).toBe(100);
    player.put(103);
    expect(player.take()).toBe(50);
    player.put(104);
    expect(player.take()).toBe(102);
    expect(player.buffer.concealed).toBe(1);
  });

  it("falls silent when nothing comes for longer than 60 ms", () => {
    const player = new Player();
    steady(player, 98, 100);
    expect(player.takeMany(6)).toEqual([100, 50, 25, 12, 0, 0]);
  });

  it.each([10, 30, 40])("accepts packets of %i ms", (ms) => {
    const player = new Player();
    const samples = ms * 8;
    const played = new Set<number>();
    for (let at = 0; at < 2400; at += 10) {
      if (at % ms === 0) player.put(at / ms, samples);
      if (at % 20 === 0) played.add(player.take());
    }
    // Each packet is played (the last sample of each frame shows every second packet of 10 ms), nothing is concealed.
    const expected = ms === 10 ? 100 : (2400 - 100) / ms;
    expect(played.size).toBeGreaterThan(expected);
    expect(player.buffer.concealed).toBe(0);
    expect(player.buffer.discarded).toBe(0);
  });

  it("continues when the timestamp wraps", () => {
    const player = new Player();
    const base = 2 ** 32 - 3 * FRAME_SAMPLES;
    const played: number[] = [];
    for (let n = 1; n <= 8; n++) {
      player.put(n, FRAME_SAMPLES, base);
      played.push(player.take());
    }
    expect(played).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  it("waits for a packet that is late instead of losing it, and plays all that follow", () => {
    const player = new Player();
    steady(player, 10, 12);
    expect(player.takeMany(2)).toEqual([12, 6]);
    player.put(13);
    player.put(14);
    expect(player.take()).toBe(13);
    expect(steady(player, 15, 17)).toEqual([14, 15, 16]);
    expect(player.buffer.discarded).toBe(0);
  });

  it("discards packets that come after their turn", () => {
    const player = new Player();
    steady(player, 1, 3);
    player.put(5);
    player.put(6);
    player.takeMany(3);
    player.put(4);
    expect(player.buffer.discarded).toBe(1);
    expect(player.take()).toBe(6);
  });

  it("removes the delay of a stall within a second", () => {
    const player = new Player();
    steady(player, 1, 5);
    player.takeMany(8);
    for (let n = 6; n <= 13; n++) player.put(n);
    expect(player.buffer.depth).toBeGreaterThanOrEqual(8 * FRAME_SAMPLES);
    steady(player, 14, 64);
    expect(player.buffer.depth).toBeLessThanOrEqual(3 * FRAME_SAMPLES);
  });

  it("never keeps more than 300 ms", () => {
    const player = new Player();
    for (let n = 0; n < 40; n++) {
      player.put(n);
      expect(player.buffer.depth).toBeLessThanOrEqual(300 * 8);
    }
  });

  it("continues at once after a pause in which the sender's timestamps continued", () => {
    const player = new Player();
    steady(player, 1, 5);
    player.takeMany(20);
    player.put(100);
    expect(player.take()).toBe(0);
    player.put(101);
    expect(player.takeMany(2)).toEqual([100, 101]);
  });

  it("follows a sender whose timestamps jump far ahead, or back", () => {
    const player = new Player();
    steady(player, 1, 3);
    const base = 5_000_000;
    for (let n = 1; n <= 3; n++) {
      player.put(n, FRAME_SAMPLES, base);
      player.take();
    }
    expect(player.take()).toBe(3);
    const played: number[] = [];
    for (let n = 1; n <= 15; n++) {
      player.put(n);
      played.push(player.take());
    }
    expect(played.slice(-3)).toEqual([12, 13, 14]);
  });

  it.each([0.9995, 1.0005])("keeps its depth for ten minutes when the sender's clock runs at %f of ours", (speed) => {
    const player = new Player();
    let sent = 0;
    let deepest = 0;
    for (let tick = 1; tick <= 30_000; tick++) {
      for (; sent < tick * speed; sent++) {
        const n = (sent % 200) + 1;
        player.put(n, FRAME_SAMPLES, (sent - n) * FRAME_SAMPLES);
      }
      player.take();
      if (tick > 200) deepest = Math.max(deepest, player.buffer.depth);
    }
    expect(deepest).toBeLessThanOrEqual(3 * FRAME_SAMPLES);
    expect(player.buffer.concealed).toBeLessThan(60);
  });

  it("ignores packets without audio and packets longer than 200 ms", () => {
    const player = new Player();
    player.put(1, 0);
    player.put(1, 1601);
    expect(player.buffer.depth).toBe(0);
  });
});
