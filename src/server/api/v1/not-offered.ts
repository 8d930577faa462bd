/** What Exotel offers below `/v1/Accounts/{sid}` and Plugboard does not, by the first part of the path. */
const NOT_OFFERED: Readonly<Record<string, string>> = {
  sms: "SMS",
  campaigns: "campaigns",
  customerwhitelist: "the customer whitelist",
  numbers: "looking up numbers",
};

/**
 * One sentence for a 501 if Exotel has something at this path and Plugboard does not, so that its clients don't look for an
 * error of their own. Null: Exotel has nothing there either.
 */
export function notOffered(path: string): string | null {
  const [, version] = /^\/(v[23])\//i.exec(path) ?? [];
  if (version !== undefined)
    return `Plugboard does not offer Exotel's ${version.toLowerCase()} interface: docs/api.md says what it does`;
  const [, part = ""] = /^\/v1\/Accounts\/[^/]+\/([^/.]+)/i.exec(path) ?? [];
  const name = part.toLowerCase();
  return Object.hasOwn(NOT_OFFERED, name) ? `Plugboard does not offer ${NOT_OFFERED[name] ?? ""}` : null;
}
