import type { ClientConfig } from "pg";

import type { Log } from "../base/log.ts";
import type {
  CallFilter,
  CallSummary,
  ClaimedRow,
  JournalRow,
  OutboxVerdict,
  ParkedRow,
  StoredCall,
  StoredRecording,
  UnfinishedCall,
} from "./types.ts";

/** What `Store.open` needs beside the database. */
export interface StoreOptions {
  readonly log: Log;
  /** This node's id: calls and leases are marked with it. One process at a time may hold it. */
  readonly node: string;
}

/** Thrown by `append` when too many rows wait: take no new calls until it goes through again. */
export class StoreBusyError extends Error {
  override readonly name = "StoreBusyError";
}

/** PostgreSQL as the platform uses it. */
export declare class Store {
  /**
   * Connects, migrates forward, and takes the node's id (an advisory lock on the journal's connection).
   * Throws when the server cannot be reached within 10 s or another process holds the id.
   */
  static open(target: string | ClientConfig, options: StoreOptions): Promise<Store>;

  /**
   * Journals steps, in the given order; resolves when all are durable. Rows that wait while a commit is in flight
   * share the next one. Rejects with `StoreBusyError` at once when the queue is full; with the database's error when
   * the rows were not written.
   */
  append(rows: readonly JournalRow[]): Promise<void>;
  /** Keeps a call setup under its hash; putting it again does nothing (and asks the database nothing). */
  putSetup(hash: string, json: string): Promise<void>;
  getSetup(hash: string): Promise<string | null>;
  /** Calls of a node (default: this one) that have no end, oldest first. */
  unfinishedCalls(node?: string): Promise<readonly UnfinishedCall[]>;
  /** Other nodes that have unfinished calls and whose process is gone. */
  deadNodes(): Promise<readonly string[]>;
  /** Makes the unfinished calls of a dead node ours, and returns them; empty when that node lives. */
  adoptCalls(node: string): Promise<readonly UnfinishedCall[]>;

  /** One page, newest first. */
  listCalls(account: string, filter?: CallFilter): Promise<readonly CallSummary[]>;
  /** How many calls a filter matches (`limit`, `before`, `after`, `sort` do not count). */
  countCalls(account: string, filter?: CallFilter): Promise<number>;
  getCall(account: string, callSid: string): Promise<StoredCall | null>;
  getRecording(id: string): Promise<StoredRecording | null>;

  /** Takes up to `limit` due rows, at most one per (call, order key): the oldest. */
  claimOutbox(limit: number, leaseMs: number): Promise<readonly ClaimedRow[]>;
  settleOutbox(verdicts: readonly OutboxVerdict[]): Promise<void>;
  /** Calls `wake` whenever rows may have become due by an `append` here. Returns the unsubscriber. */
  onOutbox(wake: () => void): () => void;
  listParked(account: string, limit?: number): Promise<readonly ParkedRow[]>;
  /** Puts a parked row back in line; false when there is none. */
  unpark(account: string, id: string): Promise<boolean>;

  /** `select 1`: rejects when the database does not answer within 2 s. */
  ping(): Promise<void>;
  /** Waits for what is queued, then closes every connection. */
  close(): Promise<void>;
}
