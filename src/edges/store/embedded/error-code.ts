/** `code` of a system error; null for anything else. */
export function errorCode(error: unknown): string | null {
  if (!(error instanceof Error) || !("code" in error)) return null;
  return typeof error.code === "string" ? error.code : null;
}

/** Codes with which a file system refuses a change permanently, and why. */
const REFUSALS: Readonly<Record<string, string>> = {
  EACCES: "this user may not write there",
  EPERM: "this user may not change it",
  EROFS: "its file system is mounted read-only",
  ENOSPC: "its disk is full: free some space",
  EDQUOT: "this user's disk quota is used up: free some space",
  ENOTDIR: "a part of its path is not a folder",
  EEXIST: "a file with that name is in the way",
};

/** An error about a folder as one sentence that names the folder; other errors are returned unchanged. */
export function folderProblem(folder: string, error: unknown): unknown {
  const reason = REFUSALS[errorCode(error) ?? ""];
  if (reason === undefined) return error;
  const advice = "Fix that, or name another data folder (--data or PLUGBOARD_DATA).";
  return new Error(`The data folder ${folder} cannot be used, ${reason}. ${advice}`, { cause: error });
}
