import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { silentLog } from "../../base/log.ts";
import { err, ok } from "../../base/result.ts";
import { VirtualClock } from "../../base/virtual-clock.ts";
import { AudioCache } from "./audio-cache.ts";
import { SpokenTexts } from "./spoken-texts.ts";
import type { SpeechEngine } from "./speech/speech-engine.ts";
import { MAX_SPOKEN_CHARACTERS } from "./speech/speech-engine.ts";

const HOUR_MS = 3_600_000;

let folder: string;
let clock: VirtualClock;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "plugboard-speech-"));
  clock = new VirtualClock(1_767_600_000_000);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Speaks as many samples as the text has letters, times `factor` and 8; or fails. */
function voice(id: string, factor: number): SpeechEngine & { readonly spoken: string[]; fails: boolean } {
  const spoken: string[] = [];
  const one = {
    id,
    name: id,
    spoken,
    fails: false,
    speak: (text: string, language: string) => {
      spoken.push(`${language}: ${text}`);
      return Promise.resolve(one.fails ? err("cannot be spoken: no") : ok(new Int16Array(text.length * factor * 8)));
    },
  };
  return one;
}

async function speech(
  ...engines: readonly SpeechEngine[]
): Promise<(text: string, language?: string, account?: string) => Promise<unknown>> {
  const cache = await AudioCache.open({ folder, clock, log: silentLog });
  const one = new SpokenTexts({ engines, cache, clock, log: silentLog });
  return async (text, language = "en", account = "acme") => {
    const got = await one.get(text, language, account);
    return got.ok ? got.value.durationMs : got.error;
  };
}

describe("spoken texts", () => {
  it("are spoken once, even across a restart, and again for another language", async () => {
    const anna = voice("anna", 1);
    const get = await speech(anna);
    expect(await Promise.all([get("hello"), get("hello"), get("hello")])).toEqual([5, 5, 5]);
    expect(await get("hello")).toBe(5);
    await get("hello", "fr");
    expect(await (await speech(anna))("hello")).toBe(5);
    expect(anna.spoken).toEqual(["en: hello", "fr: hello"]);
  });

  it("are kept for each voice", async () => {
    await (
      await speech(voice("anna", 1))
    )("hello");
    expect(await (await speech(voice("bert", 2)))("hello")).toBe(10);
  });

  it("are spoken by the next voice when the first fails, which is then skipped for half a minute", async () => {
    const [anna, bert] = [voice("anna", 1), voice("bert", 2)];
    const get = await speech(anna, bert);
    anna.fails = true;
    expect(await get("hello")).toBe(10);
    expect(await get("again")).toBe(10);
    expect(anna.spoken).toHaveLength(1);
    anna.fails = false;
    clock.advance(31_000);
    expect(await get("again")).toBe(5);
  });

  it.each([-24 * HOUR_MS, 24 * HOUR_MS])(
    "M8: a voice that failed is skipped for half a minute, even when the clock is set by %i ms",
    async (byMs) => {
      const [anna, bert] = [voice("anna", 1), voice("bert", 2)];
      const get = await speech(anna, bert);
      anna.fails = true;
      await get("hello");
      anna.fails = false;
      clock.setWallClock(byMs);
      expect(await get("again")).toBe(10);
      clock.advance(31_000);
      expect(await get("later")).toBe(5);
    },
  );

  it("M9: a text of one account on which a voice fails does not silence that voice for another", async () => {
    const [anna, bert] = [voice("anna", 1), voice("bert", 2)];
    const get = await speech(anna, bert);
    anna.fails = true;
    expect(await get("hostile")).toBe(10 + 4);
    anna.fails = false;
    expect(await get("hello", "en", "other")).toBe(5);
  });

  it("that no voice can speak are reported, and the last voice is tried again the next time", async () => {
    const anna = voice("anna", 1);
    anna.fails = true;
    const get = await speech(anna);
    expect(await get("hello")).toBe("the text cannot be spoken: no");
    anna.fails = false;
    expect(await get("hello")).toBe(5);
  });

  it("have a maximum length", async () => {
    const anna = voice("anna", 1);
    const get = await speech(anna);
    expect(await get("x".repeat(MAX_SPOKEN_CHARACTERS + 1))).toBe(
      "the text has 5001 characters: at most 5000 are spoken",
    );
    expect(anna.spoken).toEqual([]);
  });
});
