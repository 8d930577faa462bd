import type { Clock, Timer } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";
import { RepeatedLine } from "../../base/repeated-line.ts";
import { Rounds } from "../../base/rounds.ts";
import type { Store } from "../store/store.ts";
import type { ClaimedRow, OutboxVerdict } from "../store/types.ts";
import { AccountShare } from "./account-share.ts";
import type { Fetcher } from "./fetcher.ts";
import { HostHealth } from "./host-health.ts";
import { isOutboundPurpose } from "./purpose.ts";
import { signedDelivery } from "./sign.ts";
import type { FetchOptions, HttpClientOutcome, OutboundRequest } from "./types.ts";

export interface OutboxOptions {
  readonly store: Pick<Store, "claimOutbox" | "settleOutbox" | "takeOutbox">;
  readonly fetcher: Pick<Fetcher, "fetch">;
  readonly clock: Clock;
  readonly log: Log;
  /** The account's `private_destinations`, looked up at each delivery. */
  readonly allowPrivate: (account: string) => boolean;
  /** The account's `signing_secret` (REQ-9), looked up at each delivery; without any, or without the function, it is unsigned. */
  readonly signingSecrets?: (account: string) => readonly string[];
  /** A row was given up. */
  readonly onParked?: (row: ClaimedRow, error: string) => void;
  /** Adds to a request what must be created at delivery, such as a link that expires; absent: nothing. */
  readonly prepare?: (account: string, request: OutboundRequest) => OutboundRequest;
}

/** The same on every delivery of the same row, so that a customer can recognise a repeat. */
export const DELIVERY_HEADER = "plugboard-delivery";

/** EVT-6. */
const DEADLINE_MS = 5_000;
/** Longer than any delivery and its settling takes: a row is claimed again only if its worker died. */
const LEASE_MS = 15_000;
/** Rows also become due by time, as do those of nodes that died. */
const POLL_MS = 1_000;
/** Verdicts are collected this long: settling ten rows costs about as much as settling one. */
const GATHER_MS = 200;
/** The same while more rows are due than there are places. */
const HURRY_MS = 10;
const IN_FLIGHT = 128;
/** Of these, for one account: one whose hosts all hang must leave room for the others. */
const IN_FLIGHT_PER_ACCOUNT = 96;
/**
 * Rows of an account that wait here for one of its places. Deliveries end within 5 s, so these start well within their
 * lease.
 */
const HELD_PER_ACCOUNT = 32;
/** Of these, for one host: a slow one must leave room for the others. */
const IN_FLIGHT_PER_HOST = 32;
/** A row whose host is busy is due again after this time. */
const BUSY_MS = 200;
const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 30 * 60_000;
/** The status that means that the receiver no longer wants these (Standard Webhooks). */
const GONE = 410;
/** A customer has a day to repair an endpoint; then the row is parked. */
const GIVE_UP_MS = 24 * 3_600_000;

/**
 * Delivers what the store's outbox owes: at least once, in order per (call, order key), never in the way of a call
 * (EVT-6). The answer to a dial event is ignored, so any complete answer means delivered, whatever its status: a customer
 * whose endpoint answers 500 gets each event once, not for a day. A status callback is delivered if the answer is 2xx
 * (API-6). Otherwise it is tried again after 1 s, 2 s, 4 s … 30 min; after 24 h, or at once if the URL itself is
 * impossible or gone, the row is parked for people to see. A host that fails is left alone for a while, so that its
 * rows do not hold up those of others.
 *
 * Rows that the journal of this node writes come here at once, already leased. The others are claimed: those that
 * follow an undelivered row, those that failed, and those that a dead worker left behind.
 *
 *   taken or claimed (lease 15 s) ─► host failing or busy? ─► later
 *                                  └► deliver ─► done │ retry │ parked ─► settle in batches ─► claim the successors
 */
export class OutboxWorker {
  readonly #options: OutboxOptions;
  readonly #health: HostHealth;
  readonly #shares: AccountShare<ClaimedRow>;
  readonly #unreadable: RepeatedLine;
  readonly #unwritable: RepeatedLine;
  readonly #verdicts: OutboxVerdict[] = [];
  readonly #underway = new Set<Promise<void>>();
  readonly #claims: Rounds;
  #more = false;
  #settling: Promise<void> | null = null;
  #settleTimer: Timer | null = null;
  #unsubscribe: (() => void) | null = null;

  constructor(options: OutboxOptions) {
    this.#options = options;
    const { clock, log } = options;
    this.#unreadable = new RepeatedLine(clock, (fields) => log.warn(fields, "outbox cannot be read"));
    this.#unwritable = new RepeatedLine(clock, (fields) => log.warn(fields, "outbox verdicts could not be written"));
    this.#health = new HostHealth(options.clock, IN_FLIGHT_PER_HOST);
    this.#shares = new AccountShare(options.clock, IN_FLIGHT_PER_ACCOUNT, HELD_PER_ACCOUNT);
    this.#claims = new Rounds({ clock, round: () => this.#claim(), pauseMs: () => POLL_MS });
  }

  /** Starts to claim and deliver. */
  start(): void {
    this.#unsubscribe ??= this.#options.store.takeOutbox(LEASE_MS, (rows) => this.#take(rows));
    this.#claims.start();
  }

  /** Claims no more, waits for running deliveries (at most their deadline), and settles them. */
  async stop(): Promise<void> {
    this.#unsubscribe?.();
    this.#unsubscribe = null;
    await this.#claims.stop();
    await Promise.all(this.#underway);
    this.#settleTimer?.cancel();
    this.#settleTimer = null;
    await this.#settling;
    await this.#settle();
  }

  async #claim(): Promise<void> {
    const free = IN_FLIGHT - this.#underway.size;
    let claimed: readonly ClaimedRow[] = [];
    try {
      if (free > 0) claimed = await this.#options.store.claimOutbox(free, LEASE_MS);
    } catch (error) {
      this.#unreadable.note({ err: error });
    }
    for (const row of claimed) this.#begin(row);
    // As many as there were places: more may be due, and the next settling claims again.
    this.#more = claimed.length >= free;
  }

  #take(rows: readonly ClaimedRow[]): void {
    for (const row of rows) {
      if (this.#underway.size < IN_FLIGHT) this.#begin(row);
      else this.#decide({ kind: "later", id: row.id, inMs: 0 });
    }
  }

  #begin(row: ClaimedRow): void {
    const request = parsed(row.request);
    const { purpose } = row;
    if (request === null || !isOutboundPurpose(purpose)) {
      const what = request === null ? "request cannot be read" : `purpose "${purpose}" is not known to this version`;
      this.#park(row, `The stored ${what}.`);
      return;
    }
    const host = JSON.stringify([row.account, hostOf(request.url)]);
    const waitMs = this.#enter(row, host);
    if (waitMs === "held") return;
    if (waitMs !== null) {
      this.#decide({ kind: "later", id: row.id, inMs: Math.max(waitMs, BUSY_MS) });
      return;
    }
    const delivery = this.#deliver({ ...row, purpose }, request, host).finally(() => {
      this.#underway.delete(delivery);
      this.#shares.leave(row.account, row.id);
      this.#beginHeld(row.account);
    });
    this.#underway.add(delivery);
  }

  /** Starts a held row; one that finds its host busy makes room for the next. */
  #beginHeld(account: string): void {
    if (this.#unsubscribe === null) return;
    for (let row = this.#shares.next(account); row !== null; row = this.#shares.next(account)) this.#begin(row);
  }

  /** Takes a place of the account and of its host: null. Otherwise how long to wait, in ms; held: until there is a place. */
  #enter(row: ClaimedRow, host: string): number | "held" | null {
    const hostMs = this.#health.enter(host);
    if (hostMs !== null) return hostMs;
    const shareMs = this.#shares.enter(row.account, row.id, row);
    if (shareMs !== null) this.#health.cancel(host);
    return shareMs;
  }

  async #deliver(
    row: ClaimedRow & Pick<FetchOptions, "purpose">,
    request: OutboundRequest,
    host: string,
  ): Promise<void> {
    const { fetcher, allowPrivate, log } = this.#options;
    const prepared = this.#options.prepare?.(row.account, request) ?? request;
    const headers = { ...prepared.headers, [DELIVERY_HEADER]: row.id };
    const { account, purpose } = row;
    const options = { purpose, account, deadlineMs: DEADLINE_MS, allowPrivate: allowPrivate(account) };
    const secrets = this.#options.signingSecrets?.(account) ?? [];
    const { outcome } = await fetcher.fetch(
      signedDelivery({ ...prepared, headers }, row.id, secrets, this.#options.clock.now()),
      options,
    );
    this.#health.leave(host, arrived(outcome));
    const verdict = verdictOn(row, outcome, this.#options.clock.now());
    if (verdict.kind !== "done") {
      const { id, callSid, tries } = row;
      const message = verdict.kind === "parked" ? "outbox row parked" : "outbox delivery failed";
      log.warn({ id, callSid, account, purpose, tries, outcome }, message);
    }
    if (verdict.kind === "parked") this.#park(row, verdict.error);
    else this.#decide(verdict);
  }

  #park(row: ClaimedRow, error: string): void {
    this.#decide({ kind: "parked", id: row.id, error });
    this.#options.onParked?.(row, error);
  }

  #decide(verdict: OutboxVerdict): void {
    this.#verdicts.push(verdict);
    this.#settleTimer ??= this.#options.clock.after(this.#more ? HURRY_MS : GATHER_MS, () => {
      this.#settleTimer = null;
      this.#settling ??= this.#settle().finally(() => (this.#settling = null));
    });
  }

  /** Verdicts that cannot be written are dropped: the leases end, and the rows are delivered again. */
  async #settle(): Promise<void> {
    while (this.#verdicts.length > 0) {
      const more = this.#more || this.#verdicts.some(({ kind }) => kind === "later");
      try {
        const successors = await this.#options.store.settleOutbox(this.#verdicts.splice(0));
        if (successors || more) this.#claims.within(0);
      } catch (error) {
        this.#unwritable.note({ err: error });
      }
    }
  }
}

/** Whether the customer's server received the request and answered, even if its answer was too large for us. */
function arrived(outcome: HttpClientOutcome): boolean {
  return outcome.ok || outcome.reason === "too_large";
}

/** What is to be done with a row after this outcome. */
export function verdictOn(row: ClaimedRow, outcome: HttpClientOutcome, now: number): OutboxVerdict {
  const { id } = row;
  const error = failureOf(row, outcome);
  if (error === null) return { kind: "done", id };
  const permanent = outcome.ok ? outcome.status === GONE : ["bad_url", "blocked"].includes(outcome.reason);
  if (permanent || now - row.createdAt >= GIVE_UP_MS) return { kind: "parked", id, error };
  return { kind: "retry", id, inMs: Math.min(FIRST_RETRY_MS * 2 ** row.tries, LAST_RETRY_MS), error };
}

/** Why it was not delivered; null if it was. */
function failureOf({ purpose }: ClaimedRow, outcome: HttpClientOutcome): string | null {
  if (!outcome.ok) return outcome.reason === "too_large" ? null : `${outcome.reason}: ${outcome.detail}`;
  const isTaken = purpose !== "status_callback" || (outcome.status >= 200 && outcome.status < 300);
  return isTaken ? null : `http_error: The server answered ${outcome.status}.`;
}

function parsed(json: string): OutboundRequest | null {
  try {
    const value = JSON.parse(json) as Partial<OutboundRequest> | null;
    return typeof value?.url === "string" && typeof value.method === "string" ? (value as OutboundRequest) : null;
  } catch {
    return null;
  }
}

function hostOf(url: string): string {
  return URL.parse(url)?.host ?? "";
}
