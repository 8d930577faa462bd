import { readdirSync, readFileSync } from "node:fs";

/** The 49 messages of RFC 4475, byte for byte; see the README there. */
const FOLDER = new URL("../../../../../test/fixtures/sip/torture/", import.meta.url);

export function tortureNames(): string[] {
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith(".dat"))
    .map((name) => name.slice(0, -4));
}

export function tortureMessage(name: string): Buffer {
  return readFileSync(new URL(`${name}.dat`, FOLDER));
}
