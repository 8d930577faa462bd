import { constants, getPriority, setPriority } from "node:os";

/** How much lower the priority of a computing thread is (nice), because calls come first. */
const LOWER_BY = 10;

/** Lowers the priority of the calling thread, so that calls come first. */
export function lowerPriority(): void {
  // On Linux 0 means only this thread; elsewhere it would be the whole process.
  if (process.platform !== "linux") return;
  setPriority(0, Math.min(constants.priority.PRIORITY_LOW, getPriority(0) + LOWER_BY));
}
