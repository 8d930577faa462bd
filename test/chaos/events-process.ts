import Fastify from "fastify";
import { silentLog } from "../../src/base/log.ts";
import { systemClock } from "../../src/base/system-clock.ts";
import { Fetcher } from "../../src/edges/http-client/fetcher.ts";
import { OutboxWorker } from "../../src/edges/http-client/outbox.ts";
import { Store } from "../../src/edges/store/store.ts";
import { sampleCall } from "../../src/edges/store/testing/calls.ts";
import type { JournalRow } from "../../src/edges/store/types.ts";
import { eventRoutes } from "../../src/server/api/event-routes.ts";
import { Feed } from "../../src/server/exchange/feed/feed.ts";

/** Options of a process of `many-events.test.ts`. */
export interface EventsProcess {
  readonly databaseUrl: string;
  readonly httpPort: number;
  readonly receivers: readonly number[];
  readonly calls: number;
  readonly steps: number;
  /** Steps written per second. */
  readonly rate: number;
  /** When every call began, epoch ms: the same in each process, since a call's rows are found by it. */
  readonly startedAt: number;
}

const CONCURRENT = 32;

/** A step of a call: one event of the feed, and one delivery after the previous ones. */
function rowOf({ receivers, steps, startedAt }: EventsProcess, call: number, step: number): JournalRow {
  const callSid = `c${call}`;
  const row = sampleCall(callSid, steps, startedAt)[step - 1];
  if (row === undefined) throw new Error("no such step");
  const url = `http://127.0.0.1:${receivers[call % receivers.length]}/${call}/${step}`;
  const body = JSON.stringify({ call, step });
  const headers = { "content-type": "application/json" };
  const request = JSON.stringify({ method: "POST", url, headers, authorization: null, body });
  const trace = [{ seq: step, at_ms: step, type: "decision", rule: "REFUSED", message: `${step}` }];
  return {
    ...row,
    trace: JSON.stringify(trace),
    feed: [step],
    outbox: [{ id: `${callSid}-${step}`, order: "status", purpose: "status_callback", request }],
  };
}

/** Continues the calls that an earlier process left, then begins new ones. */
async function write(store: Store, options: EventsProcess): Promise<void> {
  const { calls, steps, rate } = options;
  const left = (await store.unfinishedCalls()).map((call) => [Number(call.callSid.slice(1)), call.steps.length + 1]);
  let next = await store.countCalls("acme");
  const begin = (): readonly number[] | undefined => left.shift() ?? (next < calls ? [next++, 1] : undefined);
  const writer = async (): Promise<void> => {
    for (let one = begin(); one !== undefined; one = begin()) {
      const [call = 0, from = 1] = one;
      for (let step = from; step <= steps; step++) {
        await store.append([rowOf(options, call, step)]);
        await new Promise((resolve) => setTimeout(resolve, (CONCURRENT * 1000) / rate));
      }
    }
  };
  await Promise.all(Array.from({ length: CONCURRENT }, writer));
}

const options = JSON.parse(process.env["EVENTS_PROCESS"] ?? "null") as EventsProcess;
const [clock, log] = [systemClock, silentLog];
const store = await Store.open(options.databaseUrl, { log, node: "n1" });
const fetcher = new Fetcher({ version: "1", log });
const feed = new Feed({ table: store.feed, clock, log });
feed.start();
new OutboxWorker({ store, fetcher, clock, log, allowPrivate: () => true }).start();
const app = Fastify();
const directory = { account: () => undefined };
await app.register(async (scope) => eventRoutes(scope, { feed, clock, directory }), {
  prefix: "/api/accounts/:account",
});
await app.listen({ port: options.httpPort, host: "127.0.0.1" });
await write(store, options);
