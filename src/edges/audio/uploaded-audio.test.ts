import { mkdir, mkdtemp, rm, symlink, truncate, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { silentLog } from "../../base/log.ts";
import { VirtualClock } from "../../base/virtual-clock.ts";
import { decodeAudio } from "./decode/decode.ts";
import { AudioCache } from "./audio-cache.ts";
import { phoneWav } from "./testing/sounds.ts";
import { UploadedAudio } from "./uploaded-audio.ts";
import type { AudioJob } from "./audio-worker.ts";

let folder: string;
let decoded = 0;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "plugboard-uploads-"));
  await mkdir(join(folder, "audio"));
  decoded = 0;
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function uploads(): Promise<UploadedAudio> {
  const cache = await AudioCache.open({ folder: join(folder, "cache"), clock: new VirtualClock(), log: silentLog });
  const process = (work: AudioJob) => {
    decoded++;
    return decodeAudio(Buffer.from(work.kind === "decode" ? work.file : []));
  };
  return new UploadedAudio(join(folder, "audio"), { process }, cache, new VirtualClock());
}

async function resultOf(name: string): Promise<string | number> {
  const got = await (await uploads()).get(name);
  return got.ok ? got.value.durationMs : got.error;
}

describe("uploaded audio files", () => {
  it("APP-1: are found by name and decoded once", async () => {
    await writeFile(join(folder, "audio", "hello.wav"), phoneWav(1000, 1));
    const audio = await uploads();
    const clips = await Promise.all([audio.get("hello.wav"), audio.get("hello.wav")]);
    expect(clips.map((clip) => clip.ok && clip.value.durationMs)).toEqual([1000, 1000]);
    expect((await audio.get("hello.wav")).ok).toBe(true);
    expect(decoded).toBe(1);
  });

  it("are decoded again when they change", async () => {
    const audio = await uploads();
    const path = join(folder, "audio", "hello.wav");
    await writeFile(path, phoneWav(1000, 1));
    await audio.get("hello.wav");
    await writeFile(path, phoneWav(1000, 2));
    await utimes(path, new Date(), new Date(Date.now() + 1000));
    const again = await audio.get("hello.wav");
    expect(again.ok && again.value.durationMs).toBe(2000);
  });

  it.each(["../secret.wav", "/etc/passwd", "..", ".hidden.wav", "a/b.wav", "", "a\0.wav", "a".repeat(129)])(
    "%j is not a file name",
    async (name) => {
      await writeFile(join(folder, "secret.wav"), phoneWav(1000, 1));
      expect(await resultOf(name)).toBe(`audio file ${name} is not a plain file name`);
    },
  );

  it("a link that leads out of the folder is refused", async () => {
    await writeFile(join(folder, "secret.wav"), phoneWav(1000, 1));
    await symlink(join(folder, "secret.wav"), join(folder, "audio", "link.wav"));
    expect(await resultOf("link.wav")).toBe("audio file link.wav leads out of the folder of audio files");
  });

  it("a file that is missing, is not a file, is too large or is not audio is reported as such", async () => {
    expect(await resultOf("none.wav")).toBe(`audio file none.wav is not in ${join(folder, "audio")}`);
    await mkdir(join(folder, "audio", "folder"));
    expect(await resultOf("folder")).toBe("audio file folder cannot be read (EISDIR)");
    await writeFile(join(folder, "audio", "notes.wav"), "remember the milk");
    expect(await resultOf("notes.wav")).toBe("audio file notes.wav is text, not audio");
    await writeFile(join(folder, "audio", "huge.wav"), "");
    await truncate(join(folder, "audio", "huge.wav"), 200 * 1024 * 1024);
    expect(await resultOf("huge.wav")).toBe("audio file huge.wav is larger than 108 MiB");
  });

  it("a workspace without the folder has no files", async () => {
    await rm(join(folder, "audio"), { recursive: true });
    expect(await resultOf("hello.wav")).toBe(`audio file hello.wav is not in ${join(folder, "audio")}`);
  });
});
