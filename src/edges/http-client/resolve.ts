import { lookup, Resolver } from "node:dns/promises";
import type { ResolvedAddress, Resolve } from "./types.ts";

/** The name servers are asked twice, so that one lost datagram still fits the 5 s of a request (REQ-6). */
const TRY_MS = 1_500;
const TRIES = 2;
/**
 * The system's resolver works on Node's 4 threads, which files need, too. So it is asked only where it alone knows
 * (single-label names, /etc/hosts, search domains), and by so many at a time.
 */
const SYSTEM_AT_ONCE = 2;
/** Waiting for a thread behind names that never resolve: beyond this many the answer would come too late anyway. */
const SYSTEM_WAITING = 256;

/** After this the system would wait for the same silent servers, on a thread. */
const SILENT = "ETIMEOUT";

/** Addresses of a name, as the system would give them, without one slow name server holding up the others' names. */
export function systemResolver(): Resolve {
  const resolver = new Resolver({ timeout: TRY_MS, tries: TRIES });
  const system = gate(SYSTEM_AT_ONCE, SYSTEM_WAITING);
  const bySystem = (hostname: string): Promise<readonly ResolvedAddress[]> =>
    system(async () => (await lookup(hostname, { all: true })).map(({ address, family }) => typed(address, family)));
  return sharing(async (hostname) => {
    if (!hostname.includes(".") || hostname.endsWith(".localhost")) return bySystem(hostname);
    const [four, six] = await Promise.allSettled([resolver.resolve4(hostname), resolver.resolve6(hostname)]);
    const found = [
      ...(four.status === "fulfilled" ? four.value.map((address) => typed(address, 4)) : []),
      ...(six.status === "fulfilled" ? six.value.map((address) => typed(address, 6)) : []),
    ];
    if (found.length > 0) return found;
    const reason: unknown = four.status === "rejected" ? four.reason : undefined;
    if (reason instanceof Error && "code" in reason && reason.code === SILENT) throw reason;
    return bySystem(hostname);
  });
}

/** Questions about a name that is being asked share its answer. */
export function sharing(resolve: Resolve): Resolve {
  const asked = new Map<string, Promise<readonly ResolvedAddress[]>>();
  return (hostname) => {
    const running = asked.get(hostname);
    if (running !== undefined) return running;
    const answer = resolve(hostname).finally(() => asked.delete(hostname));
    asked.set(hostname, answer);
    return answer;
  };
}

/** Runs at most `atOnce` tasks; `waiting` more wait in line, others are refused. */
function gate(atOnce: number, waiting: number): <T>(task: () => Promise<T>) => Promise<T> {
  let running = 0;
  const line: (() => void)[] = [];
  return async (task) => {
    if (running >= atOnce) {
      if (line.length >= waiting) throw Object.assign(new Error("too many names wait"), { code: "EAI_AGAIN" });
      await new Promise<void>((resolve) => line.push(resolve));
    }
    running++;
    try {
      return await task();
    } finally {
      running--;
      line.shift()?.();
    }
  };
}

function typed(address: string, family: number): ResolvedAddress {
  return { address, family: family === 6 ? 6 : 4 };
}
