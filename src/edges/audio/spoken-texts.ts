import type { Clock } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";
import type { Result } from "../../base/result.ts";
import { err, ok } from "../../base/result.ts";
import type { Clip, AudioCache } from "./audio-cache.ts";
import { cacheKey } from "./audio-cache.ts";
import type { SpeechEngine } from "./speech/speech-engine.ts";
import { MAX_SPOKEN_CHARACTERS } from "./speech/speech-engine.ts";

export interface SpokenTextsOptions {
  /** In order of preference: the next speaks when one fails. */
  readonly engines: readonly SpeechEngine[];
  readonly cache: AudioCache;
  readonly clock: Clock;
  readonly log: Log;
}

interface SpokenText {
  readonly text: string;
  readonly language: string;
  readonly account: string;
}

/** A voice that failed is skipped for this long, so that calls do not wait for it one after the other. */
const RESTS_MS = 30_000;

/** Spoken texts. They are kept for each voice, so that a greeting is spoken only once. */
export class SpokenTexts {
  readonly #options: SpokenTextsOptions;
  readonly #inFlight = new Map<string, Promise<Result<Clip, string>>>();
  /** By account and voice: one account's text on which a voice fails must not silence that voice for the others. */
  readonly #restsUntil = new Map<string, number>();

  constructor(options: SpokenTextsOptions) {
    this.#options = options;
  }

  /** The clip, or a sentence (without its full stop) that says why there is none. Never rejects. */
  async get(text: string, language: string, account: string): Promise<Result<Clip, string>> {
    if (text.length > MAX_SPOKEN_CHARACTERS)
      return err(`the text has ${text.length} characters: at most ${MAX_SPOKEN_CHARACTERS} are spoken`);
    const { engines, cache, clock } = this.#options;
    let failure = "cannot be spoken: there is no voice";
    const awake = engines.filter(({ id }) => (this.#restsUntil.get(`${account} ${id}`) ?? 0) <= clock.elapsed());
    for (const engine of awake.length === 0 ? engines : awake) {
      const key = cacheKey("text", engine.id, language, text);
      const held = await cache.get(key);
      if (held !== null) return ok(held);
      const made = await (this.#inFlight.get(`${account} ${key}`) ??
        this.#begin(key, engine, { text, language, account }));
      if (made.ok) return made;
      failure = made.error;
    }
    return err(`the text ${failure}`);
  }

  #begin(key: string, engine: SpeechEngine, spoken: SpokenText): Promise<Result<Clip, string>> {
    const flightKey = `${spoken.account} ${key}`;
    const flight = this.#speak(key, engine, spoken)
      .catch((error: unknown) => err(`could not be kept: ${error instanceof Error ? error.message : String(error)}`))
      .finally(() => this.#inFlight.delete(flightKey));
    this.#inFlight.set(flightKey, flight);
    return flight;
  }

  async #speak(
    key: string,
    engine: SpeechEngine,
    { text, language, account }: SpokenText,
  ): Promise<Result<Clip, string>> {
    const { cache, clock, log, engines } = this.#options;
    const spoken = await engine.speak(text, language, account);
    if (spoken.ok) return ok(await cache.put(key, spoken.value, {}, account));
    log.warn({ engine: engine.name, reason: spoken.error }, "a text could not be spoken");
    if (engine !== engines.at(-1)) this.#restsUntil.set(`${account} ${engine.id}`, clock.elapsed() + RESTS_MS);
    return spoken;
  }
}
