/** Something to say to the caller: a text to speak, or audio to play from an http(s) URL (as given, may contain credentials). */
export interface Prompt {
  readonly kind: "text" | "audio_url";
  readonly value: string;
}
