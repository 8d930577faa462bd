/** The thread of a workshop: takes one piece of work at a time, answers with what it made. */
import { setPriority } from "node:os";
import { parentPort } from "node:worker_threads";
import { unreachable } from "../base/never.ts";
import { decodeAudio } from "./decode/decode.ts";
import { speakWithFlite } from "./voice/flite.ts";
import type { Made, Work } from "./workshop.ts";

/** Calls come first. On Linux 0 means this thread alone; elsewhere it would be the whole process. */
const LOWER_PRIORITY = 10;
if (process.platform === "linux") setPriority(0, LOWER_PRIORITY);

parentPort?.on("message", (work: Work) => {
  void make(work).then((made) => parentPort?.postMessage(made, made.ok ? [made.value.buffer as ArrayBuffer] : []));
});

async function make(work: Work): Promise<Made> {
  switch (work.kind) {
    case "decode":
      return decodeAudio(Buffer.from(work.file.buffer, work.file.byteOffset, work.file.byteLength));
    case "speak":
      return speakWithFlite(work.text);
    default:
      return unreachable(work);
  }
}
