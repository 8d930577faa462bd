/**
 * Why something is no sound that we can play. The message is a predicate, to be put behind the name of what was tried:
 * "is a page of HTML, not audio".
 */
export class AudioError extends Error {
  override readonly name = "AudioFault";
}
