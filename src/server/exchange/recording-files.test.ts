import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { blockBytes, parseWav, wavHeader } from "../../edges/media/sound/wav.ts";
import { CallRig } from "../../../test/support/call-rig.ts";
import { ANSWER } from "../../edges/sip/testing/rig.ts";
import { RecordingFiles } from "./recording-files.ts";

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "recordings-"));
  mkdirSync(join(folder, "acme"));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The recordings of a call whose media process has died. */
function filesWithoutMedia() {
  const operations: string[] = [];
  const ready = Promise.withResolvers<readonly [string, number, string | null]>();
  const files = new RecordingFiles({
    callSid: "sid",
    account: "acme",
    recordingsDir: folder,
    media: {
      record: () => void operations.push("record"),
      stopRecording: () => void operations.push("stop"),
      pauseRecording: () => void operations.push("pause"),
    },
    onReady: (...args) => ready.resolve(args),
  });
  return { files, operations, ready: ready.promise };
}

it("A9: after media has died, a recording is as long as what is on disk, and its file plays", async () => {
  const audio = Buffer.alloc(19 * 8000 * blockBytes(1));
  writeFileSync(join(folder, "acme", "r1.wav"), Buffer.concat([wavHeader(1, 0), audio]));
  const { files, operations, ready } = filesWithoutMedia();
  files.keepInMedia(new Set());
  files.stop("r1");
  expect(await ready).toEqual(["r1", 19_000, null]);
  expect(parseWav(readFileSync(join(folder, "acme", "r1.wav"))).length).toBe(19 * 8000);
  expect(operations).toEqual([]);
});

it("A9: a recording that media was stopping when it died is closed from what is on disk", async () => {
  writeFileSync(join(folder, "acme", "r5.wav"), Buffer.concat([wavHeader(1, 0), Buffer.alloc(8000 * blockBytes(1))]));
  const { files, operations, ready } = filesWithoutMedia();
  files.stop("r5");
  files.keepInMedia(new Set());
  expect(await ready).toEqual(["r5", 1000, null]);
  expect(operations).toEqual(["stop"]);
});

it("a recording whose end media reported is not closed again when media dies", async () => {
  const { files, ready } = filesWithoutMedia();
  files.stop("closed");
  files.closed("closed");
  files.stop("r6");
  files.keepInMedia(new Set());
  expect(await ready).toEqual(["r6", 0, null]);
});

it("A9: a recording with nothing written becomes an empty file", async () => {
  const { files, ready } = filesWithoutMedia();
  files.keepInMedia(new Set());
  files.stop("r2");
  expect(await ready).toEqual(["r2", 0, null]);
});

it("A9: a file that is not a recording is reported as the failure", async () => {
  writeFileSync(join(folder, "acme", "r3.wav"), "x".repeat(100));
  const { files, ready } = filesWithoutMedia();
  files.keepInMedia(new Set());
  files.stop("r3");
  expect((await ready)[2]).toMatch(/can't be used/);
});

it("A9: the record of a call whose media process died says how long its recording is", async () => {
  const stage = await CallRig.start({ recordingsDir: folder, parameters: { record: true } });
  await stage.call();
  stage.callee.respond(stage.callee.request("INVITE"), 200, { toTag: "a", body: ANSWER });
  await stage.pass(50);
  const file = stage.media.ops
    .find((op) => op.startsWith("record "))
    ?.split(" ")
    .find((word) => word.endsWith(".wav"));
  mkdirSync(join(folder, "acct"), { recursive: true });
  writeFileSync(file ?? "", Buffer.concat([wavHeader(1, 0), Buffer.alloc(3 * 8000 * blockBytes(1))]));
  stage.exchange.mediaLost(stage.media.client);
  await new Promise((resolve) => setTimeout(resolve, 200));
  await stage.pass(50);
  expect(stage.store.trace().find(({ type }) => type === "recording.closed")).toMatchObject({
    duration_ms: 3000,
    failure: null,
  });
});

it("a recording that media is still writing is closed by media", () => {
  const { files, operations } = filesWithoutMedia();
  files.stop("r4");
  files.keepInMedia(new Set(["r4"]));
  files.stop("r4");
  expect(operations).toEqual(["stop", "stop"]);
});
