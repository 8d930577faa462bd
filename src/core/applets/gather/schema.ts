import { z } from "zod";
import { appletIdSchema, httpUrlSchema } from "../../contract/field-schemas.ts";

/** The document of a Gather: the answer comes from a URL, or is written into the flow. */
export const gatherSchema = z
  .strictObject({
    type: z.literal("gather"),
    url: z.strictObject({ primary: httpUrlSchema, fallback: httpUrlSchema.optional() }).optional(),
    parameters: z.record(z.string(), z.unknown()).optional(),
    exits: z
      .strictObject({ digits_entered: appletIdSchema.optional(), nothing_entered: appletIdSchema.optional() })
      .default({}),
  })
  .refine((document) => (document.url === undefined) !== (document.parameters === undefined), {
    message: "must hold exactly one of `url` and `parameters`",
  });

export type GatherDocument = z.infer<typeof gatherSchema>;

/** Seconds: the longest `input_timeout` a URL may answer. */
export const LONGEST_TIMEOUT_S = 600;
