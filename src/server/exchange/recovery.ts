import type { Log } from "../../base/log.ts";
import type { Result } from "../../base/result.ts";
import { readStoredEvents } from "../../core/call/stored-event.ts";
import { readStoredSetup } from "../../core/call/stored-setup.ts";
import type { LegId } from "../../core/call/legs.ts";
import { CALLER } from "../../core/call/legs.ts";
import type { CallSetup } from "../../core/call/setup.ts";
import type { MediaClient } from "../../edges/media/process/client.ts";
import type { Store } from "../../edges/store/store.ts";
import type { UnfinishedCall } from "../../edges/store/types.ts";
import { AdoptedLeg } from "./adopted-leg.ts";
import { CallIo } from "./call-io.ts";
import type { Directory } from "./directory.ts";
import type { Exchange } from "./exchange.ts";
import { LiveCall } from "./live-call.ts";
import type { LegSnapshots } from "./live-leg.ts";
import { setAside } from "./set-aside.ts";
import { readLegSnapshots } from "./stored-legs.ts";

/** What recovery reads and writes. */
export type RecoveryStore = Pick<Store, "unfinishedCalls" | "deadNodes" | "adoptCalls" | "getSetup" | "getCall">;

interface Recovery {
  readonly exchange: Exchange;
  readonly store: RecoveryStore;
  readonly directory: Directory;
  readonly log: Log;
  readonly inMedia: ReadonlyMap<string, MediaCall>;
}

interface RebuiltCall {
  readonly call: LiveCall;
  readonly io: CallIo;
}

interface MediaCall {
  readonly client: MediaClient;
  readonly recordings: ReadonlySet<string>;
}

/**
 * After a crash, steps every unfinished call to where its journal left it, gives it `recover`, and ends it in order: BYE in
 * the known dialogs, CANCEL where a phone rings, recordings closed, attempts and record written. A call that can't be
 * rebuilt is set aside: its legs are ended as far as they are known, and its record says why. Media of unknown calls is
 * closed too. Call it before `Exchange.open`. Returns how many calls were rebuilt.
 */
export async function recoverCalls(
  exchange: Exchange,
  store: RecoveryStore,
  directory: Directory,
  log: Log,
): Promise<number> {
  const inMedia = await callsInMedia(exchange);
  const recovery = { exchange, store, directory, log, inMedia };
  const rebuilt: RebuiltCall[] = [];
  for (const unfinished of await allUnfinished(store)) {
    const call = await rebuildOrSetAside(recovery, unfinished);
    if (call !== null) rebuilt.push(call);
  }
  exchange.open();
  for (const { call, io } of rebuilt) {
    call.deliver({ kind: "command", at: call.now(), command: "recover" });
    // The process may have died between a step and its BYE or CANCEL; a second one does no harm.
    io.hangUpRest();
  }
  for (const [sid, { client }] of inMedia) if (!exchange.isLive(sid)) client.closeCall(sid);
  if (rebuilt.length > 0) log.warn({ calls: rebuilt.length }, "calls of an earlier process were brought to their end");
  return rebuilt.length;
}

async function allUnfinished(store: RecoveryStore): Promise<readonly UnfinishedCall[]> {
  const unfinished = [...(await store.unfinishedCalls())];
  for (const node of await store.deadNodes()) unfinished.push(...(await store.adoptCalls(node)));
  return unfinished;
}

async function callsInMedia(exchange: Exchange): Promise<Map<string, MediaCall>> {
  const found = new Map<string, MediaCall>();
  for (const client of exchange.media)
    for (const { call, recordings } of await client.list())
      found.set(call, { client, recordings: new Set(recordings.map(({ recording }) => recording)) });
  return found;
}

/** A call that can't be read must not keep the platform from starting. */
async function rebuildOrSetAside(recovery: Recovery, unfinished: UnfinishedCall): Promise<RebuiltCall | null> {
  try {
    return await rebuild(recovery, unfinished);
  } catch (error) {
    await abandon(recovery, unfinished, error);
    return null;
  }
}

async function abandon({ exchange, store, log }: Recovery, unfinished: UnfinishedCall, error: unknown): Promise<void> {
  const reason = error instanceof Error ? error.message : String(error);
  log.error({ call: unfinished.callSid, reason }, "a call of an earlier process can't be rebuilt and is set aside");
  try {
    const legs = readSnapshots(log, unfinished);
    await setAside({ services: exchange.services, store, unfinished, legs, reason });
  } catch (failure) {
    log.error({ call: unfinished.callSid, err: failure }, "the record of a call that was set aside can't be written");
  }
}

/** Throws an error whose message says what is missing or damaged. */
async function rebuild(recovery: Recovery, unfinished: UnfinishedCall): Promise<RebuiltCall> {
  const { exchange, directory, inMedia } = recovery;
  const { callSid, account, steps } = unfinished;
  const config = directory.account(account);
  if (config === undefined) throw new Error(`the workspace has no account "${account}" any more`);
  const media = inMedia.get(callSid);
  const client = media?.client ?? exchange.media[0];
  if (client === undefined) throw new Error("there is no media process");
  const setup = await readSetup(recovery.store, unfinished.setup);
  const events = orThrow(readStoredEvents(steps));
  const io = new CallIo(callSid, exchange.services, config, client, (failed) => {
    exchange.release(callSid, config);
    if (failed) void abandon(recovery, unfinished, new Error("the engine can't go on with it"));
  });
  io.recordings.keepInMedia(media?.recordings ?? new Set());
  const call = new LiveCall(callSid, setup, null, io);
  adoptLegs(recovery.log, unfinished, io, call);
  call.replay(events);
  for (const leg of call.attemptedLegs()) if (!io.hasLeg(leg)) io.adopt(leg, unknownLeg(io, leg));
  exchange.adopt(callSid, io);
  return { call, io };
}

async function readSetup(store: RecoveryStore, hash: string): Promise<CallSetup> {
  const stored = await store.getSetup(hash);
  if (stored === null) throw new Error("its setup is not stored");
  return orThrow(readStoredSetup(stored));
}

function orThrow<T>(result: Result<T, string>): T {
  if (!result.ok) throw new Error(result.error);
  return result.value;
}

/** Adopts every leg in the journal, whether or not the engine still has it. */
function adoptLegs(log: Log, unfinished: UnfinishedCall, io: CallIo, call: LiveCall): void {
  const { dialogs, ringing } = readSnapshots(log, unfinished);
  // In a call by API, leg 1 may have been ringing.
  const caller = new AdoptedLeg(io, CALLER, { dialog: dialogs[CALLER] ?? null, invite: ringing[CALLER] ?? null });
  io.attach(call, caller);
  for (const leg of new Set([...Object.keys(dialogs), ...Object.keys(ringing)].map(Number)))
    if (leg !== CALLER)
      io.adopt(leg, new AdoptedLeg(io, leg, { dialog: dialogs[leg] ?? null, invite: ringing[leg] ?? null }));
}

function unknownLeg(io: CallIo, leg: LegId): AdoptedLeg {
  return new AdoptedLeg(io, leg, { dialog: null, invite: null });
}

/** A call with damaged snapshots still gets its record; its legs are left to the timers of the other side. */
function readSnapshots(log: Log, { callSid, legSnapshots }: UnfinishedCall): Required<LegSnapshots> {
  const legs = readLegSnapshots(legSnapshots);
  if (legs.ok) return { ringing: {}, ...legs.value };
  const fields = { call: callSid, reason: legs.error };
  log.error(fields, "the legs of a call of an earlier process can't be read: they are not ended");
  return { dialogs: {}, ringing: {} };
}
