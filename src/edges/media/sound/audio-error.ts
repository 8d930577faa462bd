/**
 * Why a file cannot be played. The message is a predicate, to be put behind the name of what was tried: "is a page of
 * HTML, not audio".
 */
export class AudioError extends Error {
  override readonly name = "AudioError";
}

/** What a file is that cannot be decoded, with the advice: the same one for all of them. */
export function advised(problem: string): string {
  return `${problem}: convert it to WAV, 8 kHz, 16 bit, mono`;
}
