/** What to dial, normalised. Equal destinations have equal {@link destinationKey}s. */
export type Destination =
  | { readonly kind: "number"; readonly e164: string }
  | { readonly kind: "sip"; readonly user: string; readonly host: string | null };

/** The text form used as identity, in traces and in scenario files: `+91…`, `sip:user` or `sip:user@host`. */
export function destinationKey(destination: Destination): string {
  if (destination.kind === "number") return destination.e164;
  return destination.host === null ? `sip:${destination.user}` : `sip:${destination.user}@${destination.host}`;
}
