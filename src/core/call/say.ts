import { z } from "zod";
import { httpUrlSchema } from "../contract/field-schemas.ts";
import type { FixedPrompt } from "./effects.ts";

/** Characters of one prompt: about ten minutes of speech. */
const MAX_TEXT = 5000;

/**
 * `say` of a flow document: a text to speak, audio at a URL, an uploaded file by its name, or a URL that answers with
 * the text or with audio URLs (APP-1).
 */
export const saySchema = z
  .strictObject({
    text: z.string().min(1).max(MAX_TEXT).optional(),
    audio_url: httpUrlSchema.optional(),
    audio_file: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/, "must be the name of an uploaded file, such as welcome.wav")
      .optional(),
    url: httpUrlSchema.optional(),
  })
  .refine((say) => Object.values(say).filter((each) => each !== undefined).length === 1, {
    message: "must hold exactly one of `text`, `audio_url`, `audio_file` and `url`",
  });

export type Say = z.infer<typeof saySchema>;

/** The part of a `say` that is known before a call. */
export function fixedPromptsOf(say: Say | undefined, language: string): readonly FixedPrompt[] {
  if (say?.text !== undefined) return [{ kind: "text", text: say.text, language }];
  return say?.audio_file === undefined ? [] : [{ kind: "file", file: say.audio_file }];
}
