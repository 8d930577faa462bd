import { lookup, Resolver } from "node:dns/promises";
import type { Clock } from "../../base/clock.ts";
import { FairQueue } from "./fair-queue.ts";
import type { ResolvedAddress, Resolve } from "./types.ts";

/** Name servers are queried twice within the 5 s of a request (REQ-6), so that one datagram may be lost. */
const TRY_MS = 1_500;
const TRIES = 2;
/**
 * The system's resolver blocks one of Node's 4 threads, which files also need. So it is used only for names that it
 * alone knows (single-label names, /etc/hosts, search domains), and for this many at a time; one account never has all
 * of them.
 */
const SYSTEM_AT_ONCE = 2;
const SYSTEM_PER_ACCOUNT = 1;
/** Names that wait for a thread: with more than this many ahead that never resolve, the answer would come too late anyway. */
const SYSTEM_WAITING = 256;
const SYSTEM_WAITING_PER_ACCOUNT = 64;

/** After this error the system would wait for the same silent servers, on a thread. */
const SILENT = "ETIMEOUT";

/** Addresses of a name, as the system would return them, without one slow name server holding up other names. */
export function systemResolver(clock: Pick<Clock, "elapsed">): Resolve {
  const resolver = new Resolver({ timeout: TRY_MS, tries: TRIES });
  const system = new FairQueue(clock, {
    atOnce: SYSTEM_AT_ONCE,
    perAccount: SYSTEM_PER_ACCOUNT,
    waiting: SYSTEM_WAITING,
    waitingPerAccount: SYSTEM_WAITING_PER_ACCOUNT,
  });
  const bySystem = async (hostname: string, account: string): Promise<readonly ResolvedAddress[]> => {
    const found = await system.run({ account }, () => lookup(hostname, { all: true }));
    if (found === null) throw Object.assign(new Error("too many names wait"), { code: "EAI_AGAIN" });
    return found.map(({ address, family }) => typed(address, family));
  };
  return sharing(async (hostname, account) => {
    if (!hostname.includes(".") || hostname.endsWith(".localhost")) return bySystem(hostname, account);
    const [four, six] = await Promise.allSettled([resolver.resolve4(hostname), resolver.resolve6(hostname)]);
    const found = [
      ...(four.status === "fulfilled" ? four.value.map((address) => typed(address, 4)) : []),
      ...(six.status === "fulfilled" ? six.value.map((address) => typed(address, 6)) : []),
    ];
    if (found.length > 0) return found;
    const reason: unknown = four.status === "rejected" ? four.reason : undefined;
    if (reason instanceof Error && "code" in reason && reason.code === SILENT) throw reason;
    return bySystem(hostname, account);
  });
}

/** Lets queries of one account for a name that is being resolved share the answer. */
export function sharing(resolve: Resolve): Resolve {
  const pending = new Map<string, Promise<readonly ResolvedAddress[]>>();
  return (hostname, account) => {
    const key = JSON.stringify([account, hostname]);
    const running = pending.get(key);
    if (running !== undefined) return running;
    const answer = resolve(hostname, account).finally(() => pending.delete(key));
    pending.set(key, answer);
    return answer;
  };
}

function typed(address: string, family: number): ResolvedAddress {
  return { address, family: family === 6 ? 6 : 4 };
}
