import { readFileSync } from "node:fs";
import { z } from "zod";
import { err, ok, type Result } from "../base/result.ts";
import type { GroupSizes } from "../core/call/setup.ts";
import { checkDocument, showProblem, YamlDocument } from "../core/flow/yaml-document.ts";

/**
 * What verification needs from a workspace. The platform validates everything else in it, including its flows, when it
 * starts.
 */
const schema = z.looseObject({
  accounts: z
    .array(
      z.looseObject({
        sid: z.string(),
        groups: z
          .array(z.looseObject({ name: z.string(), users: z.array(z.string()), order: z.array(z.string()).optional() }))
          .default([]),
      }),
    )
    .min(1),
});

type AccountGroups = z.infer<typeof schema>["accounts"][number];

/**
 * How many people each group has in the account of a flow document: the account it names, or the only one. The error has
 * one sentence for each problem.
 */
export function groupsOfWorkspace(file: string, flow: unknown): Result<GroupSizes, readonly string[]> {
  const read = readWorkspace(file, schema);
  if (!read.ok) return read;
  const account = accountOf(read.value.accounts, flow, file);
  if (!account.ok) return account;
  return ok(Object.fromEntries(account.value.groups.map(({ name, users, order }) => [name, (order ?? users).length])));
}

/** Reads the parts of a workspace file that a schema names. The error has one sentence for each problem. */
export function readWorkspace<T>(file: string, wanted: z.ZodType<T>): Result<T, readonly string[]> {
  const text = readFile(file);
  if (!text.ok) return text;
  const document = YamlDocument.parse(text.value, file);
  if (!document.ok) return err(document.error.map(showProblem));
  const checked = checkDocument(document.value, wanted);
  return checked.ok ? checked : err(checked.error.map(showProblem));
}

function readFile(file: string): Result<string, readonly string[]> {
  try {
    return ok(readFileSync(file, "utf8"));
  } catch (error) {
    return err([`${file}: cannot be read: ${error instanceof Error ? error.message : String(error)}`]);
  }
}

function accountOf(
  accounts: readonly AccountGroups[],
  flow: unknown,
  file: string,
): Result<AccountGroups, readonly string[]> {
  const [first, second] = accounts;
  const named = typeof flow === "object" && flow !== null && "account" in flow ? flow.account : undefined;
  if (named === undefined && first !== undefined && second === undefined) return ok(first);
  const account = accounts.find(({ sid }) => sid === named);
  if (account !== undefined) return ok(account);
  const known = accounts.map(({ sid }) => sid).join(", ");
  return err([
    named === undefined
      ? `${file}: holds several accounts (${known}), and the flow does not say in \`account\` to which it belongs`
      : `${file}: holds no account ${JSON.stringify(named)}, to which the flow belongs (accounts: ${known})`,
  ]);
}
