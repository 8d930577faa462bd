import type { Clock } from "./clock.ts";

const LINE_EVERY_MS = 60_000;

/**
 * A log line about a fault that may last: written at once, then at most once a minute, with `times`: how often it has
 * happened since the last line. Otherwise a full disk or a lost database would fill the log.
 */
export class RepeatedLine {
  readonly #clock: Pick<Clock, "elapsed">;
  readonly #write: (fields: object) => void;
  #nextAt = Number.NEGATIVE_INFINITY;
  #times = 0;

  constructor(clock: Pick<Clock, "elapsed">, write: (fields: object) => void) {
    this.#clock = clock;
    this.#write = write;
  }

  /** It happened; `fields` are those of the line, if one is due. */
  note(fields: object): void {
    this.#times += 1;
    const now = this.#clock.elapsed();
    if (now < this.#nextAt) return;
    this.#write({ ...fields, ...(this.#times > 1 ? { times: this.#times } : {}) });
    this.#nextAt = now + LINE_EVERY_MS;
    this.#times = 0;
  }
}
