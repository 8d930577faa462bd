import { constants, getPriority, setPriority } from "node:os";

/** The nice value of a computing thread, because calls come first. */
const LOWER_BY = 10;

/** Lowers the priority of the calling thread, so that calls come first. */
export function lowerPriority(): void {
  // On Linux 0 means only this thread; elsewhere it would mean the whole process.
  if (process.platform !== "linux") return;
  setPriority(0, Math.min(constants.priority.PRIORITY_LOW, getPriority(0) + LOWER_BY));
}
