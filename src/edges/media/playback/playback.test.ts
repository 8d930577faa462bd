import { describe, expect, it } from "vitest";
import { FRAME_SAMPLES } from "../sound/frame.ts";
import { Playback } from "./playback.ts";
import type { PlayItem } from "../process/protocol.ts";

const FILES: Readonly<Record<string, Int16Array>> = {
  ones: new Int16Array(200).fill(1),
  twos: new Int16Array(100).fill(2),
  empty: new Int16Array(0),
};

async function load(path: string): Promise<Int16Array> {
  const samples = FILES[path];
  if (samples === undefined) throw new Error(`no file ${path}`);
  return samples;
}

async function playback(items: readonly PlayItem[], loop = false): Promise<Playback> {
  const made = new Playback(items, loop, load);
  await Promise.resolve();
  await Promise.resolve();
  return made;
}

/** The samples until the end, at most `frames` frames. */
function samplesOf(target: Playback, frames = 10): number[] {
  const samples: number[] = [];
  for (let i = 0; i < frames && target.next(); i++) samples.push(...target.frame);
  return samples;
}

/** `count` times `value`. */
function times(count: number, value: number): number[] {
  return Array.from({ length: count }, () => value);
}

describe("Playback", () => {
  it("plays its items one after the other without a gap, the last frame filled up with silence", async () => {
    const samples = samplesOf(await playback([{ path: "ones" }, { path: "twos" }, { silenceMs: 5 }]));
    expect(samples.slice(0, 300)).toEqual([...times(200, 1), ...times(100, 2)]);
    expect(samples.slice(300)).toEqual(times(180, 0));
  });

  it("starts over without a gap when it loops", async () => {
    const samples = samplesOf(await playback([{ path: "ones" }, { path: "twos" }], true), 4);
    expect(samples).toEqual([...times(200, 1), ...times(100, 2), ...times(200, 1), ...times(100, 2), ...times(40, 1)]);
  });

  it("plays silence while a file is loading", async () => {
    const target = new Playback([{ path: "twos" }], false, load);
    expect(target.next()).toBe(true);
    expect([...target.frame]).toEqual(times(FRAME_SAMPLES, 0));
    await Promise.resolve();
    await Promise.resolve();
    expect(samplesOf(target).slice(0, 100)).toEqual(times(100, 2));
    expect(target.failure).toBeNull();
  });

  it("ends with the reason when a file can't be loaded", async () => {
    const target = await playback([{ path: "ones" }, { path: "none" }]);
    expect(samplesOf(target)).toEqual([]);
    expect(target.failure).toBe("no file none");
  });

  it("ends instead of looping forever when there is nothing to play", async () => {
    for (const items of [[], [{ path: "empty" }, { silenceMs: 0 }]]) {
      const target = await playback(items, true);
      expect(samplesOf(target)).toEqual([]);
      expect(target.failure).toBe("nothing to play");
    }
  });

  it("skips an empty file among others", async () => {
    const target = await playback([{ path: "empty" }, { path: "twos" }, { path: "empty" }]);
    expect(samplesOf(target).slice(0, 100)).toEqual(times(100, 2));
    expect(target.failure).toBeNull();
  });

  it("drops the audio of missed ticks", async () => {
    const target = await playback([{ path: "ones" }, { path: "twos" }]);
    target.skip(1);
    expect(samplesOf(target).slice(0, 140)).toEqual([...times(40, 1), ...times(100, 2)]);
  });
});
