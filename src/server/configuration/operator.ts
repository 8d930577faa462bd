import { createHmac } from "node:crypto";

/** User name of HTTP Basic of whoever runs the platform. */
export const OPERATOR = "operator";

/**
 * The password of whoever runs the platform: drawn from its secret, so that a command on the same machine knows it without
 * being told, and nothing more is stored. It may change every account.
 */
export function operatorToken(secret: string): string {
  return createHmac("sha256", secret).update("plugboard operator").digest("base64url");
}
