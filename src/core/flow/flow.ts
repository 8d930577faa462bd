import { z } from "zod";
import { appletKind, appletKinds } from "../applets/registry.ts";
import { err, ok, type Result } from "../../base/result.ts";
import type { AppletExit } from "../call/applet.ts";
import type { AppletDocument, Flow } from "../call/setup.ts";
import { describe } from "../contract/finding.ts";
import { nearest } from "../contract/suggest-key.ts";
import { busyLoopProblems } from "./verify.ts";
import { problem, type FlowProblem, issueMessages } from "./schema-errors.ts";

export type { Flow } from "../call/setup.ts";
export type { FlowProblem } from "./schema-errors.ts";

/** More than a person can draw or a call can run (APP-9); bounds verification. */
const MAX_APPLETS = 200;

const FLOW_ID = 'digits, such as "11754": it is sent as flow_id';

/** REQ-20: the id is sent as `flow_id`, which is digits; YAML may hold it without quotes. */
const flowIdSchema = z.preprocess(
  (value) => (typeof value === "number" || typeof value === "string" ? String(value) : ""),
  z.string().regex(/^[0-9]{1,20}$/, FLOW_ID),
);

/** The flow document without its applets. `account` names its owner; the flow itself does not need it. */
const envelope = z.strictObject({
  flow: flowIdSchema,
  account: z.string().optional(),
  name: z.string().max(200).default(""),
  start: z.string(),
  validation: z.enum(["strict", "lenient"]).default("strict"),
  applets: z.record(z.string().min(1).max(64), z.unknown()),
});

/** What was read from a flow document, mistakes included. */
export interface FlowReading {
  readonly problems: readonly FlowProblem[];
  /**
   * The part of it that can be played: every applet that cannot be read, and every target that does not exist, is replaced by a Hangup.
   * Null: it does not say where to start, or has no applets.
   */
  readonly playable: Flow | null;
  /** Applets that cannot be read. */
  readonly unreadable: readonly string[];
  /** Targets that do not exist. */
  readonly unknown: readonly string[];
}

/**
 * Reads a flow document. The resulting flow can be run: every applet fits its kind's schema, every target exists,
 * and no loop runs without waiting (APP-9). All problems are found, not only the first. Never throws.
 */
export function parseFlow(document: unknown): Result<Flow, readonly FlowProblem[]> {
  const { problems, playable } = readFlow(document);
  return problems.length === 0 && playable !== null ? ok(playable) : err(problems);
}

/** {@link parseFlow} for a flow with mistakes that is to be played as far as possible. Never throws. */
export function readFlow(document: unknown): FlowReading {
  const read = envelope.safeParse(document);
  const record = isRecord(document) ? document : {};
  const { applets, ids, problems } = readApplets(record["applets"]);
  const envelopeProblems = read.success ? [] : issueMessages(envelope, document, read.error, []);
  const targets = targetsOf(record["start"], applets).filter(() => isRecord(record["applets"]));
  const unknown = targets.filter(({ target }) => !ids.includes(target));
  const all = [
    ...envelopeProblems,
    ...problems,
    ...unknown.map(({ path, target }) => unknownTarget(path, target, ids)),
    ...busyLoopProblems(applets),
  ];
  const gaps = {
    unreadable: ids.filter((id) => !Object.hasOwn(applets, id)),
    unknown: [...new Set(unknown.map(({ target }) => target))],
  };
  const isPlayable = ids.length > 0 && ids.length <= MAX_APPLETS;
  const playable = isPlayable ? playableOf(record, applets, [...gaps.unreadable, ...gaps.unknown]) : null;
  return { problems: all, playable, ...gaps };
}

/** The envelope without its mistakes, with the applets that can be read. */
function playableOf(
  record: Readonly<Record<string, unknown>>,
  applets: Flow["applets"],
  gaps: readonly string[],
): Flow | null {
  const fields = Object.entries(record).filter(([key]) => ["flow", "name", "start", "validation"].includes(key));
  const candidate = { ...Object.fromEntries(fields), applets: {} };
  const faulty = envelope.safeParse(candidate).error?.issues.map(({ path }) => path[0]) ?? [];
  const valid = fields.filter(([key]) => !faulty.includes(key));
  const read = envelope.safeParse({ flow: "0", ...Object.fromEntries(valid), applets: {} });
  if (!read.success) return null;
  const { flow: id, name, start, validation } = read.data;
  const stopGaps = gaps.map((gap) => [gap, { type: "hangup" }] as const);
  return { id, name, start, validation, applets: Object.fromEntries([...Object.entries(applets), ...stopGaps]) };
}

/** The exits of one applet of a parsed flow. */
export function exitsOf(document: AppletDocument): readonly AppletExit[] {
  return appletKind(document.type)?.exits(document) ?? [];
}

interface ReadApplets {
  readonly applets: Readonly<Record<string, AppletDocument>>;
  /** Ids of all applets, including those with problems. */
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
  return read.success ? ok(read.data) : err(issueMessages(kind.schema, document, read.error, path));
}

function unknownType(type: unknown, path: readonly string[]): FlowProblem {
  const types = appletKinds.map((kind) => kind.type);
  const near = typeof type === "string" ? nearest(type, types) : null;
  return problem(path, describe(type), `one of ${types.join(", ")}${near === null ? "" : ` (perhaps ${near})`}`);
}

interface Target {
  readonly path: readonly string[];
  readonly target: string;
}

/** EXIT-6: everything that should name an applet of the document. */
function targetsOf(start: unknown, applets: Flow["applets"]): Target[] {
  const first = typeof start === "string" ? [{ path: ["start"], target: start }] : [];
  const others = Object.entries(applets).flatMap(([id, document]) =>
    exitsOf(document).flatMap(({ target, path }) =>
      target === null ? [] : [{ path: ["applets", id, ...path], target }],
    ),
  );
  return [...first, ...others];
}

function unknownTarget(path: readonly string[], target: string, ids: readonly string[]): FlowProblem {
  const near = nearest(target, ids);
  const hint = near === null ? "" : ` (perhaps ${near})`;
  return problem(path, describe(target), `the id of an applet of this flow, one of ${ids.join(", ")}${hint}`, "EXIT-6");
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
