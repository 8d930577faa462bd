import { z } from "zod";
import { appletIdSchema, httpUrlSchema } from "../../contract/field-schemas.ts";

const dialWhom = z
  .strictObject({
    numbers: z.array(z.string()).min(1).max(100).optional(),
    url: httpUrlSchema.optional(),
    group: z.string().min(1).optional(),
  })
  .refine(({ numbers, url, group }) => [numbers, url, group].filter((each) => each !== undefined).length === 1, {
    message: "must hold exactly one of `numbers`, `url` and `group`",
  });

/**
 * The document of a Connect: whom to dial comes from a URL, is written into the flow (`parameters`, the same shape as the
 * URL's answer), or is named in the older Dial-Whom form (APP-7); then `parameters` may hold everything but the numbers.
 */
export const connectSchema = z
  .strictObject({
    type: z.literal("connect"),
    url: z.strictObject({ primary: httpUrlSchema, fallback: httpUrlSchema.optional() }).optional(),
    parameters: z.record(z.string(), z.unknown()).optional(),
    dial_whom: dialWhom.optional(),
    exits: z
      .strictObject({
        conversation_ended: appletIdSchema.optional(),
        nobody_answered: appletIdSchema.optional(),
        nobody_dialed: appletIdSchema.optional(),
      })
      .default({}),
  })
  .superRefine((document, context) => {
    const inFlow = document.dial_whom ?? document.parameters;
    if ((document.url === undefined) !== (inFlow === undefined)) return;
    const message = "must hold exactly one of `url`, `parameters` and `dial_whom` (which `parameters` may accompany)";
    context.addIssue({ code: "custom", path: [], message });
  });

export type ConnectDocument = z.infer<typeof connectSchema>;
export type ConnectExit = "conversation_ended" | "nobody_answered" | "nobody_dialed";
