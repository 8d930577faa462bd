import { readFileSync, readdirSync } from "node:fs";

/** What a set of processes has used so far. */
export interface Usage {
  /** User and system CPU seconds, including children that were waited for. */
  readonly cpuS: number;
  /**
   * Resident memory: each process's own, plus what the processes share (files and shared memory) once, as counted for
   * the one that touched most of it. If it were counted for each, the database's buffers would seem to grow as long as
   * its processes touch more of them.
   */
  readonly rssMiB: number;
}

const TICKS_PER_S = 100; // USER_HZ of every Linux we run on
const PAGE_BYTES = 4096;
const MIB = 1024 * 1024;

interface Stat {
  readonly parent: number;
  readonly ticks: number;
  readonly ownPages: number;
  readonly sharedPages: number;
}

/** Fields 4 and 14 to 17 of /proc/<pid>/stat, 2 and 3 of /proc/<pid>/statm (proc(5)); null for a process that has ended. */
function statOf(pid: number): Stat | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    const field = (number: number): number => Number(fields[number - 3] ?? 0);
    const [, resident = 0, shared = 0] = readFileSync(`/proc/${pid}/statm`, "utf8").split(" ").map(Number);
    const ticks = field(14) + field(15) + field(16) + field(17);
    return { parent: field(4), ticks, ownPages: resident - shared, sharedPages: shared };
  } catch {
    return null;
  }
}

/** The usage of these processes and of everything they started, by the name given to each. */
export function usageOf(roots: Readonly<Record<string, number>>): Record<string, Usage> {
  const stats = new Map<number, Stat>();
  for (const name of readdirSync("/proc")) {
    const stat = /^\d+$/.test(name) ? statOf(Number(name)) : null;
    if (stat !== null) stats.set(Number(name), stat);
  }
  const claimed = new Set(Object.values(roots));
  const result: Record<string, Usage> = {};
  for (const [name, root] of Object.entries(roots)) {
    const members = [...stats].flatMap(([pid, stat]) =>
      pid === root || (!claimed.has(pid) && under(pid, root, stats, claimed)) ? [stat] : [],
    );
    const sum = (pick: (stat: Stat) => number): number => members.reduce((total, stat) => total + pick(stat), 0);
    const shared = Math.max(0, ...members.map(({ sharedPages }) => sharedPages));
    result[name] = {
      cpuS: sum(({ ticks }) => ticks) / TICKS_PER_S,
      rssMiB: ((sum(({ ownPages }) => ownPages) + shared) * PAGE_BYTES) / MIB,
    };
  }
  return result;
}

/** The live processes that this one has started. */
export function childrenOf(parent: number): number[] {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids.map(Number).filter((pid) => statOf(pid)?.parent === parent);
}

function under(pid: number, root: number, stats: ReadonlyMap<number, Stat>, claimed: ReadonlySet<number>): boolean {
  for (let at = stats.get(pid)?.parent ?? 0; at > 1; at = stats.get(at)?.parent ?? 0) {
    if (at === root) return true;
    if (claimed.has(at)) return false;
  }
  return false;
}
