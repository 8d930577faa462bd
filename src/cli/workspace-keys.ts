import { z } from "zod";
import type { Result } from "../base/result.ts";
import { err, ok } from "../base/result.ts";
import { readWorkspace } from "./workspace-groups.ts";

/** What a command needs from a workspace to talk to the platform that serves it. */
const schema = z.looseObject({
  accounts: z
    .array(
      z.looseObject({
        sid: z.string(),
        api_keys: z.array(z.looseObject({ key: z.string(), token: z.string() })).default([]),
      }),
    )
    .min(1),
});

/** The wanted account of a workspace, and its first key as `key:token`. The error is one sentence. */
export function keysOfWorkspace(
  file: string,
  wanted: string | undefined,
  env: NodeJS.ProcessEnv,
): Result<{ readonly account: string; readonly key: string }, string> {
  const read = readWorkspace(file, schema);
  if (!read.ok) return err(read.error.join("\n"));
  const { accounts } = read.value;
  const account = accounts.find(({ sid }) => sid === wanted) ?? (wanted === undefined ? accounts[0] : undefined);
  const known = accounts.map(({ sid }) => sid).join(", ");
  if (account === undefined) return err(`${file}: holds no account ${String(wanted)}, only ${known}`);
  if (wanted === undefined && accounts.length > 1)
    return err(`${file}: holds several accounts (${known}): choose one with --account`);
  const [key] = account.api_keys;
  if (key === undefined) return err(`${file}: account ${account.sid} has no API key: give one with --key`);
  return filled(`${key.key}:${key.token}`, file, env, account.sid);
}

/** Fills in environment variables for `${NAME}`, as `serve` does. */
function filled(
  key: string,
  file: string,
  env: NodeJS.ProcessEnv,
  account: string,
): Result<{ readonly account: string; readonly key: string }, string> {
  const names = [...key.matchAll(/\$\{(\w+)\}/g)].map(([, name = ""]) => name);
  const missing = names.find((name) => env[name] === undefined);
  if (missing !== undefined)
    return err(`${file}: the key of account ${account} needs \${${missing}}, which is not set in the environment`);
  return ok({ account, key: key.replaceAll(/\$\{(\w+)\}/g, (_, name: string) => env[name] ?? "") });
}
