import { unreachable } from "../../base/never.ts";
import type { Playable } from "../../core/call/effects.ts";
import type { ScriptedUrls } from "./scripted-urls.ts";

/** Speech runs at about 15 characters a second, and even one word takes half a second. */
const MS_PER_CHARACTER = 65;
const MIN_TEXT_MS = 500;
/** A recorded announcement of unknown length. */
const AUDIO_MS = 3_000;
const BEEP_MS = 400;
/** One period of a cadence: ringback 1 s on and 4 s off, busy 0.5 s on and off. */
const RINGBACK_PERIOD_MS = 5_000;
const BUSY_PERIOD_MS = 1_000;
/** REQ-6 applies to downloads of audio as well. */
const DOWNLOAD_DEADLINE_MS = 5_000;

/** How long a list of items plays, or when and why it fails. */
export interface PlayPlan {
  readonly durationMs: number;
  readonly failure: string | null;
}

/** How long things play. Audio is downloaded once per call and then cached by its URL (DIAL-9). */
export class ScriptedAudio {
  readonly #urls: ScriptedUrls;
  readonly #known: Readonly<Record<string, number>>;
  readonly #downloaded = new Set<string>();

  /** `known`: playing times in ms by text, file name or URL; others are estimated. */
  constructor(urls: ScriptedUrls, known: Readonly<Record<string, number>>) {
    this.#urls = urls;
    this.#known = known;
  }

  plan(items: readonly Playable[]): PlayPlan {
    let durationMs = 0;
    for (const item of items) {
      const one = this.#planOne(item);
      durationMs += one.durationMs;
      if (one.failure !== null) return { durationMs, failure: one.failure };
    }
    return { durationMs, failure: null };
  }

  #planOne(item: Playable): PlayPlan {
    switch (item.kind) {
      case "tone":
        return { durationMs: toneMs(item.tone), failure: null };
      case "text":
        return { durationMs: this.#known[item.text] ?? speakingMs(item.text), failure: null };
      case "file":
        return { durationMs: this.#known[item.file] ?? AUDIO_MS, failure: null };
      case "url":
        return this.#download(item.url);
      default:
        return unreachable(item);
    }
  }

  #download(url: string): PlayPlan {
    const playMs = this.#known[url] ?? AUDIO_MS;
    if (this.#downloaded.has(url)) return { durationMs: playMs, failure: null };
    const { waitMs, failure } = this.#urls.download(url, DOWNLOAD_DEADLINE_MS);
    if (failure !== null) return { durationMs: waitMs, failure };
    this.#downloaded.add(url);
    return { durationMs: waitMs + playMs, failure: null };
  }
}

function speakingMs(text: string): number {
  return Math.max(MIN_TEXT_MS, text.length * MS_PER_CHARACTER);
}

function toneMs(tone: "ringback" | "beep" | "busy"): number {
  switch (tone) {
    case "beep":
      return BEEP_MS;
    case "ringback":
      return RINGBACK_PERIOD_MS;
    case "busy":
      return BUSY_PERIOD_MS;
    default:
      return unreachable(tone);
  }
}
