import type { Result } from "../../../base/result.ts";

/** Longest text that is spoken: about six minutes, and as long as a flow document may hold. */
export const MAX_SPOKEN_CHARACTERS = 5000;

/** Turns text into speech. */
export interface SpeechEngine {
  /** Identifies engine and voice, so that speech of different voices is kept apart. */
  readonly id: string;
  /** Its name for the log. */
  readonly name: string;
  /**
   * Speaks `text` (at most {@link MAX_SPOKEN_CHARACTERS}) in `language` (BCP 47): 8 kHz mono, 16 bit. The error is a
   * predicate about the text: "cannot be spoken: …". `account`: on whose behalf.
   * Never rejects.
   */
  speak(text: string, language: string, account: string): Promise<Result<Int16Array, string>>;
}
