import type { LegId } from "../../core/call/legs.ts";

/** How often one call may come in, including its returns, before it is refused (DIAL-13). */
export const MAX_ROUNDS = 5;
/** An INVITE that has rung no phone for this long did not cause the next inbound call: loops are faster. */
const SILENT_LOOP_MS = 5000;

/** What an inbound call says about itself. */
export interface ArrivingCall {
  readonly account: string;
  readonly exophone: string;
  /** All numbers it gives for its caller (`CallerIdentity.claims`). */
  readonly claims: readonly string[];
  /** `address:port` that it came from. */
  readonly source: string;
  /** Whether it says that it was diverted. */
  readonly diverted: boolean;
}

/** An INVITE of ours, as the carrier that sends it back may show it. */
export interface DialedNumber {
  readonly destination: string;
  readonly callerId: string;
  /** `address:port` that it went to. */
  readonly target: string;
  readonly dialedAt: number;
}

export type DialedState = "silent" | "ringing" | "answered";

/** One live call as loop detection sees it; round 1 is its first arrival. */
export interface CallRound {
  readonly number: number;
  readonly arriving: ArrivingCall;
  readonly legs: Map<LegId, DialedNumber & { state: DialedState }>;
  /** The numbers it can be found by. */
  readonly shown: Set<string>;
}

/**
 * Finds calls that come back to us after the carrier has reset the hop count (DIAL-13). An inbound call that looks like one
 * of our own INVITEs, sent back, is one round further than the call that INVITE was sent for. It looks like that if it is
 * - from the ExoPhone that the INVITE showed: no phone of a customer calls from it;
 * - from the dialled number, which has not answered yet: some carriers show who forwards;
 * - from the same caller to the same ExoPhone while no phone has rung, if it says that it was diverted or comes from where
 *   the INVITE went: some carriers show the original caller.
 * Only a chain of more than `MAX_ROUNDS` is refused, so one such coincidence costs nothing.
 */
export class CallRounds {
  readonly #byShown = new NumberIndex();
  /** By caller, while a leg has not rung. */
  readonly #silent = new NumberIndex();

  /** Null if this is one round too many. */
  arrive(arriving: ArrivingCall, now: number): CallRound | null {
    const { account, claims } = arriving;
    let number = 1;
    for (const claim of claims) {
      for (const earlier of this.#byShown.of(account, claim))
        if (earlier.number >= number && showed(earlier, claim)) number = earlier.number + 1;
      for (const earlier of this.#silent.of(account, claim))
        if (earlier.number >= number && returned(earlier, arriving, now)) number = earlier.number + 1;
    }
    return number > MAX_ROUNDS ? null : { number, arriving, legs: new Map(), shown: new Set() };
  }

  dialed(round: CallRound, leg: LegId, dialed: DialedNumber): void {
    const { account, claims } = round.arriving;
    round.legs.set(leg, { ...dialed, state: "silent" });
    for (const number of [dialed.callerId, dialed.destination]) {
      round.shown.add(number);
      this.#byShown.add(account, number, round);
    }
    for (const claim of claims) this.#silent.add(account, claim, round);
  }

  progress(round: CallRound, leg: LegId, state: DialedState): void {
    const dialed = round.legs.get(leg);
    if (dialed === undefined) return;
    dialed.state = state;
    this.#forgetUnlessSilent(round);
  }

  legEnded(round: CallRound, leg: LegId): void {
    round.legs.delete(leg);
    this.#forgetUnlessSilent(round);
  }

  ended(round: CallRound): void {
    round.legs.clear();
    this.#forgetUnlessSilent(round);
    for (const number of round.shown) this.#byShown.remove(round.arriving.account, number, round);
  }

  #forgetUnlessSilent(round: CallRound): void {
    if ([...round.legs.values()].some(({ state }) => state === "silent")) return;
    for (const claim of round.arriving.claims) this.#silent.remove(round.arriving.account, claim, round);
  }
}

/** Live calls by account and number. */
class NumberIndex {
  readonly #rounds = new Map<string, Set<CallRound>>();

  of(account: string, number: string): Iterable<CallRound> {
    return this.#rounds.get(`${account} ${number}`) ?? [];
  }

  add(account: string, number: string, round: CallRound): void {
    const key = `${account} ${number}`;
    const rounds = this.#rounds.get(key);
    if (rounds === undefined) this.#rounds.set(key, new Set([round]));
    else rounds.add(round);
  }

  remove(account: string, number: string, round: CallRound): void {
    const key = `${account} ${number}`;
    const rounds = this.#rounds.get(key);
    rounds?.delete(round);
    if (rounds?.size === 0) this.#rounds.delete(key);
  }
}

function showed({ legs }: CallRound, number: string): boolean {
  return [...legs.values()].some(
    ({ callerId, destination, state }) => callerId === number || (destination === number && state !== "answered"),
  );
}

function returned({ arriving, legs }: CallRound, again: ArrivingCall, now: number): boolean {
  if (arriving.exophone !== again.exophone) return false;
  return [...legs.values()].some(
    ({ state, target, dialedAt }) =>
      state === "silent" && now - dialedAt < SILENT_LOOP_MS && (again.diverted || target === again.source),
  );
}
