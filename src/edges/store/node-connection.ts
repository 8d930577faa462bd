import type { ClientConfig } from "pg";
import { Client } from "pg";
import type { Clock } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";
import { RepeatedLine } from "../../base/repeated-line.ts";
import { clientConfig } from "./connection.ts";

/** Waits between attempts to reconnect; the server is usually back after one. */
const FIRST_RETRY_MS = 20;
const LAST_RETRY_MS = 1_000;

export interface NodeConnectionOptions {
  readonly target: string | ClientConfig;
  readonly node: string;
  readonly clock: Clock;
  readonly log: Log;
  /** A connection that holds the node's id is up (again). */
  readonly onUp: (client: Client) => void;
  /** The connection is lost; reconnecting has already begun. */
  readonly onDown: () => void;
}

/**
 * The one connection that writes this node's journal. It holds an advisory lock on the node's id for as long as it
 * lives, so that two processes never write the same calls. It reconnects by itself.
 *
 *   ┌──────── lost ────────┐
 *   ▼                      │
 *  down ── connect, lock ─► up ── close ─► closed
 *   └─ fails: again, later
 */
export class NodeConnection {
  readonly #options: NodeConnectionOptions;
  readonly #unreachable: RepeatedLine;
  #client: Client | null = null;
  #closed = false;
  #retryMs = FIRST_RETRY_MS;

  constructor(options: NodeConnectionOptions) {
    this.#options = options;
    this.#unreachable = new RepeatedLine(options.clock, (fields) =>
      options.log.warn(fields, "journal cannot reach the database"),
    );
  }

  /** First connection; rejects after `limitMs` with the last reason. */
  async open(limitMs: number): Promise<void> {
    const { clock } = this.#options;
    const until = clock.elapsed() + limitMs;
    for (;;) {
      try {
        return await this.#connect();
      } catch (error) {
        if (clock.elapsed() >= until) throw error;
        await new Promise<void>((resolve) => clock.after(FIRST_RETRY_MS, resolve));
      }
    }
  }

  /** Drops a connection that no longer answers. */
  abandon(client: Client): void {
    client.connection.stream.destroy();
    this.#lost(client);
  }

  async close(): Promise<void> {
    this.#closed = true;
    const client = this.#client;
    this.#client = null;
    await client?.end();
  }

  async #connect(): Promise<void> {
    const { target, node, onUp } = this.#options;
    const client = new Client(clientConfig(target, `journal ${node}`));
    client.on("error", () => this.#lost(client));
    client.on("end", () => this.#lost(client));
    try {
      await client.connect();
      await prepareSession(client, node);
    } catch (error) {
      await client.end();
      throw error;
    }
    if (this.#closed) return client.end();
    this.#client = client;
    this.#retryMs = FIRST_RETRY_MS;
    onUp(client);
  }

  #lost(client: Client): void {
    if (this.#client !== client) return;
    this.#client = null;
    this.#options.log.warn({ node: this.#options.node }, "journal connection lost");
    this.#options.onDown();
    this.#reconnect();
  }

  #reconnect(): void {
    this.#options.clock.after(this.#retryMs, () => {
      if (this.#closed) return;
      this.#retryMs = Math.min(this.#retryMs * 2, LAST_RETRY_MS);
      this.#connect().catch((error: unknown) => {
        this.#unreachable.note({ err: error });
        this.#reconnect();
      });
    });
  }
}

/** Thrown when another live process writes under the same node id. */
export class NodeTakenError extends Error {
  override readonly name = "NodeTakenError";
}

/** SQL of the lock's key; `$1` is the node's id. */
export const NODE_LOCK_KEY = "hashtextextended('plugboard node ' || $1, 0)";

async function prepareSession(client: Client, node: string): Promise<void> {
  // Acknowledged means durable, even if the server's own default says otherwise; stricter values are kept.
  // Our statements join small tables with a few values: plan them once, by index, whatever the statistics say.
  await client.query(`
    select set_config('synchronous_commit', 'on', false) where current_setting('synchronous_commit') = 'off';
    set plan_cache_mode = force_generic_plan;
    set enable_hashjoin = off; set enable_mergejoin = off; set enable_seqscan = off`);
  const { rows } = await client.query<{ taken: boolean }>(`select pg_try_advisory_lock(${NODE_LOCK_KEY}) as taken`, [
    node,
  ]);
  if (rows[0]?.taken !== true) throw new NodeTakenError(`Another process is running as node "${node}".`);
}
