import type { Account } from "../../../core/contract/account.ts";
import type { CallerBehaviour, PhoneBehaviour, Scenario, UrlAnswer } from "../scenario/scenario-types.ts";

/** A failing scenario shrinks in far fewer tries; each try is one simulated call. */
const MAX_TRIES = 20_000;

/**
 * The smallest scenario that still fails: removes, empties and rounds one thing after the other and keeps what
 * still fails, until nothing more can be removed. `fails` must be deterministic.
 */
export function shrink(scenario: Scenario, fails: (candidate: Scenario) => boolean): Scenario {
  let smallest = scenario;
  let tries = 0;
  for (;;) {
    let progress = false;
    for (const candidate of simpler(smallest)) {
      if (tries++ >= MAX_TRIES) return smallest;
      if (!fails(candidate)) continue;
      smallest = candidate;
      progress = true;
      break;
    }
    if (!progress) return smallest;
  }
}

/** Everything one step simpler, the largest steps first. */
function* simpler(scenario: Scenario): Generator<Scenario> {
  for (const urls of simplerTable(scenario.urls, simplerAnswer)) yield { ...scenario, urls };
  for (const phones of simplerTable(scenario.phones, simplerPhone)) yield { ...scenario, phones };
  for (const key of Object.keys(scenario.sounds)) {
    const { [key]: _left, ...sounds } = scenario.sounds;
    yield { ...scenario, sounds };
  }
  for (const caller of simplerCaller(scenario.caller)) yield { ...scenario, caller };
  for (const call of simplerCall(scenario.call)) yield { ...scenario, call };
  for (const account of simplerAccount(scenario.setup.account))
    yield { ...scenario, setup: { ...scenario.setup, account } };
  if (scenario.startMs % DAY_MS !== 0) yield { ...scenario, startMs: scenario.startMs - (scenario.startMs % DAY_MS) };
}

/** Simplifies towards an incoming call, if it goes into a flow. */
function* simplerCall(call: Scenario["call"]): Generator<Scenario["call"]> {
  const { placed, timeLimitMs, dialTo: _second, ...rest } = call;
  if (placed === undefined) return;
  if (placed.second === null) yield { ...rest, direction: "incoming", customField: null };
  if (timeLimitMs !== undefined) {
    const { timeLimitMs: _limit, ...unlimited } = call;
    yield unlimited;
  }
  if (call.customField !== null) yield { ...call, customField: null };
  if (placed.statusCallback !== null) yield { ...call, placed: { ...placed, statusCallback: null } };
}

const DAY_MS = 86_400_000;

/** Simplifies towards what a scenario file may leave out. */
function* simplerAccount(account: Account): Generator<Account> {
  if (account.users.length > 0) yield { ...account, users: [], groups: {} };
  if (account.exophones.length > 1) yield { ...account, exophones: account.exophones.slice(0, 1) };
  if (account.dialEvents.length > 2) yield { ...account, dialEvents: ["dial", "terminal"] };
}

type Table<T> = Readonly<Record<string, readonly T[]>>;

function* simplerTable<T>(table: Table<T>, simplerOne: (one: T) => Iterable<T>): Generator<Table<T>> {
  for (const key of Object.keys(table)) {
    const { [key]: _left, ...others } = table;
    yield others;
  }
  for (const [key, list] of Object.entries(table)) {
    for (const shorter of simplerList(list, simplerOne)) yield { ...table, [key]: shorter };
  }
}

function* simplerList<T>(list: readonly T[], simplerOne: (one: T) => Iterable<T>): Generator<readonly T[]> {
  if (list.length > 1) for (const [index] of list.entries()) yield list.toSpliced(index, 1);
  for (const [index, one] of list.entries()) for (const simple of simplerOne(one)) yield list.with(index, simple);
}

function* simplerAnswer(answer: UrlAnswer): Generator<UrlAnswer> {
  for (const afterMs of simplerWait(answer.afterMs)) yield { ...answer, afterMs };
  if (answer.kind === "error") return;
  for (const body of simplerBody(answer.body)) yield { ...answer, body };
}

function* simplerBody(body: string): Generator<string> {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    if (body !== "") yield "";
    return;
  }
  for (const simple of simplerJson(value)) yield JSON.stringify(simple);
}

function* simplerJson(value: unknown): Generator {
  if (Array.isArray(value)) {
    for (const [index] of value.entries()) yield value.toSpliced(index, 1);
  } else if (typeof value === "object" && value !== null) {
    for (const [key, inner] of Object.entries(value)) {
      const { [key]: _left, ...others } = value as Record<string, unknown>;
      yield others;
      for (const simple of simplerJson(inner)) yield { ...value, [key]: simple };
    }
  }
}

function* simplerPhone(phone: PhoneBehaviour): Generator<PhoneBehaviour> {
  if (phone.ringAfterMs !== null) yield { ...phone, ringAfterMs: null };
  if (phone.earlyMediaAfterMs !== null) yield { ...phone, earlyMediaAfterMs: null };
  if (phone.talkMs !== null) yield { ...phone, talkMs: null };
  if (phone.hangUpAfterMs !== null) yield { ...phone, hangUpAfterMs: null };
  for (const cancelTakesMs of simplerWait(phone.cancelTakesMs)) yield { ...phone, cancelTakesMs };
  const { ending } = phone;
  if (ending.kind === "ring") return;
  yield { ...phone, ending: { kind: "ring" }, talkMs: null, hangUpAfterMs: null };
  for (const afterMs of simplerWait(ending.afterMs)) yield { ...phone, ending: { ...ending, afterMs } };
  for (const talkMs of simplerWait(phone.talkMs ?? 0)) yield { ...phone, talkMs };
}

function* simplerCaller(caller: CallerBehaviour): Generator<CallerBehaviour> {
  if (caller.hangUpAfterMs !== null) yield { ...caller, hangUpAfterMs: null };
  if (caller.silentAfterMs !== null) yield { ...caller, silentAfterMs: null };
  for (const presses of simplerList(caller.presses, simplerPress)) yield { ...caller, presses };
  if (caller.presses.length === 1) yield { ...caller, presses: [] };
  for (const hangUpAfterMs of simplerWait(caller.hangUpAfterMs ?? 0)) yield { ...caller, hangUpAfterMs };
}

type Press = CallerBehaviour["presses"][number];

function* simplerPress(press: Press): Generator<Press> {
  if (press.digits.length > 1) {
    yield { ...press, digits: press.digits.slice(1) };
    yield { ...press, digits: press.digits.slice(0, -1) };
  }
  for (const afterMs of simplerWait(press.afterMs)) yield { ...press, afterMs };
}

/** Shorter and rounder, never longer, so that shrinking ends. */
function* simplerWait(ms: number): Generator<number> {
  if (ms === 0) return;
  yield 0;
  for (const unit of [10_000, 1_000, 100]) {
    const rounded = ms - (ms % unit);
    if (rounded !== ms && rounded !== 0) yield rounded;
  }
  if (ms >= 200) yield Math.floor(ms / 200) * 100;
}
