import { createHmac } from "node:crypto";

/** The operator's user name in HTTP Basic. */
export const OPERATOR = "operator";

/**
 * The operator's password. It is derived from the platform's secret, so that a command on the same machine needs no
 * configuration and nothing more is stored. The operator may change every account.
 */
export function operatorToken(secret: string): string {
  return createHmac("sha256", secret).update("plugboard operator").digest("base64url");
}
