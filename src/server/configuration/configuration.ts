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
  /** What would be configured has mistakes. */
  | { readonly kind: "invalid"; readonly mistakes: readonly ConfigurationMistake[] }
  /** What would be published has errors; warnings are among them. */
  | { readonly kind: "findings"; readonly findings: readonly FlowCheckFinding[] }
  /** It was made from a state that is not the newest any more. */
  | { readonly kind: "changed_meanwhile"; readonly message: string }
  /** The resource has changed since the caller read it. */
  | { readonly kind: "not_newest"; readonly message: string }
  /** The caller does not say which state of the resource it replaces. */
  | { readonly kind: "no_condition"; readonly message: string }
  | { readonly kind: "not_found"; readonly message: string }
  | { readonly kind: "not_allowed"; readonly message: string };

/** What static verification says of a flow. */
export interface FlowCheckFinding {
  readonly level: "error" | "warning";
  /** Of the contract; null: it concerns the form of the document. */
  readonly rule: string | null;
  /** `applets.sales.exits.nobody_answered`. */
  readonly path: string;
  readonly message: string;
}

/** Everything that is configured, at one revision. */
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

/** A change that was made, or would be. */
export interface ConfigurationChange {
  /** After the change; of a dry run: that it was computed from. */
  readonly revision: number;
  readonly changes: readonly ResourceChange[];
}

export interface ConfigurationOptions {
  readonly table: ConfigurationTable;
  readonly clock: Clock;
  readonly log: Log;
}

/** How often a node looks whether another one has changed something, ms: one row by its key. */
const POLL_MS = 1000;
/** How often a change is computed again because another writer was first; each time one of them gets through. */
const MAX_TRIES = 20;

/**
 * What is configured: the database has it, this process uses it. A change is computed from the newest state, checked as a whole,
 * written in one transaction and used at once here; other nodes see it within a second. One that is killed between the
 * transaction and its own use of it reads it at its next start.
 */
export class Configuration {
  readonly #table: ConfigurationTable;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #unreadable: RepeatedLine;
  #state: ConfigurationState = { revision: -1, resources: new Map() };
  #built: BuiltWorkspace = EMPTY_WORKSPACE;
  #use: ((workspace: Workspace) => Promise<void>) | null = null;
  /** One thing at a time: states are read and replaced in order. */
  #last: Promise<unknown> = Promise.resolve();
  #polling = false;

  private constructor({ table, clock, log }: ConfigurationOptions) {
    this.#table = table;
    this.#clock = clock;
    this.#log = log;
    this.#unreadable = new RepeatedLine(clock, (fields) => log.error(fields, "the configuration can't be read again"));
  }

  /** Reads what is configured. */
  static async open(options: ConfigurationOptions): Promise<Configuration> {
    const configuration = new Configuration(options);
    await configuration.refresh();
    return configuration;
  }

  /** As the exchange uses it. */
  get workspace(): Workspace {
    return this.#built.workspace;
  }

  get state(): ConfigurationState {
    return this.#state;
  }

  get table(): ConfigurationTable {
    return this.#table;
  }

  /** From now on `use` is given every new workspace, and other nodes' changes are looked for. */
  start(use: (workspace: Workspace) => Promise<void>): void {
    this.#use = use;
    this.#polling = true;
    this.#poll();
  }

  /** No more polls; resolves when what was begun is over. */
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

  /** Reads what others have changed. Rejects when the database does not answer. */
  refresh(): Promise<void> {
    return this.#inOrder(async () => this.#read());
  }

  /**
   * Computes a change from the newest state, checks everything that would then be configured, and writes it. When another writer
   * was first it is computed anew: `edit` says from the state it gets whether it still applies. Rejects when the database
   * does not answer: the change may then have been made or not.
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
      return err({ kind: "changed_meanwhile", message: "others change the configuration all the time: try again" });
    });
  }

  /** What {@link change} would do, and what would keep it from that. */
  plan(edit: EditOf): Promise<Result<ConfigurationChange, ConfigurationProblem>> {
    return this.#inOrder(async () => {
      await this.#read();
      const planned = await this.#plan(edit);
      return planned.ok ? ok({ revision: this.#state.revision, changes: planned.value.changes }) : planned;
    });
  }

  /** The change is made, whatever happens now: what fails here is tried again with the next poll. */
  async #readChange(revision: number): Promise<void> {
    try {
      await this.#read();
    } catch (error) {
      this.#log.error({ err: error, revision }, "a change of the configuration is stored, and not used here yet");
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
      this.#log.error({ reason }, "what is configured has a mistake: it is not used");
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

/** Only drafts have changed. */
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

/** Everything that an edit writes, what it means in words, and what is then configured. */
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

/** Empty: it stays as it is. */
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
  // Revision, time and author are the database's to say; until they are read back this one is not used.
  const resource = { ...rest, position, flowVersion, revision: -1, changedAt: 0, changedBy: "" };
  return [{ resource, change, isNewVersion }];
}

/** Between equals the order of trunks decides which one a call takes. */
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
