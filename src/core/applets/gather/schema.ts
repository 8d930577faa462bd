import { z } from "zod";
import { isHttpUrl } from "../../contract/query.ts";

const target = z.string().min(1);
const httpUrl = z.string().refine(isHttpUrl, "must be an absolute http or https URL");

/** The document of a Gather: the answer comes from a URL, or stands in the flow. */
export const gatherSchema = z
  .strictObject({
    type: z.literal("gather"),
    url: z.strictObject({ primary: httpUrl, fallback: httpUrl.optional() }).optional(),
    parameters: z.record(z.string(), z.unknown()).optional(),
    exits: z.strictObject({ digits_entered: target.optional(), nothing_entered: target.optional() }).default({}),
  })
  .refine((document) => (document.url === undefined) !== (document.parameters === undefined), {
    message: "must hold exactly one of `url` and `parameters`",
  });

export type GatherDocument = z.infer<typeof gatherSchema>;

/** Seconds: the longest `input_timeout` a URL may answer. */
export const LONGEST_TIMEOUT_S = 600;
