import { readFile, readlink, realpath } from "node:fs/promises";
import { join, resolve } from "node:path";
import { errorCode } from "./error-code.ts";

/** What a running server writes into its `postmaster.pid`. */
export interface Postmaster {
  readonly pid: number;
  readonly port: number;
  readonly socketDir: string;
  readonly stopping: boolean;
}

/** Lines of `postmaster.pid` (PostgreSQL's pidfile.h), counted from 0. */
const LINE = { pid: 0, port: 3, socketDir: 4, status: 7 } as const;

/** The server that left its `postmaster.pid` in a cluster folder; null if there is no such file. */
export async function readPostmaster(cluster: string): Promise<Postmaster | null> {
  let lines: readonly string[];
  try {
    lines = (await readFile(join(cluster, "postmaster.pid"), "utf8")).split("\n").map((line) => line.trim());
  } catch (error) {
    if (errorCode(error) === "ENOENT") return null;
    throw error;
  }
  const pid = Number(lines[LINE.pid]);
  if (!Number.isInteger(pid) || pid <= 0) return null;
  return {
    pid,
    port: Number(lines[LINE.port]),
    // It is relative if root started the server.
    socketDir: resolve(cluster, lines[LINE.socketDir] ?? ""),
    stopping: lines[LINE.status] === "stopping",
  };
}

/** Whether a process exists, no matter which user owns it. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) === "EPERM";
  }
}

/**
 * Whether a live process is the server of this cluster, and not another that got its pid after a reboot: a server's
 * working folder is its cluster. Without /proc, any live process counts as the server.
 */
export async function serves(pid: number, cluster: string): Promise<boolean> {
  if (!isAlive(pid)) return false;
  try {
    return (await readlink(`/proc/${pid}/cwd`)) === (await realpath(cluster));
  } catch (error) {
    const code = errorCode(error);
    if (code === "ENOENT" || code === "ESRCH") return process.platform !== "linux";
    // A process that we may not inspect runs as another user, which ours never does.
    if (code === "EACCES" || code === "EPERM") return false;
    throw error;
  }
}

/** Tells a process from a later one with the same pid: its start time; empty if the system provides none. */
export async function startStamp(pid: number): Promise<string> {
  try {
    const line = await readFile(`/proc/${pid}/stat`, "utf8");
    // The second field is the program's name in brackets and may contain spaces; the start time is the 22nd.
    return line.slice(line.lastIndexOf(")") + 2).split(" ")[19] ?? "";
  } catch {
    return "";
  }
}
