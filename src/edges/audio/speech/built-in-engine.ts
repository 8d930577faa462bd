import type { Log } from "../../../base/log.ts";
import type { Result } from "../../../base/result.ts";
import { err } from "../../../base/result.ts";
import type { AudioProcessor } from "../audio-worker.ts";
import { FLITE_VOICE } from "./flite.ts";
import type { SpeechEngine } from "./speech-engine.ts";

/**
 * The voice that needs nothing from outside. It speaks English: a text in another language in Latin letters is read as
 * if it were English (logged once); one in other letters is not spoken at all.
 */
export class BuiltInSpeech implements SpeechEngine {
  readonly id = `flite ${FLITE_VOICE}`;
  readonly name = "built-in voice";
  readonly #processor: AudioProcessor;
  readonly #log: Log;
  readonly #warned = new Set<string>();

  constructor(processor: AudioProcessor, log: Log) {
    this.#processor = processor;
    this.#log = log;
  }

  async speak(text: string, language: string, account: string): Promise<Result<Int16Array, string>> {
    if (!/[\p{Script=Latin}\p{Nd}]/u.test(text))
      return err("cannot be spoken: the built-in voice speaks English only (PLUGBOARD_TTS_URL names another)");
    const primary = language.split("-", 1)[0]?.toLowerCase() ?? "";
    if (primary !== "en" && !this.#warned.has(primary)) {
      this.#warned.add(primary);
      this.#log.warn({ language: primary }, "the built-in voice reads this language as if it were English");
    }
    return this.#processor.process({ kind: "speak", text }, account);
  }
}
