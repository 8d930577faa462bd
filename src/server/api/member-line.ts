import { z } from "zod";
import { SCOPES } from "../../edges/store/api-key-table.ts";
import type { Member } from "../../edges/store/member-table.ts";
import { ROLES } from "../../edges/store/member-table.ts";
import { isoOf } from "./iso-instant.ts";
import { scopesOf } from "./sign-ins.ts";

/** What is shown about a member. */
export const memberFields = {
  id: z.string(),
  account: z.string().nullable().describe("Null: a member of the platform, with all its accounts"),
  login: z.string(),
  role: z.enum(ROLES),
  scopes: z.array(z.enum(SCOPES)).describe("What the role may do"),
  must_change: z.boolean().describe("The password must be changed before anything else"),
  totp_active: z.boolean().describe("Sign-in requires a one-time code"),
  created_at: z.iso.datetime(),
  created_by: z.string(),
  signed_in_at: z.iso.datetime().nullable(),
};

export const shownMember = z.object(memberFields).meta({ id: "Member", description: "A person who signs in" });

/** A member as shown, without secrets. */
export function memberLine(member: Member): z.input<typeof shownMember> {
  const { id, account, login, role, must_change, totp_active, created_by } = member;
  return {
    id,
    account,
    login,
    role,
    scopes: [...scopesOf(role)],
    must_change,
    totp_active,
    created_at: isoOf(member.created_at),
    created_by,
    signed_in_at: isoOf(member.signed_in_at),
  };
}
