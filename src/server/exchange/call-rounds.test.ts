import { describe, expect, it } from "vitest";
import type { ArrivingCall, CallRound } from "./call-rounds.ts";
import { CallRounds, MAX_ROUNDS } from "./call-rounds.ts";

const EXOPHONE = "+918047100000";
const CALLER = "+919812345678";
const DIALED = "+919900000011";
const CARRIER = "192.0.2.1:5060";
const LEG = 2;

function arriving(claims: readonly string[], rest: Partial<ArrivingCall> = {}): ArrivingCall {
  return { account: "acme", exophone: EXOPHONE, claims, source: "192.0.2.7:5060", diverted: false, ...rest };
}

/** How many rounds pass before a call is refused; each dials before the next comes in. Stops after `limit`. */
function roundsOf(next: ArrivingCall, limit: number, between?: (rounds: CallRounds, round: CallRound) => void): number {
  const rounds = new CallRounds();
  for (let turn = 0; turn < limit; turn++) {
    const round = rounds.arrive(turn === 0 ? arriving([CALLER]) : next, turn * 20);
    if (round === null) return turn;
    rounds.dialed(round, LEG, { destination: DIALED, callerId: EXOPHONE, target: CARRIER, dialedAt: turn * 20 });
    between?.(rounds, round);
  }
  return limit;
}

describe("a call that comes back to its own ExoPhone", () => {
  it.each<[string, ArrivingCall]>([
    ["our ExoPhone", arriving([EXOPHONE])],
    ["who forwards", arriving([DIALED])],
    ["the first caller, and says it was diverted", arriving([CALLER], { diverted: true })],
    ["the first caller, from where our INVITE went", arriving([CALLER], { source: CARRIER })],
  ])("DIAL-13, S10: ends after five rounds when the carrier shows %s", (_what, next) => {
    expect(roundsOf(next, 60)).toBe(MAX_ROUNDS);
  });

  it("DIAL-13: ends also when each round's callee has answered and shows our ExoPhone", () => {
    expect(roundsOf(arriving([EXOPHONE]), 60, (rounds, round) => rounds.progress(round, LEG, "answered"))).toBe(
      MAX_ROUNDS,
    );
  });
});

describe("calls that only look like loops", () => {
  it("many calls from one number are taken while phones ring, and while calls last", () => {
    const again = arriving([CALLER], { source: CARRIER });
    expect(roundsOf(again, 60, (rounds, round) => rounds.progress(round, LEG, "ringing"))).toBe(60);
  });

  it("many silent calls from one number are taken when they come from elsewhere", () => {
    expect(roundsOf(arriving([CALLER]), 60)).toBe(60);
  });

  it("an account's ExoPhones mean nothing to another account", () => {
    const rounds = new CallRounds();
    const round = rounds.arrive(arriving([CALLER]), 0);
    if (round === null) throw new Error("refused");
    rounds.dialed(round, LEG, { destination: DIALED, callerId: EXOPHONE, target: CARRIER, dialedAt: 0 });
    expect(rounds.arrive(arriving([EXOPHONE]), 1)?.number).toBe(2);
    expect(rounds.arrive(arriving([EXOPHONE], { account: "other" }), 1)?.number).toBe(1);
  });

  it("calls that have ended don't count as rounds", () => {
    expect(roundsOf(arriving([EXOPHONE]), 60, (rounds, round) => rounds.ended(round))).toBe(60);
    expect(roundsOf(arriving([DIALED]), 60, (rounds, round) => rounds.legEnded(round, LEG))).toBe(60);
  });

  it("calls forwarded back to a voicemail are two rounds each, however many there are", () => {
    const rounds = new CallRounds();
    for (let call = 0; call < 100; call++) {
      const first = rounds.arrive(arriving([`+9198123${10_000 + call}`]), call);
      if (first === null) throw new Error("refused");
      rounds.dialed(first, LEG, { destination: DIALED, callerId: EXOPHONE, target: CARRIER, dialedAt: call });
      expect(rounds.arrive(arriving([EXOPHONE], { exophone: "+918047100001" }), call)?.number).toBe(2);
    }
  });
});
