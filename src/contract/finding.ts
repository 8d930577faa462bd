/**
 * One outcome of a validation (RES-9), complete enough to be shown to a person as it is. `path` is where in the answer
 * (`destination.numbers[2]`; empty: the answer as a whole), `found` what stood there (shortened), `allowed` what may
 * stand there, `consequence` what the platform does about it, `message` all of it in one sentence.
 */
export interface Finding {
  readonly level: "warning" | "error";
  readonly rule: string;
  readonly path: string;
  readonly found: string;
  readonly allowed: string;
  readonly consequence: string;
  readonly message: string;
}
