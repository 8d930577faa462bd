import { describe, expect, it } from "vitest";
import { z } from "zod";
import { accountFields, dialPrefixesSchema, tenantIdSchema } from "./account-document.ts";

const schema = z.strictObject({ tenant_id: tenantIdSchema, ...accountFields, dial_prefixes: dialPrefixesSchema });

const read = (fields: object): z.infer<typeof schema> => schema.parse({ tenant_id: 1, ...fields });

/** `path: message` of every problem. */
function problems(fields: object): string[] {
  const parsed = schema.safeParse({ tenant_id: 1, ...fields });
  return parsed.error?.issues.map(({ path, message }) => `${path.join(".")}: ${message}`) ?? [];
}

describe("an account in a document", () => {
  it("needs a tenant_id; the rest has the defaults of an Indian account that may dial anywhere", () => {
    expect(read({})).toEqual({
      tenant_id: 1,
      country: "IN",
      timezone: "Asia/Kolkata",
      language: "en",
      number_format: "national",
      wire: "documented",
      dial_events: ["dial", "terminal"],
      sip_hosts: [],
      groups: [],
      dial_prefixes: [],
    });
    expect(problems({ tenant_id: undefined })).toHaveLength(1);
  });

  it.each<[string, unknown]>([
    ["tenant_id", 0],
    ["tenant_id", "001409"],
    ["country", "US"],
    ["timezone", "Europe/Berlin"],
    ["language", "hi-IN"],
    ["number_format", "e164"],
    ["number_format", "national"],
    ["wire", "documented"],
    ["wire", "observed"],
    ["dial_events", []],
    ["dial_events", ["dial", "ringing", "answered", "terminal"]],
    ["sip_hosts", ["pbx.example"]],
    ["dial_prefixes", ["+", "+91", "+1212"]],
    ["groups", [{ name: "s", users: ["anil", "bina"], order: ["bina"] }]],
    ["groups", [{ name: "sales", users: [] }]],
  ])("%s may be %j", (name, value) => {
    expect(read({ [name]: value })).toHaveProperty(name, value);
  });

  const country = 'country: must be a two-letter country such as "IN"';
  const zone = 'timezone: must be an IANA zone such as "Asia/Kolkata"';
  const prefix = 'dial_prefixes.0: must start with "+", such as "+91"';
  it.each<[string, unknown, string]>([
    ["country", "India", country],
    ["country", "INX", country],
    ["country", "xIN", country],
    ["country", "I", country],
    ["country", "in", country],
    ["timezone", "Asia/Nowhere", zone],
    ["timezone", "", zone],
    ["dial_prefixes", ["91"], prefix],
    ["dial_prefixes", ["0+91"], prefix],
    ["dial_prefixes", ["+91x"], prefix],
    ["dial_prefixes", ["+x"], prefix],
    ["tenant_id", "x1", "tenant_id: must be digits, such as 1409"],
    ["tenant_id", "1x", "tenant_id: must be digits, such as 1409"],
    ["tenant_id", "", "tenant_id: must be digits, such as 1409"],
    ["tenant_id", -1, "tenant_id: must be digits, such as 1409"],
    ["number_format", "E164", 'one of "national"|"e164"'],
    ["wire", "", 'one of "documented"|"observed"'],
    ["dial_events", ["Dial"], 'one of "dial"|"ringing"|"answered"|"terminal"'],
    ["groups", [{ name: "", users: [] }], "groups.0.name: "],
    ["groups", [{ name: "sales" }], "groups.0.users: "],
    ["groups", [{ name: "sales", users: [], oder: [] }], '"oder"'],
  ])("%s may not be %j, and the message names what is allowed", (name, value, sentence) => {
    expect(problems({ [name]: value })).toEqual([expect.stringContaining(sentence)]);
  });
});
