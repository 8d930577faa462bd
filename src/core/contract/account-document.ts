import { z } from "zod";
import { digitsSchema } from "./field-schemas.ts";
import { isTimezone } from "./time.ts";

/** `tenant_id` (REQ-20). */
export const tenantIdSchema = digitsSchema;

export const dialPrefixesSchema = z
  .array(z.string().regex(/^\+\d*$/, 'must start with "+", such as "+91"'))
  .default([]);

/** The fields of an account that a workspace file and a scenario share; a workspace adds what only a live account has. */
export const accountFields = {
  country: z
    .string()
    .regex(/^[A-Z]{2}$/, 'must be a two-letter country such as "IN"')
    .default("IN"),
  timezone: z.string().refine(isTimezone, 'must be an IANA zone such as "Asia/Kolkata"').default("Asia/Kolkata"),
  language: z.string().default("en"),
  number_format: z.enum(["national", "e164"]).default("national"),
  wire: z.enum(["documented", "observed"]).default("documented"),
  dial_events: z.array(z.enum(["dial", "ringing", "answered", "terminal"])).default(["dial", "terminal"]),
  sip_hosts: z.array(z.string()).default([]),
  groups: z
    .array(
      z.strictObject({ name: z.string().min(1), users: z.array(z.string()), order: z.array(z.string()).optional() }),
    )
    .default([]),
};
