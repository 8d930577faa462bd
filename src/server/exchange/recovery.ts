import type { Log } from "../../base/log.ts";
import type { Result } from "../../base/result.ts";
import { err, ok } from "../../base/result.ts";
import { readStoredEvents } from "../../core/call/stored-event.ts";
import { CALLER } from "../../core/call/legs.ts";
import type { LegId } from "../../core/call/legs.ts";
import { readStoredSetup } from "../../core/call/stored-setup.ts";
import type { MediaClient } from "../../edges/media/process/client.ts";
import type { DialogSnapshot, RingingSnapshot, SipCall } from "../../edges/sip/endpoint.ts";
import type { Store } from "../../edges/store/store.ts";
import type { UnfinishedCall } from "../../edges/store/types.ts";
import type { LegSnapshots, LiveCallerLeg } from "./call-io.ts";
import { CallIo } from "./call-io.ts";
import type { Directory } from "./directory.ts";
import type { Exchange } from "./exchange.ts";
import { LiveCall } from "./live-call.ts";
import { readLegSnapshots } from "./stored-legs.ts";

/**
 * After a crash: every call without an end is stepped to where its journal left it, told `recover`, and ended in
 * order — BYE in the dialogs that are known, recordings closed, attempts and record written. Media of calls that
 * nobody knows any more is closed too. Call before `Exchange.open`.
 */
export async function recoverCalls(exchange: Exchange, store: Store, directory: Directory, log: Log): Promise<number> {
  const inMedia = await callsInMedia(exchange);
  const unfinished = [...(await store.unfinishedCalls())];
  for (const node of await store.deadNodes()) unfinished.push(...(await store.adoptCalls(node)));
  const calls: LiveCall[] = [];
  for (const one of unfinished) {
    const call = await rebuild(one, exchange, store, directory, inMedia);
    if (call.ok) calls.push(call.value);
    else log.error({ call: one.callSid, reason: call.error }, "a call of an earlier process can't be rebuilt");
  }
  exchange.open();
  for (const call of calls) call.deliver({ kind: "command", at: call.now(), command: "recover" });
  for (const [sid, { client }] of inMedia) if (!exchange.isLive(sid)) client.closeCall(sid);
  if (calls.length > 0) log.warn({ calls: calls.length }, "calls of an earlier process were brought to their end");
  return calls.length;
}

interface MediaCall {
  readonly client: MediaClient;
  readonly recordings: ReadonlySet<string>;
}

async function callsInMedia(exchange: Exchange): Promise<Map<string, MediaCall>> {
  const found = new Map<string, MediaCall>();
  for (const client of exchange.media)
    for (const { call, recordings } of await client.list())
      found.set(call, { client, recordings: new Set(recordings.map(({ recording }) => recording)) });
  return found;
}

async function rebuild(
  unfinished: UnfinishedCall,
  exchange: Exchange,
  store: Store,
  directory: Directory,
  inMedia: ReadonlyMap<string, MediaCall>,
): Promise<Result<LiveCall, string>> {
  const { callSid, account, setup: hash, steps, legSnapshots } = unfinished;
  const config = directory.account(account);
  const stored = await store.getSetup(hash);
  const media = inMedia.get(callSid);
  const client = media?.client ?? exchange.media[0];
  if (config === undefined) return err("its account is gone");
  if (stored === null) return err("its setup is gone");
  if (client === undefined) return err("no media process runs");
  const setup = readStoredSetup(stored);
  if (!setup.ok) return setup;
  const events = readStoredEvents(steps);
  if (!events.ok) return events;
  const io = new CallIo(exchange.services, config, client, () => exchange.release(callSid, config));
  io.recordingsInMedia = media?.recordings ?? new Set();
  const call = new LiveCall(callSid, setup.value, null, io);
  const { dialogs, ringing = {} } = legsOf(legSnapshots, io);
  io.attach(call, adopted(io, CALLER, dialogs[CALLER], undefined));
  call.replay(events.value);
  for (const leg of call.attemptedLegs()) io.adopt(leg, adopted(io, leg, dialogs[leg], ringing[leg]));
  exchange.adopt(callSid, io);
  return ok(call);
}

/** Unreadable: the call still gets its record, and its legs end by themselves. */
function legsOf(stored: UnfinishedCall["legSnapshots"], io: CallIo): LegSnapshots {
  const legs = readLegSnapshots(stored);
  if (legs.ok) return legs.value;
  io.log.error({ reason: legs.error }, "the legs of a call of an earlier process can't be ended: they are not known");
  return { dialogs: {} };
}

/** A leg of an earlier process. All it can do is end: with a BYE, with a CANCEL, or by itself when neither is known. */
function adopted(
  io: CallIo,
  id: LegId,
  snapshot: DialogSnapshot | undefined,
  ringing: RingingSnapshot | undefined,
): LiveCallerLeg {
  let ended = false;
  const end = (detail: string): void => {
    if (ended) return;
    ended = true;
    io.legEnded(id, detail);
  };
  const call: SipCall | null = snapshot === undefined ? null : adoptedCall(io, snapshot);
  if (call !== null)
    call.handlers = {
      onEnded: (reason) => end(reason),
      onOffer: () => ({ status: 488 }),
      onAnswer() {},
      onInfo() {},
    };
  const hangUp = (): void => {
    if (call !== null) call.hangUp();
    else if (ringing === undefined) end("its dialog was not known after the restart");
    else {
      io.services.sip.cancel(ringing);
      end("it rang when the process died, and was cancelled after the restart");
    }
  };
  return {
    snapshot: () => snapshot ?? null,
    ringing: () => ringing ?? null,
    hangUp,
    heardDigit() {},
    answer() {},
    reject: hangUp,
  };
}

/** Null: its address is no longer one of ours; the other side will find out by its own timers. */
function adoptedCall(io: CallIo, snapshot: DialogSnapshot): SipCall | null {
  try {
    return io.services.sip.adopt(snapshot);
  } catch (error) {
    io.log.warn({ err: error, call: io.call.sid }, "a dialog of an earlier process can't be taken back");
    return null;
  }
}
