import { z } from "zod";
import { appletKind, appletKinds } from "../applets/registry.ts";
import { nearest } from "../base/located.ts";
import { err, ok, type Result } from "../base/result.ts";
import type { AppletExit } from "../call/applet.ts";
import type { AppletDocument, Flow } from "../call/setup.ts";
import { describe } from "../contract/finding.ts";
import { spinningProblems } from "./proofs.ts";
import { problem, type FlowProblem, wordIssues } from "./words.ts";

export type { Flow } from "../call/setup.ts";
export type { FlowProblem } from "./words.ts";

/** More than a person can draw or a call can run (APP-9); bounds the proofs. */
const MAX_APPLETS = 200;

/** The flow document around its applets. `account` says whose it is; the flow itself does not need it. */
const envelope = z.strictObject({
  flow: z.union([z.string().regex(/^[A-Za-z0-9_-]{1,64}$/), z.int().nonnegative()]).transform(String),
  account: z.string().optional(),
  name: z.string().max(200).default(""),
  start: z.string(),
  validation: z.enum(["strict", "lenient"]).default("strict"),
  applets: z.record(z.string().min(1).max(64), z.unknown()),
});

/**
 * Reads a flow document. The flow that comes out can be run: every applet fits its kind's schema, every target exists,
 * and no circle spins (APP-9). All problems are found, not the first alone. Never throws.
 */
export function parseFlow(document: unknown): Result<Flow, readonly FlowProblem[]> {
  const read = envelope.safeParse(document);
  const { applets, ids, problems } = readApplets(isRecord(document) ? document["applets"] : undefined);
  if (!read.success) return err([...wordIssues(envelope, document, read.error, []), ...problems]);
  const { flow: id, name, start, validation } = read.data;
  const all = [...problems, ...targetProblems(start, applets, ids), ...spinningProblems(applets)];
  return all.length === 0 ? ok({ id, name, start, validation, applets }) : err(all);
}

/** The ways out of one applet of a parsed flow. */
export function exitsOf(document: AppletDocument): readonly AppletExit[] {
  return appletKind(document.type)?.exits(document) ?? [];
}

interface ReadApplets {
  readonly applets: Readonly<Record<string, AppletDocument>>;
  /** Of all applets, the ones with problems too. */
  readonly ids: readonly string[];
  readonly problems: readonly FlowProblem[];
}

function readApplets(value: unknown): ReadApplets {
  const entries = isRecord(value) ? Object.entries(value) : [];
  const ids = entries.map(([id]) => id);
  if (entries.length > MAX_APPLETS) {
    const tooMany = problem(["applets"], `${entries.length} applets`, `at most ${MAX_APPLETS}`);
    return { applets: {}, ids, problems: [tooMany] };
  }
  const problems: FlowProblem[] = [];
  const applets: Record<string, AppletDocument> = {};
  for (const [id, document] of entries) {
    const read = readApplet(document, ["applets", id]);
    if (read.ok) applets[id] = read.value;
    else problems.push(...read.error);
  }
  return { applets, ids, problems };
}

function readApplet(document: unknown, path: readonly string[]): Result<AppletDocument, readonly FlowProblem[]> {
  if (!isRecord(document)) return err([problem(path, describe(document), "an applet: an object with `type`")]);
  const type = document["type"];
  const kind = typeof type === "string" ? appletKind(type) : undefined;
  if (kind === undefined) return err([unknownType(type, [...path, "type"])]);
  const read = kind.schema.safeParse(document);
  return read.success ? ok(read.data) : err(wordIssues(kind.schema, document, read.error, path));
}

function unknownType(type: unknown, path: readonly string[]): FlowProblem {
  const types = appletKinds.map((kind) => kind.type);
  const near = typeof type === "string" ? nearest(type, types) : null;
  return problem(path, describe(type), `one of ${types.join(", ")}${near === null ? "" : ` (perhaps ${near})`}`);
}

/** EXIT-6: every target names an applet of the document. */
function targetProblems(start: string, applets: ReadApplets["applets"], ids: readonly string[]): FlowProblem[] {
  const problems = ids.includes(start) ? [] : [unknownTarget(["start"], start, ids)];
  for (const [id, document] of Object.entries(applets)) {
    for (const { target, path } of exitsOf(document)) {
      if (target !== null && !ids.includes(target)) problems.push(unknownTarget(["applets", id, ...path], target, ids));
    }
  }
  return problems;
}

function unknownTarget(path: readonly string[], target: string, ids: readonly string[]): FlowProblem {
  const near = nearest(target, ids);
  const hint = near === null ? "" : ` (perhaps ${near})`;
  return problem(path, describe(target), `the id of an applet of this flow, one of ${ids.join(", ")}${hint}`);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
