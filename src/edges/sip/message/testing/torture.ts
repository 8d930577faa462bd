import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/** The 49 messages of RFC 4475 and three of its drafts, byte for byte, from the `sip` package's tests. */
const FOLDER = join(dirname(createRequire(import.meta.url).resolve("sip/package.json")), "test", "messages");

export function tortureNames(): string[] {
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith(".dat"))
    .map((name) => name.slice(0, -4));
}

export function tortureMessage(name: string): Buffer {
  return readFileSync(join(FOLDER, `${name}.dat`));
}
