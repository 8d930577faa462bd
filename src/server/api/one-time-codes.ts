import { Secret, TOTP } from "otpauth";
import type { Random } from "../../base/random.ts";

/** RFC 4226, 4: at least 128 bits, better 160. */
const SECRET_BYTES = 20;
/** Codes of the previous and next step are accepted too: clocks of phones may be off by some seconds (RFC 6238, 5.2). */
const WINDOW_STEPS = 1;
const RECOVERY_CODES = 10;
/** 80 bits each. */
const RECOVERY_BYTES = 10;
const ISSUER = "Plugboard";

/** The second factor (RFC 6238): six digits, a new code every 30 s. */
function totpOf(secret: string, label: string): TOTP {
  return new TOTP({
    issuer: ISSUER,
    label,
    secret: Secret.fromBase32(secret),
    algorithm: "SHA1",
    digits: 6,
    period: 30,
  });
}

/** A new secret in Base32. */
export function makeTotpSecret(random: Random): string {
  return new Secret({ buffer: Uint8Array.from(Buffer.from(random.hex(SECRET_BYTES), "hex")).buffer }).base32;
}

/** The URI that a phone reads from a QR code. */
export function totpUri(secret: string, label: string): string {
  return totpOf(secret, label).toString();
}

/** The time step of a code; null: it is wrong or too old. `now` in epoch ms. */
export function stepOfCode(secret: string, code: string, now: number): number | null {
  if (!/^\d{6}$/.test(code)) return null;
  const totp = totpOf(secret, "");
  const delta = totp.validate({ token: code, timestamp: now, window: WINDOW_STEPS });
  return delta === null ? null : totp.counter({ timestamp: now }) + delta;
}

/** Codes to use if the phone is lost; each works once. */
export function makeRecoveryCodes(random: Random): readonly string[] {
  return Array.from({ length: RECOVERY_CODES }, () => random.hex(RECOVERY_BYTES).replaceAll(/.{5}(?=.)/g, "$&-"));
}

/** The code in its original form, however it was typed. */
export function normalRecoveryCode(code: string): string {
  return code
    .toLowerCase()
    .replaceAll(/[^0-9a-f]/g, "")
    .replaceAll(/.{5}(?=.)/g, "$&-");
}
