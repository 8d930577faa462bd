import type { Log } from "../../base/log.ts";
import type { Result } from "../../base/result.ts";
import { err } from "../../base/result.ts";
import type { Maker } from "../workshop.ts";
import { FLITE_VOICE } from "./flite.ts";
import type { Voice } from "./voice.ts";

/**
 * The voice that needs nothing from outside. It speaks English: a text of another language in Latin letters is read as if
 * it were English (said once in the log), one in other letters is not spoken at all.
 */
export class BuiltInVoice implements Voice {
  readonly id = `flite ${FLITE_VOICE}`;
  readonly name = "built-in voice";
  readonly #workshop: Maker;
  readonly #log: Log;
  readonly #warned = new Set<string>();

  constructor(workshop: Maker, log: Log) {
    this.#workshop = workshop;
    this.#log = log;
  }

  async speak(text: string, language: string): Promise<Result<Int16Array, string>> {
    if (!/[\p{Script=Latin}\p{Nd}]/u.test(text))
      return err("cannot be spoken: the built-in voice speaks English only (PLUGBOARD_TTS_URL names another)");
    const primary = language.split("-", 1)[0]?.toLowerCase() ?? "";
    if (primary !== "en" && !this.#warned.has(primary)) {
      this.#warned.add(primary);
      this.#log.warn({ language: primary }, "the built-in voice reads this language as if it were English");
    }
    return this.#workshop.make({ kind: "speak", text });
  }
}
