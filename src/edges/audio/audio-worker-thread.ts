/** The thread behind an AudioWorker: takes one job at a time and posts its result. */
import { constants, getPriority, setPriority } from "node:os";
import { parentPort } from "node:worker_threads";
import { unreachable } from "../../base/never.ts";
import { decodeAudio } from "./decode/decode.ts";
import { speakWithFlite } from "./speech/flite.ts";
import type { AudioResult, AudioJob } from "./audio-worker.ts";

/** Calls come first: how much lower than theirs this thread's priority is (nice). */
const LOWER_BY = 10;
// On Linux 0 means only this thread; elsewhere it would be the whole process. Only lowers it, since raising needs privileges.
if (process.platform === "linux") setPriority(0, Math.min(constants.priority.PRIORITY_LOW, getPriority(0) + LOWER_BY));

parentPort?.on("message", (job: AudioJob) => {
  void processJob(job).then((result) =>
    parentPort?.postMessage(result, result.ok ? [result.value.buffer as ArrayBuffer] : []),
  );
});

async function processJob(job: AudioJob): Promise<AudioResult> {
  switch (job.kind) {
    case "decode":
      return decodeAudio(Buffer.from(job.file.buffer, job.file.byteOffset, job.file.byteLength));
    case "speak":
      return speakWithFlite(job.text);
    default:
      return unreachable(job);
  }
}
