/** What Exotel has below `/v1/Accounts/{sid}` and Plugboard does not, by the first part of the path. */
const NOT_OFFERED: Readonly<Record<string, string>> = {
  sms: "SMS",
  campaigns: "campaigns",
  customerwhitelist: "the customer whitelist",
  numbers: "looking up numbers",
};

/**
 * Why nothing answers at this path, where Exotel has something there: one sentence for a 501, so that a client that needs it
 * does not look for a mistake of its own. Null: Exotel has nothing there either.
 */
export function notOffered(path: string): string | null {
  const [, version] = /^\/(v[23])\//i.exec(path) ?? [];
  if (version !== undefined)
    return `Plugboard does not offer Exotel's ${version.toLowerCase()} interface: docs/api.md says what it does`;
  const [, part = ""] = /^\/v1\/Accounts\/[^/]+\/([^/.]+)/i.exec(path) ?? [];
  const name = part.toLowerCase();
  return Object.hasOwn(NOT_OFFERED, name) ? `Plugboard does not offer ${NOT_OFFERED[name] ?? ""}` : null;
}
