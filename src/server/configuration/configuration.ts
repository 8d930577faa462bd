import type { Clock } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";
import { RepeatedLine } from "../../base/repeated-line.ts";
import type { Result } from "../../base/result.ts";
import { err, ok } from "../../base/result.ts";
import type { ConfigurationTable, ConfigurationWrite } from "../../edges/store/configuration-table.ts";
import type { Workspace } from "../exchange/workspace.ts";
import type { BuiltWorkspace, ConfigurationMistake } from "./built-workspace.ts";
import { buildWorkspace, EMPTY_WORKSPACE, showMistake } from "./built-workspace.ts";
import type { ResourceChange } from "./resource-changes.ts";
import { changeOf, removalOf } from "./resource-changes.ts";
import type { Resource, ResourceDocument, ResourceKey, WantedResource } from "./resources.ts";
import { keyOf } from "./resources.ts";
import { resourceOf, rowOf } from "./stored-resource.ts";
import type { ConfigurationEdit } from "./wanted-workspace.ts";
import { nextPositions, trunkOrder } from "./wanted-workspace.ts";

/** Why a change was not made; each message is one sentence. */
export type ConfigurationProblem =
  /** The resulting configuration would have mistakes. */
  | { readonly kind: "invalid"; readonly mistakes: readonly ConfigurationMistake[] }
  /** The flow to publish has errors; the findings also include warnings. */
  | { readonly kind: "findings"; readonly findings: readonly FlowCheckFinding[] }
  /** It was computed from a state that is no longer the newest. */
  | { readonly kind: "changed_meanwhile"; readonly message: string }
  /** The resource has changed since the caller read it. */
  | { readonly kind: "not_newest"; readonly message: string }
  /** The caller doesn't say which state of the resource it replaces. */
  | { readonly kind: "no_condition"; readonly message: string }
  | { readonly kind: "not_found"; readonly message: string }
  | { readonly kind: "not_allowed"; readonly message: string };

/** A finding of the static verification of a flow. */
export interface FlowCheckFinding {
  readonly level: "error" | "warning";
  /** A rule of the contract; null: the finding is about the form of the document. */
  readonly rule: string | null;
  /** Such as `applets.sales.exits.nobody_answered`. */
  readonly path: string;
  readonly message: string;
}

/** The whole configuration at one revision. */
export interface ConfigurationState {
  readonly revision: number;
  readonly resources: ReadonlyMap<string, Resource>;
}

/** A change of resources and drafts, computed from one state. */
export interface ConfigurationDraftEdit extends ConfigurationEdit {
  readonly drafts?: readonly { readonly account: string; readonly flow: string; readonly document: ResourceDocument }[];
  readonly removeDrafts?: readonly { readonly account: string; readonly flow: string }[];
}

export type EditOf = (state: ConfigurationState) => Promise<Result<ConfigurationDraftEdit, ConfigurationProblem>>;

/** A change that was made, or a dry run of one. */
export interface ConfigurationChange {
  /** The revision after the change; for a dry run, the one it was computed from. */
  readonly revision: number;
  readonly changes: readonly ResourceChange[];
}

export interface ConfigurationOptions {
  readonly table: ConfigurationTable;
  readonly clock: Clock;
  readonly log: Log;
}

/** ms between a node's checks for changes by other nodes; each reads one row by its key. */
const POLL_MS = 1000;
/** How often a change is recomputed because another writer was first; each time one of the writers succeeds. */
const MAX_TRIES = 20;

/**
 * The configuration, stored in the database and used by this process. A change is computed from the newest state, checked as
 * a whole, written in one transaction and used here at once; other nodes see it within a second. A process killed between
 * the transaction and using it reads it at its next start.
 */
export class Configuration {
  readonly #table: ConfigurationTable;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #unreadable: RepeatedLine;
  #state: ConfigurationState = { revision: -1, resources: new Map() };
  #built: BuiltWorkspace = EMPTY_WORKSPACE;
  #use: ((workspace: Workspace) => Promise<void>) | null = null;
  /** The last queued operation: states are read and replaced one after the other. */
  #last: Promise<unknown> = Promise.resolve();
  #polling = false;

  private constructor({ table, clock, log }: ConfigurationOptions) {
    this.#table = table;
    this.#clock = clock;
    this.#log = log;
    this.#unreadable = new RepeatedLine(clock, (fields) => log.error(fields, "the configuration can't be read again"));
  }

  /** Reads the configuration. */
  static async open(options: ConfigurationOptions): Promise<Configuration> {
    const configuration = new Configuration(options);
    await configuration.refresh();
    return configuration;
  }

  /** The configuration as the exchange uses it. */
  get workspace(): Workspace {
    return this.#built.workspace;
  }

  get state(): ConfigurationState {
    return this.#state;
  }

  get table(): ConfigurationTable {
    return this.#table;
  }

  /** From now on calls `use` with every new workspace, and polls for other nodes' changes. */
  start(use: (workspace: Workspace) => Promise<void>): void {
    this.#use = use;
    this.#polling = true;
    this.#poll();
  }

  /** Stops polling; resolves when pending operations are over. */
  async stop(): Promise<void> {
    this.#polling = false;
    await this.#last;
  }

  #poll(): void {
    this.#clock.after(POLL_MS, () => {
      if (!this.#polling) return;
      this.refresh()
        .catch((error: unknown) => this.#unreadable.note({ err: error }))
        .finally(() => this.#poll());
    });
  }

  /** Reads what others have changed. Rejects if the database doesn't answer. */
  refresh(): Promise<void> {
    return this.#inOrder(async () => this.#read());
  }

  /**
   * Computes a change from the newest state, checks the resulting configuration, and writes it. If another writer was first,
   * it is recomputed: `edit` decides from the state it gets whether it still applies. Rejects if the database doesn't answer:
   * the change may or may not have been made.
   */
  change(by: string, edit: EditOf): Promise<Result<ConfigurationChange, ConfigurationProblem>> {
    return this.#inOrder(async () => {
      for (let tries = 0; tries < MAX_TRIES; tries++) {
        await this.#read();
        const planned = await this.#plan(edit);
        if (!planned.ok) return planned;
        const { write, changes } = planned.value;
        if (isNothing(write)) return ok({ revision: this.#state.revision, changes });
        const revision = await this.#table.commit({ ...write, at: this.#clock.now(), by });
        if (revision === null) continue;
        await this.#readChange(revision);
        return ok({ revision, changes });
      }
      return err({ kind: "changed_meanwhile", message: "others keep changing the configuration: try again" });
    });
  }

  /** What {@link change} would do, or why it would fail. */
  plan(edit: EditOf): Promise<Result<ConfigurationChange, ConfigurationProblem>> {
    return this.#inOrder(async () => {
      await this.#read();
      const planned = await this.#plan(edit);
      return planned.ok ? ok({ revision: this.#state.revision, changes: planned.value.changes }) : planned;
    });
  }

  /** Reads a committed change; if that fails, the next poll tries again. */
  async #readChange(revision: number): Promise<void> {
    try {
      await this.#read();
    } catch (error) {
      this.#log.error({ err: error, revision }, "a change of the configuration is stored, but not used here yet");
    }
  }

  #inOrder<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work, work);
    this.#last = done.catch(() => undefined);
    return done;
  }

  async #read(): Promise<void> {
    const { revision } = this.#state;
    if (revision >= 0 && (await this.#table.revision()) === revision) return;
    const { revision: newest, rows } = await this.#table.read(revision);
    const resources = new Map<string, Resource>();
    for (const row of rows) {
      const known = row.body === null ? this.#state.resources.get(keyOf(row as ResourceKey)) : undefined;
      const read = known === undefined ? resourceOf(row) : ok(known);
      if (read.ok) resources.set(keyOf(read.value), read.value);
      else this.#unreadable.note({ reason: read.error });
    }
    await this.#replace({ revision: newest, resources });
  }

  async #replace(state: ConfigurationState): Promise<void> {
    if (this.#state.revision >= 0 && isSameMap(state.resources, this.#state.resources)) {
      this.#state = state;
      return;
    }
    const built = buildWorkspace([...state.resources.values()], this.#built);
    const known = new Set(this.#built.mistakes.map(showMistake));
    for (const reason of built.mistakes.map(showMistake).filter((mistake) => !known.has(mistake)))
      this.#log.error({ reason }, "the configuration has a mistake: it is not used");
    await this.#use?.(built.workspace);
    this.#state = state;
    this.#built = built;
  }

  async #plan(edit: EditOf): Promise<Result<PlannedChange, ConfigurationProblem>> {
    const state = this.#state;
    const edited = await edit(state);
    if (!edited.ok) return edited;
    const accounts = [...new Set(edited.value.put.filter(({ kind }) => kind === "flow").map(({ account }) => account))];
    const newest = accounts.length === 0 ? new Map<string, number>() : await this.#table.newestVersions(accounts);
    const planned = plannedChange(state, edited.value, newest);
    const next = buildWorkspace([...planned.after.values()], this.#built);
    const known = new Set(this.#built.mistakes.map(showMistake));
    const mistakes = next.mistakes.filter((mistake) => !known.has(showMistake(mistake)));
    return mistakes.length === 0 ? ok(planned) : err({ kind: "invalid", mistakes });
  }
}

/** Whether both maps hold the same resources, as when only drafts have changed. */
function isSameMap(now: ReadonlyMap<string, Resource>, before: ReadonlyMap<string, Resource>): boolean {
  return now.size === before.size && [...now].every(([key, resource]) => before.get(key) === resource);
}

interface PlannedChange {
  readonly write: Omit<ConfigurationWrite, "at" | "by">;
  readonly changes: readonly ResourceChange[];
  readonly after: ReadonlyMap<string, Resource>;
}

function isNothing({ put, remove, drafts, removeDrafts }: PlannedChange["write"]): boolean {
  return put.length + remove.length + drafts.length + removeDrafts.length === 0;
}

/** Everything an edit writes, its meaning in words, and the resulting configuration. */
function plannedChange(
  state: ConfigurationState,
  edit: ConfigurationDraftEdit,
  newest: ReadonlyMap<string, number>,
): PlannedChange {
  const remove = edit.remove.flatMap((key) => state.resources.get(keyOf(key)) ?? []);
  const after = new Map(state.resources);
  for (const key of remove) after.delete(keyOf(key));
  const next = nextPositions(after.values());
  const put = edit.put.flatMap((wanted) => putOf(state.resources.get(keyOf(wanted)), wanted, next, newest));
  for (const { resource } of put) after.set(keyOf(resource), resource);
  const changes = [
    ...remove.map(removalOf),
    ...put.flatMap(({ change }) => change ?? []),
    ...orderChanges(state.resources, after),
  ];
  const versions = put.flatMap(({ resource, isNewVersion }) =>
    isNewVersion
      ? [{ ...flowOf(resource), number: resource.flowVersion ?? 0, body: JSON.stringify(resource.document) }]
      : [],
  );
  const { drafts = [], removeDrafts = [] } = edit;
  const write = {
    basedOn: state.revision,
    put: put.map(({ resource }) => rowOf(resource, resource.position, resource.flowVersion)),
    remove: remove.map(({ account, kind, name }) => ({ account, kind, name })),
    versions,
    drafts: drafts.map(({ account, flow, document }) => ({ account, flow, body: JSON.stringify(document) })),
    removeDrafts,
    changes: changes.map(changeRow),
  };
  return { write, changes, after };
}

function changeRow({ account, kind, name, change, details }: ResourceChange): ConfigurationWrite["changes"][number] {
  return { account, kind, name, change, details: JSON.stringify(details) };
}

function flowOf({ account, name }: ResourceKey): { account: string; flow: string } {
  return { account, flow: name };
}

interface PlannedPut {
  readonly resource: Resource;
  readonly change: ResourceChange | null;
  readonly isNewVersion: boolean;
}

/** Empty if the resource stays as it is. */
function putOf(
  before: Resource | undefined,
  wanted: WantedResource,
  next: (wanted: ResourceKey) => number,
  newest: ReadonlyMap<string, number>,
): readonly PlannedPut[] {
  const change = changeOf(before, wanted);
  const position = wanted.position ?? before?.position ?? next(wanted);
  const stays = change === null && before?.position === position && before.managedBy === wanted.managedBy;
  if (stays) return [];
  const isNewVersion =
    wanted.kind === "flow" && wanted.toVersion === undefined && ["added", "changed"].includes(change?.change ?? "");
  const number = (newest.get(`${wanted.account}/${wanted.name}`) ?? 0) + 1;
  const flowVersion = isNewVersion ? number : (wanted.toVersion ?? before?.flowVersion ?? null);
  const { toVersion: _, ...rest } = wanted;
  // The database sets revision, time and author; until they are read back, this resource is not used.
  const resource = { ...rest, position, flowVersion, revision: -1, changedAt: 0, changedBy: "" };
  return [{ resource, change, isNewVersion }];
}

/** Changes of the order of trunks, which decides between trunks of equal priority. */
function orderChanges(
  before: ReadonlyMap<string, Resource>,
  after: ReadonlyMap<string, Resource>,
): readonly ResourceChange[] {
  const [old, now] = [[...before.values()], [...after.values()]];
  const accounts = new Set(old.filter(({ kind }) => kind === "account").map(({ account }) => account));
  return [...accounts].flatMap((account) => {
    const [was, is] = [trunkOrder(old, account), trunkOrder(now, account)];
    const [kept, still] = [was.filter((name) => is.includes(name)), is.filter((name) => was.includes(name))];
    if (kept.join("\n") === still.join("\n")) return [];
    const details = [
      `The order of the trunks of account ${account} becomes ${is.join(", ")}; it was ${was.join(", ")}.`,
    ];
    return [{ account, kind: "trunk", name: "", change: "changed", details, last: null }];
  });
}
