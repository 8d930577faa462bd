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
import { WebAudio } from "./web-audio.ts";
import type { AudioProcessor } from "./audio-worker.ts";
import { AudioWorker } from "./audio-worker.ts";

export type { Clip } from "./audio-cache.ts";

/** Something that is to be heard on a call. */
export type AudioSource =
  /** `allowPrivate`: the account's `private_destinations`. */
  | { readonly kind: "url"; readonly url: string; readonly allowPrivate: boolean }
  /** `language`: BCP 47. */
  | { readonly kind: "text"; readonly text: string; readonly language: string }
  /** By its plain name, from the folder of uploaded files. */
  | { readonly kind: "file"; readonly file: string };

export interface AudioLibraryOptions {
  /** For what was made, on local disk; may be emptied while nothing runs. */
  readonly cacheFolder: string;
  /** Where `file` sources lie; need not exist. */
  readonly uploadsFolder: string;
  /** A speech service that is asked before the built-in voice speaks; null: none. See {@link HttpSpeech}. */
  readonly speechUrl: string | null;
  readonly fetcher: Pick<Fetcher, "download">;
  readonly clock: Clock;
  readonly log: Log;
}

/** Files from here on (two minutes of MP3) take seconds to decode. */
const LONG_FILE_BYTES = 2 * 1024 * 1024;

/**
 * Everything that calls play but tones: customers' audio files by URL, spoken texts, the operator's own files. Each is
 * brought into the one form that media plays at no cost (WAV, 8 kHz, mono, 16 bit), kept on disk, and shared by all calls.
 * Decoding and speaking run in threads of their own.
 */
export class AudioLibrary {
  readonly #clock: Clock;
  readonly #web: WebAudio;
  readonly #speech: SpokenTexts;
  readonly #uploads: UploadedAudio;
  readonly #workers: readonly AudioWorker[];

  private constructor(parts: {
    readonly clock: Clock;
    readonly web: WebAudio;
    readonly speech: SpokenTexts;
    readonly uploads: UploadedAudio;
    readonly workers: readonly AudioWorker[];
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
    // A cache each: a flood of spoken names must not push out everybody's hold music.
    const [web, speech, uploads] = await Promise.all([cache("urls"), cache("speech"), cache("files")]);
    // A thread each: neither a word to speak nor a short announcement waits behind ten minutes of music.
    const workers = { short: new AudioWorker({ clock, log }), long: new AudioWorker({ clock, log }) };
    const decoding = bySize(workers.short, workers.long);
    const speaking = new AudioWorker({ clock, log });
    const builtIn = new BuiltInSpeech(speaking, log);
    const engines = speechUrl === null ? [builtIn] : [new HttpSpeech(speechUrl, fetcher, speaking), builtIn];
    return new AudioLibrary({
      clock,
      web: new WebAudio({ fetcher, processor: decoding, cache: web, clock, log }),
      speech: new SpokenTexts({ engines, cache: speech, clock, log }),
      uploads: new UploadedAudio(uploadsFolder, decoding, uploads),
      workers: [workers.short, workers.long, speaking],
    });
  }

  /**
   * A file that can be played at once, or one sentence (without its full stop) that says why there is none. Waits for
   * `deadlineMs` at most; what is not ready by then is made ready all the same, for the next call. Never rejects. The file
   * is there for a minute at least, and what it is replaced by has the same name.
   */
  prepare(source: AudioSource, deadlineMs: number): Promise<Result<Clip, string>> {
    return new Promise((resolve) => {
      const late = this.#clock.after(deadlineMs, () =>
        resolve(err(`${nameOf(source)} is not ready after ${deadlineMs / 1000} s`)),
      );
      void this.#make(source).then((made) => {
        late.cancel();
        resolve(made);
      });
    });
  }

  /** Makes something ready that will be asked for soon; nobody waits. */
  prefetch(source: AudioSource): void {
    void this.#make(source);
  }

  /** Makes things ready that may be asked for some day: one at a time, so that a call waits behind one of them at most. */
  async warm(sources: readonly AudioSource[]): Promise<void> {
    for (const source of sources) await this.#make(source);
  }

  /** Ends the threads; what is being made fails. */
  async close(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.close()));
  }

  #make(source: AudioSource): Promise<Result<Clip, string>> {
    switch (source.kind) {
      case "url":
        return this.#web.get(source.url, source.allowPrivate);
      case "text":
        return this.#speech.get(source.text, source.language);
      case "file":
        return this.#uploads.get(source.file);
      default:
        return unreachable(source);
    }
  }
}

function bySize(short: AudioProcessor, long: AudioProcessor): AudioProcessor {
  return {
    process: (work) => (work.kind === "decode" && work.file.byteLength > LONG_FILE_BYTES ? long : short).process(work),
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
