import { z } from "zod";
import { isHttpUrl } from "./query.ts";

/** Fields that several documents share: flows, workspace files and scenarios. Each says in one sentence what is allowed. */

export const httpUrlSchema = z.string().refine(isHttpUrl, "must be an absolute http or https URL");

/** The id of an applet of the same flow, as exits name it. That it exists is checked with the whole flow (EXIT-6). */
export const appletIdSchema = z.string().min(1);

const DIGITS = "must be digits, such as 1409";

/** REQ-20: digits, with or without quotes. */
export const digitsSchema = z.union([z.number().int(DIGITS).nonnegative(DIGITS), z.string().regex(/^\d+$/, DIGITS)]);

/** E.164: a plus, and 5 to 15 digits that do not begin with 0. */
export const E164 = /^\+[1-9]\d{4,14}$/;
