import { readFileSync } from "node:fs";
import { BlockList, isIP } from "node:net";
import { dirname, resolve } from "node:path";
import { z } from "zod";
import type { SourceProblem } from "../../core/flow/yaml-document.ts";
import { YamlDocument, checkDocument } from "../../core/flow/yaml-document.ts";
import type { Result } from "../../base/result.ts";
import { err, ok } from "../../base/result.ts";
import type { Flow } from "../../core/call/setup.ts";
import type { Account } from "../../core/contract/account.ts";
import { accountFields, dialPrefixesSchema, tenantIdSchema } from "../../core/contract/account-document.ts";
import { E164 } from "../../core/contract/field-schemas.ts";
import { parseFlow } from "../../core/flow/flow.ts";
import { verifyFlow } from "../../core/flow/verify.ts";

/** One SIP trunk of an account: where calls go out and who may send calls in. */
export interface Trunk {
  readonly name: string;
  readonly host: string;
  /** Null: found by SRV (RFC 3263). */
  readonly port: number | null;
  readonly transport: "udp" | "tcp";
  readonly acceptFrom: BlockList;
  readonly credentials: { readonly username: string; readonly password: string } | null;
  readonly dialFormat: "e164" | "e164-no-plus" | "national";
}

export interface ApiKey {
  readonly key: string;
  readonly token: string;
}

/** An account as configured: what the contract needs (`account`) and what only the live platform needs. */
export interface AccountConfig {
  readonly account: Account;
  readonly apiKeys: readonly ApiKey[];
  readonly privateDestinations: boolean;
  /** REQ-9; null: requests go out unsigned. Never logged or shown. */
  readonly signingSecret: string | null;
  readonly callsPerSecond: number;
  readonly concurrentCalls: number;
  readonly trunks: readonly Trunk[];
  /** ExoPhone (E.164) → flow id. */
  readonly flowOf: ReadonlyMap<string, string>;
}

/** A checked workspace: every ExoPhone's flow and trunk exists. */
export interface Workspace {
  readonly accounts: readonly AccountConfig[];
  /** By `<account sid>/<flow id>`. */
  readonly flows: ReadonlyMap<string, Flow>;
}

const e164 = z
  .string()
  .regex(E164, { error: (issue) => `"${String(issue.input)}" is not an E.164 number such as "+918047100000"` });
const sid = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,63}$/, "must be 1 to 64 characters of a-z, 0-9, - and _");

const trunkSchema = z.strictObject({
  name: z.string().min(1),
  address: z.string().regex(/^(\[[0-9a-fA-F:]+\]|[^\s:[\]]+)(:\d{1,5})?$/, "must be host or host:port"),
  transport: z.enum(["udp", "tcp"]).default("udp"),
  accept_from: z.array(z.string()).default([]),
  username: z.string().nullable().default(null),
  password: z.string().nullable().default(null),
  dial_format: z.enum(["e164", "e164-no-plus", "national"]).default("e164"),
  reaches: dialPrefixesSchema,
});

/** REQ-9: 128 bits written as hex; whoever has seen one signed request may guess a shorter secret offline. */
const MIN_SECRET_CHARACTERS = 32;

const accountSchema = z.strictObject({
  sid,
  tenant_id: tenantIdSchema,
  ...accountFields,
  api_keys: z.array(z.strictObject({ key: z.string().min(1), token: z.string().min(1) })).default([]),
  private_destinations: z.boolean().default(false),
  signing_secret: z
    .string()
    .min(MIN_SECRET_CHARACTERS, `must be at least ${MIN_SECRET_CHARACTERS} characters, best from a random generator`)
    .nullable()
    .default(null),
  limits: z
    .strictObject({
      calls_per_second: z.number().int().min(1).max(10_000).default(10),
      concurrent_calls: z.number().int().min(1).max(100_000).default(100),
      dial_prefixes: dialPrefixesSchema,
    })
    .default({ calls_per_second: 10, concurrent_calls: 100, dial_prefixes: [] }),
  trunks: z.array(trunkSchema).min(1, "an account needs at least one trunk"),
  exophones: z
    .array(
      z.strictObject({
        number: e164,
        flow: z.string().nullable().default(null),
        trunk: z.string().nullable().default(null),
        region: z.string().nullable().default(null),
        name: z.string().default(""),
      }),
    )
    .min(1, "an account needs at least one ExoPhone"),
  users: z
    .array(
      z.strictObject({
        name: z.string().min(1),
        number: e164.nullable().default(null),
        email: z.string().nullable().default(null),
        password: z.string().nullable().default(null),
      }),
    )
    .default([]),
});

const workspaceSchema = z.strictObject({
  accounts: z.array(accountSchema).min(1, "a workspace needs at least one account"),
  flows: z.array(z.union([z.strictObject({ file: z.string() }), z.looseObject({ flow: z.string() })])).default([]),
});

type WorkspaceDocument = z.infer<typeof workspaceSchema>;
type AccountDocument = z.infer<typeof accountSchema>;

/** Reads and checks a workspace file. Problems name file, line, field and what is allowed. */
export function loadWorkspace(
  file: string,
  environment: Readonly<Record<string, string | undefined>>,
): Result<Workspace, readonly SourceProblem[]> {
  const raw = readText(file);
  if (!raw.ok) return err([{ file, line: 1, path: "", message: raw.error }]);
  const expanded = expandEnvironment(raw.value, file, environment);
  if (!expanded.ok) return expanded;
  const document = YamlDocument.parse(expanded.value, file);
  if (!document.ok) return document;
  const checked = checkDocument(document.value, workspaceSchema);
  if (!checked.ok) return checked;
  return assemble(document.value, checked.value);
}

/** Something about a flow of the workspace that keeps nobody from taking calls. */
export interface WorkspaceWarning {
  /** `<account sid>/<flow id>`. */
  readonly flow: string;
  readonly rule: string;
  /** Where in the flow document: `applets.sales.exits.nobody_answered`. */
  readonly path: string;
  /** One sentence. */
  readonly message: string;
}

/** What verification says of the flows: applets that no call reaches, exits that lead nowhere. `plugboard verify` shows calls. */
export function warningsOf({ flows }: Workspace): readonly WorkspaceWarning[] {
  return [...flows].flatMap(([flow, document]) =>
    verifyFlow(document).warnings.map(({ rule, path, message }) => ({ flow, rule, path: path.join("."), message })),
  );
}

function readText(file: string): Result<string, string> {
  try {
    return ok(readFileSync(file, "utf8"));
  } catch (error) {
    return err(`cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** `${NAME}` is replaced from the environment; a name that is not set is a problem, never an empty string. */
function expandEnvironment(
  text: string,
  file: string,
  environment: Readonly<Record<string, string | undefined>>,
): Result<string, readonly SourceProblem[]> {
  const problems: SourceProblem[] = [];
  const expanded = text.split("\n").map((content, index) =>
    content.replaceAll(/\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g, (whole, name: string) => {
      const value = environment[name];
      if (value !== undefined) return value;
      problems.push({ file, line: index + 1, path: "", message: `${whole} is not set in the environment` });
      return whole;
    }),
  );
  return problems.length === 0 ? ok(expanded.join("\n")) : err(problems);
}

function assemble(source: YamlDocument, document: WorkspaceDocument): Result<Workspace, readonly SourceProblem[]> {
  const problems: SourceProblem[] = [];
  const flows = readFlows(source, document, problems);
  const owners = new Map<string, string>();
  const accounts = document.accounts.map((account, index) => {
    checkReferences(source, account, index, flows, owners, problems);
    return accountConfig(account);
  });
  return problems.length === 0 ? ok({ accounts, flows }) : err(problems);
}

function readFlows(source: YamlDocument, document: WorkspaceDocument, problems: SourceProblem[]): Map<string, Flow> {
  const flows = new Map<string, Flow>();
  const known = new Set(document.accounts.map((account) => account.sid));
  for (const [index, entry] of document.flows.entries()) {
    const loaded =
      "file" in entry && typeof entry.file === "string"
        ? flowFile(source, index, entry.file)
        : inlineFlow(source, index, entry);
    if (!loaded.ok) {
      problems.push(...loaded.error);
      continue;
    }
    const { account, flow } = loaded.value;
    const owner = account ?? (document.accounts.length === 1 ? document.accounts[0]?.sid : undefined);
    if (owner === undefined || !known.has(owner)) {
      const message = `flow ${flow.id} belongs to account "${owner ?? ""}", which is not in this workspace (accounts: ${[...known].join(", ")})`;
      problems.push(source.problem(["flows", index], message));
    } else if (flows.has(`${owner}/${flow.id}`)) {
      problems.push(source.problem(["flows", index], `flow "${flow.id}" of account "${owner}" is given twice`));
    } else flows.set(`${owner}/${flow.id}`, flow);
  }
  return flows;
}

type LoadedFlow = Result<{ account: string | undefined; flow: Flow }, readonly SourceProblem[]>;

function flowFile(source: YamlDocument, index: number, name: string): LoadedFlow {
  const file = resolve(dirname(source.file), name);
  const raw = readText(file);
  if (!raw.ok) return err([source.problem(["flows", index, "file"], `${name} ${raw.error}`)]);
  const document = YamlDocument.parse(raw.value, file);
  return document.ok ? flowOf(document.value, document.value.value(), []) : document;
}

function inlineFlow(source: YamlDocument, index: number, value: unknown): LoadedFlow {
  return flowOf(source, value, ["flows", index]);
}

function flowOf(document: YamlDocument, value: unknown, prefix: readonly PropertyKey[]): LoadedFlow {
  const flow = parseFlow(value);
  if (!flow.ok)
    return err(flow.error.map((problem) => document.problem([...prefix, ...problem.path], problem.message)));
  const account = typeof value === "object" && value !== null && "account" in value ? value.account : undefined;
  return ok({ account: typeof account === "string" ? account : undefined, flow: flow.value });
}

function checkReferences(
  source: YamlDocument,
  account: AccountDocument,
  index: number,
  flows: ReadonlyMap<string, Flow>,
  owners: Map<string, string>,
  problems: SourceProblem[],
): void {
  const at = (...path: PropertyKey[]): PropertyKey[] => ["accounts", index, ...path];
  const trunks = new Set(account.trunks.map((trunk) => trunk.name));
  const users = new Set(account.users.map((user) => user.name));
  for (const [i, trunk] of account.trunks.entries())
    for (const [j, address] of trunk.accept_from.entries())
      if (parseSubnet(address) === null)
        problems.push(
          source.problem(
            at("trunks", i, "accept_from", j),
            `"${address}" is not an IP address or a subnet such as 192.0.2.0/24`,
          ),
        );
  for (const [i, exophone] of account.exophones.entries()) {
    const owner = owners.get(exophone.number);
    if (owner !== undefined)
      problems.push(
        source.problem(at("exophones", i, "number"), `${exophone.number} already belongs to account "${owner}"`),
      );
    owners.set(exophone.number, account.sid);
    if (exophone.flow !== null && !flows.has(`${account.sid}/${exophone.flow}`))
      problems.push(
        source.problem(at("exophones", i, "flow"), unknownName("flow", exophone.flow, flowsOf(account.sid, flows))),
      );
    if (exophone.trunk !== null && !trunks.has(exophone.trunk))
      problems.push(source.problem(at("exophones", i, "trunk"), unknownName("trunk", exophone.trunk, [...trunks])));
  }
  for (const [i, group] of account.groups.entries())
    for (const user of [...group.users, ...(group.order ?? [])])
      if (!users.has(user))
        problems.push(source.problem(at("groups", i, "users"), unknownName("user", user, [...users])));
}

function flowsOf(account: string, flows: ReadonlyMap<string, Flow>): string[] {
  return [...flows.keys()].filter((key) => key.startsWith(`${account}/`)).map((key) => key.slice(account.length + 1));
}

function unknownName(what: string, name: string, known: readonly string[]): string {
  return `there is no ${what} "${name}" (known: ${known.length === 0 ? "none" : known.join(", ")})`;
}

function parseSubnet(text: string): { address: string; prefix: number; family: "ipv4" | "ipv6" } | null {
  const [address = "", prefixText] = text.split("/");
  const version = isIP(address);
  if (version === 0) return null;
  const widest = version === 4 ? 32 : 128;
  const prefix = prefixText === undefined ? widest : Number(prefixText);
  if (!Number.isInteger(prefix) || prefix < 0 || prefix > widest) return null;
  return { address, prefix, family: version === 4 ? "ipv4" : "ipv6" };
}

function accountConfig(document: AccountDocument): AccountConfig {
  // An ExoPhone that names no trunk is on the first one.
  const reachOf = (name: string | null): readonly string[] =>
    (document.trunks.find((trunk) => trunk.name === name) ?? document.trunks[0])?.reaches ?? [];
  return {
    account: {
      sid: document.sid,
      tenantId: String(document.tenant_id),
      country: document.country,
      timezone: document.timezone,
      language: document.language,
      numberFormat: document.number_format,
      wire: document.wire,
      dialEvents: document.dial_events,
      sipHosts: document.sip_hosts,
      dialPrefixes: document.limits.dial_prefixes,
      exophones: document.exophones.map(({ number, region, trunk }) => ({
        number,
        region,
        trunk,
        reaches: reachOf(trunk),
      })),
      users: document.users.map(({ name, number, email }) => ({ name, number, email })),
      groups: Object.fromEntries(document.groups.map((group) => [group.name, group.order ?? group.users])),
    },
    apiKeys: document.api_keys,
    privateDestinations: document.private_destinations,
    signingSecret: document.signing_secret,
    callsPerSecond: document.limits.calls_per_second,
    concurrentCalls: document.limits.concurrent_calls,
    trunks: document.trunks.map(trunkConfig),
    flowOf: new Map(document.exophones.flatMap(({ number, flow }) => (flow === null ? [] : [[number, flow] as const]))),
  };
}

function trunkConfig(document: z.infer<typeof trunkSchema>): Trunk {
  const colon = /:(\d+)$/.exec(document.address);
  const acceptFrom = new BlockList();
  for (const text of document.accept_from) {
    const subnet = parseSubnet(text);
    if (subnet !== null) acceptFrom.addSubnet(subnet.address, subnet.prefix, subnet.family);
  }
  return {
    name: document.name,
    host: colon === null ? document.address : document.address.slice(0, colon.index),
    port: colon === null ? null : Number(colon[1]),
    transport: document.transport,
    acceptFrom,
    credentials: document.username === null ? null : { username: document.username, password: document.password ?? "" },
    dialFormat: document.dial_format,
  };
}
