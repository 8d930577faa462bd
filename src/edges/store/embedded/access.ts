import { chmod, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { SystemUser, UserSystem } from "./server-user.ts";

/** The role that owns everything in the embedded database. */
export const ROLE = "plugboard";

const NOTE = "# Written by Plugboard at each start.\n";

/**
 * Who may connect: over the unix socket, the user that we run as, as the kernel reports it (peer); over the network, if
 * the settings open it, roles with a password. Returns whether a server that is already running has to be told.
 */
export async function writeAccess(cluster: string, owner: SystemUser | null, system: UserSystem): Promise<boolean> {
  const { hba, ident } = accessRules(system.name());
  const changes = [
    await replace(join(cluster, "pg_hba.conf"), hba, owner, system),
    await replace(join(cluster, "pg_ident.conf"), ident, owner, system),
  ];
  return changes.includes(true);
}

/** The texts of `pg_hba.conf` and `pg_ident.conf` for a client that the system calls `user`. */
export function accessRules(user: string): { readonly hba: string; readonly ident: string } {
  const hba = [
    `local all ${ROLE} peer map=${ROLE}`,
    "host all all 127.0.0.1/32 scram-sha-256",
    "host all all ::1/128 scram-sha-256",
  ];
  const ident = `${ROLE} "${user.replaceAll('"', '""')}" ${ROLE}\n`;
  return { hba: `${NOTE}${hba.join("\n")}\n`, ident: NOTE + ident };
}

/**
 * Writes a new file next to it and renames that: the folder belongs to the server's user, who could have put a link to another file there.
 */
async function replace(file: string, text: string, owner: SystemUser | null, system: UserSystem): Promise<boolean> {
  if ((await readFile(file, "utf8").catch(() => null)) === text) return false;
  const fresh = `${file}.new`;
  await rm(fresh, { force: true });
  await writeFile(fresh, text, { flag: "wx", mode: 0o600 });
  await chmod(fresh, 0o600);
  if (owner !== null) await system.give(fresh, owner);
  await rename(fresh, file);
  return true;
}
