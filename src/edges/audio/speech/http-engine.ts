import type { Result } from "../../../base/result.ts";
import { err } from "../../../base/result.ts";
import type { Fetcher } from "../../http-client/fetcher.ts";
import type { Clock } from "../../../base/clock.ts";
import { FairQueue } from "../../http-client/fair-queue.ts";
import type { AudioProcessor } from "../audio-worker.ts";
import { decodeJob } from "../audio-worker.ts";
import type { SpeechEngine } from "./speech-engine.ts";

/** Six minutes of speech as 16-bit WAV at 24 kHz. */
const MAX_SPEECH_BYTES = 20 * 1024 * 1024;
/** A neural voice on a CPU may take as long as its speech lasts. That is longer than a call waits, but the next call has it. */
const SPEAK_MS = 30_000;

/** Texts that are sent to the service at once, and texts that wait: more would only make all of them late. */
const TEXTS = { atOnce: 8, perAccount: 4, waiting: 256, waitingPerAccount: 64 };

/**
 * The operator's speech service: `POST` with JSON `{"text", "language"}` is answered with 200 and audio in any format that
 * we decode. It may be inside our network, because the operator named it and not a customer.
 */
export class HttpSpeech implements SpeechEngine {
  readonly id: string;
  readonly name = "speech service";
  readonly #url: string;
  readonly #fetcher: Pick<Fetcher, "download">;
  readonly #processor: AudioProcessor;
  readonly #queue: FairQueue;

  constructor(
    url: string,
    fetcher: Pick<Fetcher, "download">,
    processor: AudioProcessor,
    clock: Pick<Clock, "elapsed">,
  ) {
    this.#queue = new FairQueue(clock, TEXTS);
    this.id = `http ${url}`;
    this.#url = url;
    this.#fetcher = fetcher;
    this.#processor = processor;
  }

  async speak(text: string, language: string, account: string): Promise<Result<Int16Array, string>> {
    const spoken = await this.#queue.run({ account }, () => this.#ask(text, language, account));
    return spoken ?? err("cannot be spoken: too many other texts are waiting for the speech service");
  }

  async #ask(text: string, language: string, account: string): Promise<Result<Int16Array, string>> {
    const headers = { accept: "audio/wav", "content-type": "application/json" };
    const body = JSON.stringify({ text, language });
    const request = { method: "POST", url: this.#url, headers, authorization: null, body } as const;
    const options = { purpose: "speech" as const, account: "", deadlineMs: SPEAK_MS, allowPrivate: true };
    const got = await this.#fetcher.download(request, MAX_SPEECH_BYTES, options);
    if (!got.ok) return err(`cannot be spoken: the speech service failed (${got.detail})`);
    if (got.status !== 200) return err(`cannot be spoken: the speech service answered ${got.status}`);
    const made = await this.#processor.process(decodeJob(got.body), account);
    return made.ok ? made : err(`cannot be spoken: what the speech service answered ${made.error}`);
  }
}
