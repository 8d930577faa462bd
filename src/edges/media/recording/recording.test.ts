import { beforeEach, describe, expect, it } from "vitest";
import { FRAME_SAMPLES } from "../sound/frame.ts";
import { Recording, type RecordingEnd, type RecordingSettings } from "./recording.ts";
import type { RecordingFile } from "./recording-file.ts";
import { parseWav, WAV_HEADER_BYTES } from "../sound/wav.ts";

/** A disk that completes one write at a time, when the test calls `step`. */
class ManualDisk implements RecordingFile {
  content = Buffer.alloc(0);
  closed = false;
  failure: Error | null = null;
  readonly #queue: (() => void)[] = [];

  write(bytes: Uint8Array, position: number, done: (failure: Error | null) => void): void {
    this.#queue.push(() => {
      if (this.failure === null) {
        const grown = Buffer.alloc(Math.max(this.content.length, position + bytes.length));
        this.content.copy(grown);
        grown.set(bytes, position);
        this.content = grown;
      }
      done(this.failure);
    });
  }

  close(done: () => void): void {
    this.closed = true;
    done();
  }

  /** False if nothing is waiting. */
  step(): boolean {
    const next = this.#queue.shift();
    next?.();
    return next !== undefined;
  }

  finish(): void {
    while (this.step());
  }
}

let disk = new ManualDisk();
let ends: RecordingEnd[] = [];
let opened = (): void => {};

beforeEach(() => {
  disk = new ManualDisk();
  ends = [];
});

function recording(options: Partial<RecordingSettings> = {}): Recording {
  return new Recording({
    path: "/r.wav",
    layout: "mono",
    maxMs: null,
    silenceMs: null,
    open: (_, done) => {
      opened = () => done(disk, null);
    },
    ended: (end) => ends.push(end),
    ...options,
  });
}

function constant(value: number): Int16Array {
  return new Int16Array(FRAME_SAMPLES).fill(value);
}

function feed(target: Recording, ms: number, ...frames: (Int16Array | null)[]): void {
  for (let i = 0; i < ms / 20; i++) target.frame(frames);
}

describe("Recording", () => {
  it("is a valid file of what is on disk at every moment", () => {
    const target = recording({ layout: "dual" });
    opened();
    const moments: number[] = [];
    for (let second = 0; second < 3; second++) {
      feed(target, 1000, constant(5), constant(-5));
      while (disk.step()) {
        const stated = disk.content.readUInt32LE(40);
        expect(disk.content.length - WAV_HEADER_BYTES).toBeGreaterThanOrEqual(stated);
        expect(disk.content.readUInt32LE(4)).toBe(stated + 36);
        moments.push(stated);
      }
    }
    expect(moments).toEqual([0, 0, 32_000, 32_000, 64_000, 64_000, 96_000]);
  });

  it("mixes to one channel with clipping", () => {
    const target = recording();
    opened();
    feed(target, 40, constant(1000), constant(-300));
    feed(target, 20, constant(30_000), constant(30_000));
    feed(target, 20, null, null);
    target.stop("stopped");
    disk.finish();
    const wav = parseWav(disk.content);
    expect([0, 319, 320, 480].map((i) => wav.sample(i))).toEqual([700, 700, 32_767, 0]);
    expect(ends).toEqual([{ durationMs: 80, bytes: 44 + 1280, reason: "stopped", failure: null }]);
    expect(disk.closed).toBe(true);
  });

  it("keeps each leg in its channel, with silence where one is absent", () => {
    const target = recording({ layout: "dual" });
    opened();
    feed(target, 20, constant(7), null);
    feed(target, 20, null, constant(9));
    target.stop("stopped");
    disk.finish();
    const at = (i: number): number[] => [0, 2].map((byte) => disk.content.readInt16LE(44 + 4 * i + byte));
    expect([at(0), at(159), at(160), at(319)]).toEqual([
      [7, 0],
      [7, 0],
      [0, 9],
      [0, 9],
    ]);
  });

  it("closes by itself exactly at its limit", () => {
    const target = recording({ maxMs: 1510 });
    opened();
    feed(target, 3000, constant(1));
    disk.finish();
    expect(ends).toEqual([{ durationMs: 1510, bytes: 44 + 1510 * 16, reason: "max", failure: null }]);
  });

  it("closes by itself after silence, counted from the last speech", () => {
    const target = recording({ silenceMs: 1000 });
    opened();
    feed(target, 900, constant(10));
    feed(target, 20, constant(2000));
    feed(target, 980, null);
    expect(target.closing).toBe(false);
    feed(target, 20, constant(10));
    disk.finish();
    expect(ends[0]).toMatchObject({ durationMs: 1920, reason: "silence" });
  });

  it("records silence while it is paused, gets no shorter, and does not take the pause for the end of speech", () => {
    const target = recording({ silenceMs: 1000 });
    opened();
    feed(target, 20, constant(5000));
    target.pause(true);
    feed(target, 2000, constant(5000));
    target.pause(false);
    feed(target, 20, constant(5000));
    target.stop("stopped");
    disk.finish();
    const wav = parseWav(disk.content);
    expect([0, 159, 160, 160 + 15_999, 160 + 16_000].map((i) => wav.sample(i))).toEqual([5000, 5000, 0, 0, 5000]);
    expect(ends).toMatchObject([{ durationMs: 2040, reason: "stopped" }]);
  });

  it("is as long as the call when ticks were missed", () => {
    const target = recording();
    opened();
    feed(target, 100, constant(1));
    target.skip(10);
    feed(target, 100, constant(1));
    target.stop("stopped");
    disk.finish();
    expect(ends[0]?.durationMs).toBe(400);
  });

  it("can be stopped before the file is open, and loses nothing", () => {
    const target = recording();
    feed(target, 200, constant(1));
    target.stop("stopped");
    opened();
    disk.finish();
    expect(ends[0]).toMatchObject({ durationMs: 200, failure: null });
  });

  it("ends once when the file can't be created", () => {
    recording({ open: (_, done) => (opened = () => done(null, new Error("EACCES: permission denied"))) });
    opened();
    expect(ends).toEqual([{ durationMs: 0, bytes: 0, reason: "failed", failure: "EACCES: permission denied" }]);
  });

  it("ends on a full disk, with a file that can be played", () => {
    const target = recording();
    opened();
    feed(target, 1000, constant(1));
    disk.finish();
    disk.failure = new Error("ENOSPC: no space left on device");
    feed(target, 2000, constant(1));
    disk.finish();
    target.stop("stopped");
    expect(ends).toEqual([
      { durationMs: 1000, bytes: 44 + 16_000, reason: "failed", failure: "ENOSPC: no space left on device" },
    ]);
    expect(parseWav(disk.content).length).toBe(8000);
  });

  it("ends when the disk hangs, after ten seconds of audio in memory", () => {
    const target = recording();
    opened();
    feed(target, 60_000, constant(1));
    expect(target.closing).toBe(true);
    expect(target.durationMs).toBeLessThanOrEqual(12_000);
    disk.finish();
    expect(ends).toHaveLength(1);
    expect(ends[0]).toMatchObject({ reason: "failed", failure: "disk too slow" });
  });
});
