import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import { parseWav } from "../../src/edges/media/sound/wav.ts";
import type { ApiCall, Reader } from "../support/platform.ts";
import { sleep } from "../support/wait.ts";

/** Samples per millisecond at 8 kHz. */
const SAMPLES = 8;

/** Expects a trace numbered from 1 without a gap, an end for every attempt, and a record. */
export function expectComplete(call: ApiCall): void {
  expect(call.trace.map(({ seq }) => seq)).toEqual(call.trace.map((_, index) => index + 1));
  expect(call.cdr).not.toBeNull();
  expect(call.attempts.every(({ outcome, ended_ms }) => outcome !== null && ended_ms !== null)).toBe(true);
  expect(call.trace.at(-1)?.type).toBe("call.ended");
}

/** ms that a recording may be shorter or longer than the conversation. */
const TOLERANCE_MS = 1000;
/** Expects that every recording opens, is as long as its record says, and matches the conversation to within `toleranceMs`. */
export async function expectRecordings(call: ApiCall, dataDir: string, toleranceMs = TOLERANCE_MS): Promise<void> {
  const began = call.trace.find(({ type }) => type === "conversation.started")?.at_ms;
  const ended = call.trace.find(({ type }) => type === "conversation.ended")?.at_ms ?? 0;
  if (began === undefined) return;
  expect(call.recordings).toHaveLength(1);
  for (const { id, failure, duration_ms } of call.recordings) {
    expect(failure).toBeNull();
    const wav = await readRecording(dataDir, id);
    expect(Math.abs(wav.length / SAMPLES - duration_ms)).toBeLessThan(50);
    expect(Math.abs(wav.length / SAMPLES - (ended - began))).toBeLessThan(toleranceMs);
  }
}

export async function readRecording(dataDir: string, id: string): Promise<ReturnType<typeof parseWav>> {
  return parseWav(await readFile(join(dataDir, "recordings", "acme", `${id}.wav`)));
}

/** Waits until no call is live; rejects if one has not ended in time. */
export async function allEnded(platform: Pick<Reader, "calls" | "liveCalls">, withinMs = 20_000): Promise<ApiCall[]> {
  for (const deadline = Date.now() + withinMs; ; await sleep(100)) {
    const live = await platform.liveCalls();
    const calls = live === 0 ? await platform.calls() : [];
    const withoutEnd = live + calls.filter(({ cdr }) => cdr === null).length;
    if (withoutEnd === 0) return calls;
    if (Date.now() > deadline) throw new Error(`${withoutEnd} calls have no end`);
  }
}
