import { randomBytes } from "node:crypto";
import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { errorCode } from "../../edges/store/embedded/error-code.ts";

/**
 * Random hex, created once and kept in a file that only we may read. An existing file is never overwritten: calls and sealed
 * texts depend on it. Rejects if the file exists but can't be read or is empty (as left by an older version on a full disk).
 */
export async function readOrCreate(file: string, bytes: number): Promise<string> {
  let text: string;
  try {
    text = (await readFile(file, "utf8")).trim();
  } catch (error) {
    if (errorCode(error) !== "ENOENT") throw error;
    return create(file, randomBytes(bytes).toString("hex"));
  }
  if (text === "")
    throw new Error(`${file} is empty: restore it from a backup, or delete it to have a new one created`);
  return text;
}

/** Writes under another name first, so that a full disk leaves no empty file. */
async function create(file: string, text: string): Promise<string> {
  const unfinished = `${file}.new`;
  try {
    await writeFile(unfinished, `${text}\n`, { mode: 0o600, flush: true });
    await rename(unfinished, file);
  } finally {
    await rm(unfinished, { force: true });
  }
  return text;
}
