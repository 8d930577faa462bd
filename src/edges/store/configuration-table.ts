import type { Pool, PoolClient } from "pg";
import { clientWithinAccount } from "./account-rows.ts";
import type { FeedTable, OwnEvent } from "./feed-table.ts";
import { FORMAT } from "./format.ts";
import { openText } from "./sealed-rows.ts";
import type { Sealer } from "./sealer.ts";

/** What names one configured thing. `kind` and `name` are up to the caller; `body` below is JSON that is not interpreted here. */
export interface ConfiguredKey {
  readonly account: string;
  readonly kind: string;
  readonly name: string;
}

/** One configured thing as stored. */
export interface ConfiguredRow extends ConfiguredKey {
  readonly position: number;
  /** Revision of the whole configuration in which this row last changed. */
  readonly revision: number;
  /** Null if it has not changed since the revision that was asked for. */
  readonly body: string | null;
  readonly flowVersion: number | null;
  readonly changedAt: number;
  readonly changedBy: string;
  /** Format of `body`. */
  readonly version: number;
}

/** Everything that is configured, at one moment. */
export interface ConfiguredState {
  readonly revision: number;
  readonly rows: readonly ConfiguredRow[];
}

export type ConfiguredDraft = Pick<ConfiguredRow, "account" | "kind" | "name" | "position" | "flowVersion"> & {
  readonly body: string;
};

/** A flow that is being edited. `revision` is that of the whole configuration when it was saved. */
export interface FlowDraftRow {
  readonly account: string;
  readonly flow: string;
  readonly revision: number;
  readonly body: string;
  readonly changedAt: number;
  readonly changedBy: string;
  readonly version: number;
}

/** A published flow: never changed, never removed. */
export interface FlowVersionRow {
  readonly account: string;
  readonly flow: string;
  readonly number: number;
  readonly body: string;
  readonly publishedAt: number;
  readonly publishedBy: string;
  readonly version: number;
}

/** One line of the history: what happened to which resource. `details` is a JSON array of sentences without secrets. */
export interface ConfigurationChangeRow extends ConfiguredKey {
  readonly id: number;
  readonly revision: number;
  readonly change: string;
  readonly details: string;
  readonly changedAt: number;
  readonly changedBy: string;
}

/** Everything that one change writes, all or nothing. */
export interface ConfigurationWrite {
  /** The revision that the change was made from: if it is no longer the newest, nothing is written. */
  readonly basedOn: number;
  readonly at: number;
  readonly by: string;
  readonly put: readonly ConfiguredDraft[];
  readonly remove: readonly ConfiguredKey[];
  readonly versions: readonly Pick<FlowVersionRow, "account" | "flow" | "number" | "body">[];
  readonly drafts: readonly Pick<FlowDraftRow, "account" | "flow" | "body">[];
  readonly removeDrafts: readonly Pick<FlowDraftRow, "account" | "flow">[];
  readonly changes: readonly (ConfiguredKey & { readonly change: string; readonly details: string })[];
}

/** A page of history. */
const HISTORY_LIMIT = 100;
/** Published versions that are listed. */
const VERSIONS_LIMIT = 1000;

const scopeOf = (account: string): string => `configuration ${account}`;
const PLACE = {
  resource: (kind: string, name: string) => `${kind} ${name}`,
  draft: (flow: string) => `flow draft ${flow}`,
  version: (flow: string, number: number) => `flow version ${flow} ${number}`,
} as const;

/** The configuration in PostgreSQL. Bodies are sealed: they hold tokens, passwords and secrets. */
export class ConfigurationTable {
  readonly #pool: Pool;
  readonly #sealer: Sealer | null;
  readonly #feed: FeedTable;

  /** `feed` receives every change as an event of its account. */
  constructor(pool: Pool, sealer: Sealer | null, feed: FeedTable) {
    this.#pool = pool;
    this.#sealer = sealer;
    this.#feed = feed;
  }

  /** The newest revision. Nodes ask for it again and again: one row, found by its key. */
  async revision(): Promise<number> {
    const { rows } = await this.#pool.query<{ revision: number }>("select revision from configuration_state");
    return rows[0]?.revision ?? 0;
  }

  /** Every row, with the bodies of those that changed after `since`. One statement, so that the state is that of one moment. */
  async read(since: number): Promise<ConfiguredState> {
    const { rows } = await this.#pool.query<StateRow>(READ, [since]);
    return {
      revision: rows[0]?.state ?? 0,
      rows: rows.flatMap((row) => (row.account === null ? [] : [this.#rowOf(row)])),
    };
  }

  #rowOf(row: ResourceRow): ConfiguredRow {
    const { account, kind, name, position, revision, body, version } = row;
    const common = { account, kind, name, position, revision, version };
    const opened = body === null ? null : openText(this.#sealer, scopeOf(account), PLACE.resource(kind, name), body);
    return {
      ...common,
      body: opened,
      flowVersion: row.flow_version,
      changedAt: row.changed_at,
      changedBy: row.changed_by,
    };
  }

  /** The new revision; null if someone else was first, and nothing was written. */
  async commit(write: ConfigurationWrite): Promise<number | null> {
    const client = await this.#pool.connect();
    try {
      await client.query("begin");
      const revision = await advance(client, write.basedOn);
      if (revision !== null) await this.#write(client, write, revision);
      await client.query(revision === null ? "rollback" : "commit");
      client.release();
      this.#feed.notePending();
      return revision;
    } catch (error) {
      // Don't return it to the pool: its transaction may still be open.
      client.release(true);
      throw error;
    }
  }

  async #write(client: PoolClient, write: ConfigurationWrite, revision: number): Promise<void> {
    const { at, by } = write;
    for (const { account, kind, name } of write.remove)
      await client.query("delete from configuration where (account, kind, name) = ($1, $2, $3)", [account, kind, name]);
    for (const { account, kind, name, position, flowVersion, body } of write.put) {
      const sealed = this.#seal(account, PLACE.resource(kind, name), body);
      await client.query(PUT, [account, kind, name, position, revision, sealed, flowVersion, at, by, FORMAT]);
    }
    for (const { account, flow, number, body } of write.versions) {
      const sealed = this.#seal(account, PLACE.version(flow, number), body);
      await client.query(ADD_VERSION, [account, flow, number, sealed, at, by, FORMAT]);
    }
    await this.#writeDrafts(client, write, revision);
    for (const { account, kind, name, change, details } of write.changes) {
      await client.query(ADD_CHANGE, [revision, account, kind, name, change, details, at, by]);
      const [actorKind, actor] = actorOf(by);
      await client.query(ADD_NOTE, [account, at, actorKind, actor, `${kind}.${change}`, name, details]);
    }
    for (const [account, changes] of Map.groupBy(write.changes, (each) => each.account))
      await this.#feed.append(
        account,
        changes.map((each) => changeEvent(each, { revision, at, by })),
        client,
      );
  }

  async #writeDrafts(client: PoolClient, write: ConfigurationWrite, revision: number): Promise<void> {
    for (const { account, flow } of write.removeDrafts)
      await client.query("delete from flow_drafts where (account, flow) = ($1, $2)", [account, flow]);
    for (const { account, flow, body } of write.drafts) {
      const sealed = this.#seal(account, PLACE.draft(flow), body);
      await client.query(PUT_DRAFT, [account, flow, revision, sealed, write.at, write.by, FORMAT]);
    }
  }

  #seal(account: string, place: string, body: string): string {
    return this.#sealer?.seal(scopeOf(account), place, body) ?? body;
  }

  async drafts(account: string): Promise<readonly FlowDraftRow[]> {
    const { rows } = await this.#as(account, (client) =>
      client.query<DraftRow>(`${DRAFTS} where account = $1 order by flow`, [account]),
    );
    return rows.map((row) => this.#draftOf(row));
  }

  async draft(account: string, flow: string): Promise<FlowDraftRow | null> {
    const { rows } = await this.#as(account, (client) =>
      client.query<DraftRow>(`${DRAFTS} where account = $1 and flow = $2`, [account, flow]),
    );
    return rows[0] === undefined ? null : this.#draftOf(rows[0]);
  }

  #draftOf({ account, flow, revision, body, changed_at: changedAt, changed_by: changedBy, version }: DraftRow) {
    const opened = openText(this.#sealer, scopeOf(account), PLACE.draft(flow), body);
    return { account, flow, revision, body: opened, changedAt, changedBy, version };
  }

  /** Without bodies, newest first. */
  async versions(account: string, flow: string): Promise<readonly Omit<FlowVersionRow, "body">[]> {
    const text = `select account, flow, number, published_at as "publishedAt", published_by as "publishedBy", version
      from flow_versions where account = $1 and flow = $2 order by number desc limit ${VERSIONS_LIMIT}`;
    return (await this.#as(account, (client) => client.query<Omit<FlowVersionRow, "body">>(text, [account, flow])))
      .rows;
  }

  async version(account: string, flow: string, number: number): Promise<FlowVersionRow | null> {
    const text = `select account, flow, number, body, published_at as "publishedAt", published_by as "publishedBy", version
      from flow_versions where account = $1 and flow = $2 and number = $3`;
    const { rows } = await this.#as(account, (client) => client.query<FlowVersionRow>(text, [account, flow, number]));
    const [row] = rows;
    if (row === undefined) return null;
    return { ...row, body: openText(this.#sealer, scopeOf(account), PLACE.version(flow, number), row.body) };
  }

  /** The highest number of each flow's versions, by `<account>/<flow>`. */
  async newestVersions(accounts: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const text = `select account || '/' || flow as key, max(number) as number from flow_versions
      where account = any($1) group by account, flow`;
    const { rows } = await this.#pool.query<{ key: string; number: number }>(text, [accounts]);
    return new Map(rows.map(({ key, number }) => [key, number]));
  }

  /** The changes of one account, newest first; `before`: the id of the last line of the previous page. */
  async changes(
    account: string,
    before: number | null,
    limit = HISTORY_LIMIT,
  ): Promise<readonly ConfigurationChangeRow[]> {
    const text = `select id, revision, account, kind, name, change, details,
        changed_at as "changedAt", changed_by as "changedBy"
      from configuration_changes where account = $1 and ($2::bigint is null or id < $2) order by id desc limit $3`;
    return (await this.#as(account, (client) => client.query<ConfigurationChangeRow>(text, [account, before, limit])))
      .rows;
  }

  /** Runs as the account: rows of others are not seen, whatever the statement says. */
  #as<T>(account: string, work: (client: PoolClient) => Promise<T>): Promise<T> {
    return clientWithinAccount(this.#pool, account, work);
  }
}

function changeEvent(
  { kind, name, change, details }: ConfigurationWrite["changes"][number],
  { revision, at, by }: { readonly revision: number; readonly at: number; readonly by: string },
): OwnEvent {
  const data = { revision, kind, name, change, details: JSON.parse(details) as unknown, by };
  return { at, type: "configuration.changed", data };
}

interface ResourceRow extends ConfiguredKey {
  readonly position: number;
  readonly revision: number;
  readonly body: string | null;
  readonly flow_version: number | null;
  readonly changed_at: number;
  readonly changed_by: string;
  readonly version: number;
}

/** An empty configuration has one row, which holds only the revision. */
type StateRow = { readonly state: number } & (ResourceRow | { readonly account: null });

interface DraftRow {
  readonly account: string;
  readonly flow: string;
  readonly revision: number;
  readonly body: string;
  readonly changed_at: number;
  readonly changed_by: string;
  readonly version: number;
}

const READ = `
  select s.revision as state, c.account, c.kind, c.name, c.position, c.revision, c.flow_version, c.changed_at, c.changed_by,
    c.version, case when c.revision > $1 then c.body end as body
  from configuration_state s left join configuration c on true
  order by c.account, c.kind, c.position, c.name`;

const PUT = `
  insert into configuration
    (account, kind, name, position, revision, body, flow_version, changed_at, changed_by, version)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
  on conflict (account, kind, name) do update set position = excluded.position, revision = excluded.revision,
    body = excluded.body, flow_version = excluded.flow_version, changed_at = excluded.changed_at,
    changed_by = excluded.changed_by, version = excluded.version`;

const PUT_DRAFT = `
  insert into flow_drafts (account, flow, revision, body, changed_at, changed_by, version)
  values ($1, $2, $3, $4, $5, $6, $7)
  on conflict (account, flow) do update set revision = excluded.revision, body = excluded.body,
    changed_at = excluded.changed_at, changed_by = excluded.changed_by, version = excluded.version`;

const ADD_VERSION = `
  insert into flow_versions (account, flow, number, body, published_at, published_by, version)
  values ($1, $2, $3, $4, $5, $6, $7)`;

const ADD_CHANGE = `
  insert into configuration_changes (revision, account, kind, name, change, details, changed_at, changed_by)
  values ($1, $2, $3, $4, $5, $6, $7, $8)`;

/** The same for the audit log of the account; sentences about secrets do not contain them. */
const ADD_NOTE = `
  insert into audit_log (account, at, actor_kind, actor, action, subject, after) values ($1, $2, $3, $4, $5, $6, $7)`;

/** `key acme-key`, `user usr_1`: as the API names them; anything else means the platform. */
function actorOf(by: string): readonly ["key" | "user" | "system", string] {
  const [, kind, id] = /^(key|user) (.+)$/.exec(by) ?? [];
  return (kind === "key" || kind === "user") && id !== undefined ? [kind, id] : ["system", by];
}

const DRAFTS = "select account, flow, revision, body, changed_at, changed_by, version from flow_drafts";

/** Locks the row that all writers lock, and takes the next revision. Null if the configuration has moved on. */
async function advance(client: PoolClient, basedOn: number): Promise<number | null> {
  const text = "update configuration_state set revision = revision + 1 where revision = $1 returning revision";
  const { rows } = await client.query<{ revision: number }>(text, [basedOn]);
  return rows[0]?.revision ?? null;
}
