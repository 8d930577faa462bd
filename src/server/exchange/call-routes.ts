import type { Result } from "../../base/result.ts";
import { err, ok } from "../../base/result.ts";
import type { LegId } from "../../core/call/legs.ts";
import type { Destination } from "../../core/contract/destination.ts";
import { findUser } from "../../core/contract/numbers.ts";
import type { AccountConfig, Trunk } from "./account-config.ts";
import type { CallRound, CallRounds, DialedState } from "./call-rounds.ts";
import type { CallLimits, LegHold } from "./limits/call-limits.ts";
import type { ReachedLimit } from "./limits/limit-rules.ts";
import type { Refusals } from "./refusals.ts";
import type { NoRoute, OutboundRoute, PassedOn } from "./route.ts";
import { NOTHING_PASSED_ON, outboundRoute } from "./route.ts";
import type { TrunkChannels } from "./trunk-channels.ts";

/** What all outbound calls of a process share. */
export interface SharedRoutes {
  readonly now: () => number;
  readonly channels: TrunkChannels;
  readonly rounds: CallRounds;
  readonly refusals: Refusals;
  readonly limits: CallLimits;
}

/** The call whose outbound legs are counted. */
export interface CountedCall {
  readonly callSid: string;
  /** The account's budget doesn't cover the next minute of one of its legs: the call must end. */
  readonly onUsedUp: (limit: ReachedLimit) => void;
}

interface OpenRoute {
  readonly route: OutboundRoute;
  /** Null: nothing is counted. */
  readonly hold: LegHold | null;
}

/** The inbound call for which outbound calls are made. */
export interface InboundCall {
  /** The trunk it came over; it uses one of its channels. */
  readonly trunk: Trunk;
  readonly passedOn: PassedOn;
  readonly round: CallRound;
}

/** The outbound routes of one call: each leg's trunk and channel, from dialling until the leg ends. */
export class CallRoutes {
  readonly #config: AccountConfig;
  readonly #shared: (SharedRoutes & CountedCall) | null;
  readonly #inbound: InboundCall | null;
  readonly #open = new Map<LegId, OpenRoute>();
  #ended = false;

  /** `shared` null: nothing is counted, for a call of an earlier process, which makes no more outbound calls. */
  constructor(
    config: AccountConfig,
    shared: (SharedRoutes & CountedCall) | null = null,
    inbound: InboundCall | null = null,
  ) {
    this.#config = config;
    this.#shared = shared;
    this.#inbound = inbound;
    if (inbound !== null) shared?.channels.take(inbound.trunk);
  }

  /** Whether outbound calls wait for the caller's ACK. */
  get waitForAck(): boolean {
    return this.#inbound?.trunk.waitForAck ?? false;
  }

  /** The trunk that the call came in over; null: unknown. */
  get callerTrunk(): Trunk | null {
    return this.#inbound?.trunk ?? null;
  }

  /** Chooses a trunk for this leg and holds one of its channels until `close`. A leg that has a route keeps it. */
  open(leg: LegId, destination: Destination, callerId: string): Result<OutboundRoute, NoRoute> {
    const opened = this.#open.get(leg);
    if (opened !== undefined) return ok(opened.route);
    const shared = this.#shared;
    const route = outboundRoute(this.#config, {
      destination,
      callerId,
      passedOn: this.#inbound?.passedOn ?? NOTHING_PASSED_ON,
      isFree: (trunk) => shared?.channels.isFree(trunk) ?? true,
    });
    if (!route.ok) return route;
    const hold = this.#hold(destination);
    if (!hold.ok) return hold;
    this.#opened(leg, destination, callerId, { route: route.value, hold: hold.value });
    return route;
  }

  #hold(destination: Destination): Result<LegHold | null, NoRoute> {
    const shared = this.#shared;
    if (shared === null) return ok(null);
    const { limits, callSid, onUsedUp } = shared;
    const hold = limits.takeLeg({ config: this.#config, callSid, destination }, onUsedUp);
    if (hold.ok) return hold;
    const { rule, message, change } = hold.error;
    return err({ reason: rule, message: `${message}; what would change it: ${change}`, limit: hold.error });
  }

  /** Counts and logs that a leg had no route. */
  refused({ reason, message, limit }: NoRoute, callSid: string): void {
    const { sid } = this.#config.account;
    this.#shared?.refusals.note(reason, "a destination was not dialled", {
      call: callSid,
      account: sid,
      ...(limit === undefined ? { pii: { message } } : { limit: limit.limit, value: limit.value, message }),
    });
  }

  /** Counts and logs that a leg got no RTP port. */
  noPort(error: unknown, callSid: string): void {
    const { sid } = this.#config.account;
    const reason = error instanceof Error ? error.message : String(error);
    this.#shared?.refusals.note("no_rtp_port", "no RTP port could be opened (PLUGBOARD_RTP)", {
      call: callSid,
      account: sid,
      error: reason,
    });
  }

  progress(leg: LegId, state: DialedState): void {
    if (state === "answered") this.#open.get(leg)?.hold?.answered();
    if (this.#inbound !== null) this.#shared?.rounds.progress(this.#inbound.round, leg, state);
  }

  close(leg: LegId): void {
    const opened = this.#open.get(leg);
    if (opened === undefined) return;
    const { route, hold } = opened;
    this.#open.delete(leg);
    hold?.release();
    if (route.overTrunk) this.#shared?.channels.release(route.trunk);
    if (this.#inbound !== null) this.#shared?.rounds.legEnded(this.#inbound.round, leg);
  }

  /** Frees every channel when the call is over. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    for (const leg of this.#open.keys()) this.close(leg);
    if (this.#inbound === null) return;
    this.#shared?.channels.release(this.#inbound.trunk);
    this.#shared?.rounds.ended(this.#inbound.round);
  }

  #opened(leg: LegId, destination: Destination, callerId: string, opened: OpenRoute): void {
    this.#open.set(leg, opened);
    const { route } = opened;
    const shared = this.#shared;
    if (shared === null) return;
    if (route.overTrunk) shared.channels.take(route.trunk);
    if (this.#inbound === null) return;
    const { address, port } = route.target;
    shared.rounds.dialed(this.#inbound.round, leg, {
      destination: numberOf(this.#config, destination),
      callerId,
      target: `${address}:${port ?? DEFAULT_SIP_PORT}`,
      dialedAt: shared.now(),
    });
  }
}

const DEFAULT_SIP_PORT = 5060;

function numberOf({ account }: AccountConfig, destination: Destination): string {
  if (destination.kind === "number") return destination.e164;
  return findUser(account, destination)?.number ?? `sip:${destination.user}`;
}
