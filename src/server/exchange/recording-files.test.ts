import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { blockBytes, parseWav, wavHeader } from "../../edges/media/sound/wav.ts";
import { RecordingFiles } from "./recording-files.ts";

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "recordings-"));
  mkdirSync(join(folder, "acme"));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The recordings of a call whose media process is gone. */
function filesWithoutMedia() {
  const told: string[] = [];
  const ready = Promise.withResolvers<readonly [string, number, string | null]>();
  const files = new RecordingFiles({
    callSid: "sid",
    account: "acme",
    recordingsDir: folder,
    media: { record: () => void told.push("record"), stopRecording: () => void told.push("stop") },
    onReady: (...args) => ready.resolve(args),
  });
  return { files, told, ready: ready.promise };
}

it("A9: when media is gone, a recording is as long as what is on disk, and its file plays", async () => {
  const audio = Buffer.alloc(19 * 8000 * blockBytes(1));
  writeFileSync(join(folder, "acme", "r1.wav"), Buffer.concat([wavHeader(1, 0), audio]));
  const { files, told, ready } = filesWithoutMedia();
  files.keepInMedia(new Set());
  files.stop("r1");
  expect(await ready).toEqual(["r1", 19_000, null]);
  expect(parseWav(readFileSync(join(folder, "acme", "r1.wav"))).length).toBe(19 * 8000);
  expect(told).toEqual([]);
});

it("A9: a recording of which nothing was written is an empty file", async () => {
  const { files, ready } = filesWithoutMedia();
  files.keepInMedia(new Set());
  files.stop("r2");
  expect(await ready).toEqual(["r2", 0, null]);
});

it("A9: a file that is no recording is named as the failure", async () => {
  writeFileSync(join(folder, "acme", "r3.wav"), "x".repeat(100));
  const { files, ready } = filesWithoutMedia();
  files.keepInMedia(new Set());
  files.stop("r3");
  expect((await ready)[2]).toMatch(/can't be used/);
});

it("a recording that media still writes is closed by media", () => {
  const { files, told } = filesWithoutMedia();
  files.stop("r4");
  files.keepInMedia(new Set(["r4"]));
  files.stop("r4");
  expect(told).toEqual(["stop", "stop"]);
});
