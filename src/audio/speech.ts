import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import type { Result } from "../base/result.ts";
import { err, ok } from "../base/result.ts";
import type { Clip, Shelf } from "./shelf.ts";
import { shelfKey } from "./shelf.ts";
import type { Voice } from "./voice/voice.ts";
import { MAX_SPOKEN_CHARACTERS } from "./voice/voice.ts";

export interface SpeechOptions {
  /** In order of preference: the next speaks when one fails. */
  readonly voices: readonly Voice[];
  readonly shelf: Shelf;
  readonly clock: Clock;
  readonly log: Log;
}

/** A voice that failed is left out for so long: calls do not wait for it one after the other. */
const RESTS_MS = 30_000;

/** Spoken texts. What a voice once said is kept: greetings are spoken once. */
export class Speech {
  readonly #options: SpeechOptions;
  readonly #flights = new Map<string, Promise<Result<Clip, string>>>();
  readonly #restsUntil = new Map<string, number>();

  constructor(options: SpeechOptions) {
    this.#options = options;
  }

  /** The clip, or a sentence (without its full stop) that says why there is none. Never rejects. */
  async get(text: string, language: string): Promise<Result<Clip, string>> {
    if (text.length > MAX_SPOKEN_CHARACTERS)
      return err(`the text has ${text.length} characters: at most ${MAX_SPOKEN_CHARACTERS} are spoken`);
    const { voices, shelf, clock } = this.#options;
    let failure = "cannot be spoken: there is no voice";
    const awake = voices.filter(({ id }) => (this.#restsUntil.get(id) ?? 0) <= clock.now());
    for (const voice of awake.length === 0 ? voices : awake) {
      const key = shelfKey("text", voice.id, language, text);
      const held = await shelf.get(key);
      if (held !== null) return ok(held);
      const made = await (this.#flights.get(key) ?? this.#begin(key, voice, text, language));
      if (made.ok) return made;
      failure = made.error;
    }
    return err(`the text ${failure}`);
  }

  #begin(key: string, voice: Voice, text: string, language: string): Promise<Result<Clip, string>> {
    const flight = this.#make(key, voice, text, language)
      .catch((error: unknown) => err(`could not be kept: ${error instanceof Error ? error.message : String(error)}`))
      .finally(() => this.#flights.delete(key));
    this.#flights.set(key, flight);
    return flight;
  }

  async #make(key: string, voice: Voice, text: string, language: string): Promise<Result<Clip, string>> {
    const { shelf, clock, log, voices } = this.#options;
    const spoken = await voice.speak(text, language);
    if (spoken.ok) return ok(await shelf.put(key, spoken.value));
    log.warn({ voice: voice.name, reason: spoken.error }, "a text could not be spoken");
    if (voice !== voices.at(-1)) this.#restsUntil.set(voice.id, clock.now() + RESTS_MS);
    return spoken;
  }
}
