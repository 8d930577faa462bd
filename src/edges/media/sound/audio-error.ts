/**
 * Why a file cannot be played. The message is a predicate, to follow the name of the file: "is a page of HTML, not
 * audio".
 */
export class AudioError extends Error {
  override readonly name = "AudioError";
}

/** Adds the advice, which is the same for all files that cannot be decoded. */
export function advised(problem: string): string {
  return `${problem}: convert it to WAV, 8 kHz, 16 bit, mono`;
}
