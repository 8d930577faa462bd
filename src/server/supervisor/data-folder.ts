import { chmod, mkdir, stat } from "node:fs/promises";
import { errorCode } from "../../edges/store/embedded/error-code.ts";

/** Makes a data folder, or closes an existing one to other users: earlier versions left it open. */
export async function makeDataFolder(folder: string): Promise<void> {
  await makeFolder(folder);
  if ((await stat(folder)).uid === process.getuid?.()) await chmod(folder, 0o700);
}

/** Makes a folder for this user alone, with the missing ones above it. */
export async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    if (errorCode(error) !== "ENOENT") throw error;
    // Not recursive: when Node also creates missing parents, its error on a read-only file system does not say why.
    await mkdir(folder, { mode: 0o700 });
  }
}
