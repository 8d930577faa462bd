import { join } from "node:path";
import type { Clock } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";
import { unreachable } from "../../base/never.ts";
import type { Result } from "../../base/result.ts";
import { err } from "../../base/result.ts";
import type { Fetcher } from "../http-client/fetcher.ts";
import type { Clip } from "./audio-cache.ts";
import { AudioCache } from "./audio-cache.ts";
import { SpokenTexts } from "./spoken-texts.ts";
import { UploadedAudio } from "./uploaded-audio.ts";
import { BuiltInSpeech } from "./speech/built-in-engine.ts";
import { HttpSpeech } from "./speech/http-engine.ts";
import type { AudioCheck, AudioCheckOptions } from "./web-audio.ts";
import { WebAudio } from "./web-audio.ts";
import type { AudioProcessor } from "./audio-worker.ts";
import { AudioWorkerPool } from "./audio-worker-pool.ts";

export type { Clip } from "./audio-cache.ts";
export type { AudioCheck, AudioCheckOptions } from "./web-audio.ts";

/** Something to be played on a call. */
export type AudioSource =
  /** `allowPrivate`: the account's `private_destinations`. */
  | { readonly kind: "url"; readonly url: string; readonly allowPrivate: boolean }
  /** `language`: BCP 47. */
  | { readonly kind: "text"; readonly text: string; readonly language: string }
  /** A file in the folder of uploaded files, by its plain name. */
  | { readonly kind: "file"; readonly file: string };

export interface AudioLibraryOptions {
  /** For converted audio, on local disk; may be emptied while the platform is stopped. */
  readonly cacheFolder: string;
  /** Where `file` sources are; need not exist. */
  readonly uploadsFolder: string;
  /** A speech service to use before the built-in voice; null: none. See {@link HttpSpeech}. */
  readonly speechUrl: string | null;
  readonly fetcher: Pick<Fetcher, "download" | "head">;
  readonly clock: Clock;
  readonly log: Log;
}

/** Files larger than this (two minutes of MP3) take seconds to decode. */
const LONG_FILE_BYTES = 2 * 1024 * 1024;

/**
 * Everything that calls play except tones: customers' audio files by URL, spoken texts, the operator's own files. Each
 * is converted to the one form that media plays at no cost (WAV, 8 kHz, mono, 16 bit), kept on disk, and shared by all calls.
 * Decoding and speaking run in threads of their own.
 */
export class AudioLibrary {
  readonly #clock: Clock;
  readonly #web: WebAudio;
  readonly #speech: SpokenTexts;
  readonly #uploads: UploadedAudio;
  readonly #workers: readonly AudioWorkerPool[];

  private constructor(parts: {
    readonly clock: Clock;
    readonly web: WebAudio;
    readonly speech: SpokenTexts;
    readonly uploads: UploadedAudio;
    readonly workers: readonly AudioWorkerPool[];
  }) {
    this.#clock = parts.clock;
    this.#web = parts.web;
    this.#speech = parts.speech;
    this.#uploads = parts.uploads;
    this.#workers = parts.workers;
  }

  /** Takes over what an earlier process kept. Rejects when the cache folder can't be used. */
  static async open(options: AudioLibraryOptions): Promise<AudioLibrary> {
    const { cacheFolder, uploadsFolder, speechUrl, fetcher, clock, log } = options;
    const cache = (name: string): Promise<AudioCache> =>
      AudioCache.open({ folder: join(cacheFolder, name), clock, log });
    // Separate caches: a flood of spoken names must not push out the hold music.
    const [web, speech, uploads] = await Promise.all([cache("urls"), cache("speech"), cache("files")]);
    // Separate threads: neither a word to speak nor a short announcement must wait behind ten minutes of music.
    const pool = (): AudioWorkerPool => new AudioWorkerPool({ clock, log });
    const { short, long, speaking } = { short: pool(), long: pool(), speaking: pool() };
    const decoding = bySize(short, long);
    const builtIn = new BuiltInSpeech(speaking, log);
    const engines = speechUrl === null ? [builtIn] : [new HttpSpeech(speechUrl, fetcher, speaking, clock), builtIn];
    return new AudioLibrary({
      clock,
      web: new WebAudio({ fetcher, processor: decoding, cache: web, clock, log }),
      speech: new SpokenTexts({ engines, cache: speech, clock, log }),
      uploads: new UploadedAudio(uploadsFolder, decoding, uploads, clock),
      workers: [short, long, speaking],
    });
  }

  /**
   * A file that can be played at once, or one sentence (without its full stop) that says why there is none. Waits for
   * at most `deadlineMs`; audio that is not ready by then is still finished, for the next call. Never rejects. The file
   * stays for at least a minute, and whatever replaces it has the same name. `account`: on whose behalf; each has its
   * share of everything that takes time.
   */
  prepare(source: AudioSource, deadlineMs: number, account: string): Promise<Result<Clip, string>> {
    return new Promise((resolve) => {
      const late = this.#clock.after(deadlineMs, () =>
        resolve(err(`${nameOf(source)} is not ready after ${deadlineMs / 1000} s`)),
      );
      void this.#make(source, deadlineMs, account).then((made) => {
        late.cancel();
        resolve(made);
      });
    });
  }

  /**
   * RES-27: whether the audio exists, by HEAD, and if that proves nothing, by GET. It is downloaded at the same time,
   * so that nobody waits for it in silence. Never rejects.
   */
  check(url: string, options: AudioCheckOptions): Promise<AudioCheck> {
    return this.#web.check(url, options);
  }

  /** Prepares sources that may be needed later, one at a time, so that a call waits behind at most one of them. */
  async warm(sources: readonly AudioSource[]): Promise<void> {
    for (const source of sources) await this.#make(source, 0, "");
  }

  /** Ends the threads; whatever they are working on fails. */
  async close(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.close()));
  }

  #make(source: AudioSource, waitMs: number, account: string): Promise<Result<Clip, string>> {
    switch (source.kind) {
      case "url":
        return this.#web.get({ url: source.url, account, allowPrivate: source.allowPrivate }, waitMs);
      case "text":
        return this.#speech.get(source.text, source.language, account);
      case "file":
        return this.#uploads.get(source.file);
      default:
        return unreachable(source);
    }
  }
}

function bySize(short: AudioProcessor, long: AudioProcessor): AudioProcessor {
  return {
    process: (job, account) =>
      (job.kind === "decode" && job.file.byteLength > LONG_FILE_BYTES ? long : short).process(job, account),
  };
}

function nameOf(source: AudioSource): string {
  switch (source.kind) {
    case "url":
      return "the audio";
    case "text":
      return "the spoken text";
    case "file":
      return `audio file ${source.file}`;
    default:
      return unreachable(source);
  }
}
