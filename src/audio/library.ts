import { join } from "node:path";
import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import { unreachable } from "../base/never.ts";
import type { Result } from "../base/result.ts";
import { err } from "../base/result.ts";
import type { Fetcher } from "../outbound/fetcher.ts";
import type { Clip } from "./shelf.ts";
import { Shelf } from "./shelf.ts";
import { Speech } from "./speech.ts";
import { UploadedAudio } from "./uploaded-audio.ts";
import { BuiltInVoice } from "./voice/built-in-voice.ts";
import { HttpVoice } from "./voice/http-voice.ts";
import { WebAudio } from "./web-audio.ts";
import type { Maker } from "./workshop.ts";
import { Workshop } from "./workshop.ts";

export type { Clip } from "./shelf.ts";

/** Something that is to be heard on a call. */
export type AudioSource =
  /** `allowInward`: the account's `private_destinations`. */
  | { readonly kind: "url"; readonly url: string; readonly allowInward: boolean }
  /** `language`: BCP 47. */
  | { readonly kind: "text"; readonly text: string; readonly language: string }
  /** By its plain name, from the folder of uploaded files. */
  | { readonly kind: "file"; readonly file: string };

export interface AudioLibraryOptions {
  /** For what was made, on local disk; may be emptied while nothing runs. */
  readonly cacheFolder: string;
  /** Where `file` sources lie; need not exist. */
  readonly uploadsFolder: string;
  /** A speech service that is asked before the built-in voice speaks; null: none. See {@link HttpVoice}. */
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
  readonly #speech: Speech;
  readonly #uploads: UploadedAudio;
  readonly #workshops: readonly Workshop[];

  private constructor(parts: {
    readonly clock: Clock;
    readonly web: WebAudio;
    readonly speech: Speech;
    readonly uploads: UploadedAudio;
    readonly workshops: readonly Workshop[];
  }) {
    this.#clock = parts.clock;
    this.#web = parts.web;
    this.#speech = parts.speech;
    this.#uploads = parts.uploads;
    this.#workshops = parts.workshops;
  }

  /** Takes over what an earlier process kept. Rejects when the cache folder can't be used. */
  static async open(options: AudioLibraryOptions): Promise<AudioLibrary> {
    const { cacheFolder, uploadsFolder, speechUrl, fetcher, clock, log } = options;
    const shelf = (name: string): Promise<Shelf> => Shelf.open({ folder: join(cacheFolder, name), clock, log });
    // A shelf each: a flood of spoken names must not push out everybody's hold music.
    const [web, speech, uploads] = await Promise.all([shelf("urls"), shelf("speech"), shelf("files")]);
    // A thread each: neither a word to speak nor a short announcement waits behind ten minutes of music.
    const workshops = { short: new Workshop({ clock, log }), long: new Workshop({ clock, log }) };
    const decoding = bySize(workshops.short, workshops.long);
    const speaking = new Workshop({ clock, log });
    const builtIn = new BuiltInVoice(speaking, log);
    const voices = speechUrl === null ? [builtIn] : [new HttpVoice(speechUrl, fetcher, speaking), builtIn];
    return new AudioLibrary({
      clock,
      web: new WebAudio({ fetcher, workshop: decoding, shelf: web, clock, log }),
      speech: new Speech({ voices, shelf: speech, clock, log }),
      uploads: new UploadedAudio(uploadsFolder, decoding, uploads),
      workshops: [workshops.short, workshops.long, speaking],
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
    await Promise.all(this.#workshops.map((workshop) => workshop.close()));
  }

  #make(source: AudioSource): Promise<Result<Clip, string>> {
    switch (source.kind) {
      case "url":
        return this.#web.get(source.url, source.allowInward);
      case "text":
        return this.#speech.get(source.text, source.language);
      case "file":
        return this.#uploads.get(source.file);
      default:
        return unreachable(source);
    }
  }
}

function bySize(short: Maker, long: Maker): Maker {
  return {
    make: (work) => (work.kind === "decode" && work.file.byteLength > LONG_FILE_BYTES ? long : short).make(work),
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
