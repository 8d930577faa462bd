import type { Log } from "../../base/log.ts";
import { readStoredEvent } from "../../core/call/stored-event.ts";
import { readStoredSetup } from "../../core/call/stored-setup.ts";
import { CALLER } from "../../core/call/legs.ts";
import type { MediaClient } from "../../edges/media/process/client.ts";
import type { Store } from "../../edges/store/store.ts";
import type { UnfinishedCall } from "../../edges/store/types.ts";
import { AdoptedLeg } from "./adopted-leg.ts";
import { CallIo } from "./call-io.ts";
import type { Directory } from "./directory.ts";
import type { Exchange } from "./exchange.ts";
import { LiveCall } from "./live-call.ts";
import type { LegSnapshots } from "./live-leg.ts";

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
    if (call === null)
      log.error({ call: one.callSid }, "a call of an earlier process can't be rebuilt: its account or setup is gone");
    else calls.push(call);
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
): Promise<LiveCall | null> {
  const { callSid, account, setup: hash, events, legSnapshots } = unfinished;
  const config = directory.account(account);
  const json = await store.getSetup(hash);
  const media = inMedia.get(callSid);
  const client = media?.client ?? exchange.media[0];
  if (config === undefined || json === null || client === undefined) return null;
  const setup = readStoredSetup(json);
  const io = new CallIo(callSid, exchange.services, config, client, () => exchange.release(callSid, config));
  io.recordings.keepInMedia(media?.recordings ?? new Set());
  const call = new LiveCall(callSid, setup, null, io);
  const { dialogs, ringing = {} } =
    legSnapshots === null ? { dialogs: {} } : (JSON.parse(legSnapshots) as LegSnapshots);
  const adopted = (leg: number): AdoptedLeg =>
    new AdoptedLeg(io, leg, { dialog: dialogs[leg] ?? null, invite: ringing[leg] ?? null });
  io.attach(call, adopted(CALLER));
  call.replay(events.map(readStoredEvent));
  for (const leg of call.attemptedLegs()) io.adopt(leg, adopted(leg));
  exchange.adopt(callSid, io);
  return call;
}
