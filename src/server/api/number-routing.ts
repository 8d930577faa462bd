import type { Result } from "../../base/result.ts";

/** A change of a number; absent fields stay as they are. */
export interface NumberChange {
  /** Id of the flow that takes its calls from now on. */
  readonly flow?: string;
  /** Name for people. */
  readonly name?: string;
}

/** Changes numbers while the platform runs. The directory shows the change once the promise resolves. */
export interface NumberRouting {
  /** `number` is E.164 and one of the account's. The error is one sentence: what is wrong and what is allowed. */
  change(account: string, number: string, change: NumberChange): Promise<Result<void, string>>;
}
