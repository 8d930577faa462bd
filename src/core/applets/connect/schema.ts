import { z } from "zod";
import { isHttpUrl } from "../../contract/query.ts";

const target = z.string().min(1);
const httpUrl = z.string().refine(isHttpUrl, "must be an absolute http or https URL");

const dialWhom = z
  .strictObject({
    numbers: z.array(z.string()).min(1).max(100).optional(),
    url: httpUrl.optional(),
    group: z.string().min(1).optional(),
  })
  .refine(({ numbers, url, group }) => [numbers, url, group].filter((each) => each !== undefined).length === 1, {
    message: "must hold exactly one of `numbers`, `url` and `group`",
  });

/**
 * The document of a Connect: whom to dial comes from a URL, stands in the flow (`parameters`, the same shape as the
 * URL's answer), or is named in the older Dial-Whom way (APP-7), then `parameters` may hold everything but the numbers.
 */
export const connectSchema = z
  .strictObject({
    type: z.literal("connect"),
    url: z.strictObject({ primary: httpUrl, fallback: httpUrl.optional() }).optional(),
    parameters: z.record(z.string(), z.unknown()).optional(),
    dial_whom: dialWhom.optional(),
    exits: z
      .strictObject({
        conversation_ended: target.optional(),
        nobody_answered: target.optional(),
        nobody_dialed: target.optional(),
      })
      .default({}),
  })
  .superRefine((document, context) => {
    const inFlow = document.dial_whom ?? document.parameters;
    if ((document.url === undefined) !== (inFlow === undefined)) return;
    const message = "must hold exactly one of `url`, `parameters` and `dial_whom` (with which `parameters` may stand)";
    context.addIssue({ code: "custom", path: [], message });
  });

export type ConnectDocument = z.infer<typeof connectSchema>;
export type ConnectExit = "conversation_ended" | "nobody_answered" | "nobody_dialed";
