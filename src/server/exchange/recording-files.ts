import { writeFile } from "node:fs/promises";
import type { MediaClient } from "../../edges/media/process/client.ts";
import { repairWav, wavHeader } from "../../edges/media/sound/wav.ts";
import type { ExternalEffect } from "./call-ports.ts";

/** Path of a recording below the recordings folder. It follows from the id, so that the file can be served before the call ends. */
export function recordingFile(account: string, id: string): string {
  return `${account}/${id}.wav`;
}

/** Whose recordings these are, and where they go. */
export interface RecordingFilesOptions {
  readonly callSid: string;
  readonly account: string;
  readonly recordingsDir: string;
  readonly media: Pick<MediaClient, "record" | "stopRecording" | "pauseRecording">;
  /** A file was closed without the media process. */
  readonly onReady: (id: string, durationMs: number, failure: string | null) => void;
}

/** The recordings of one call: written by the media process, and repaired here when it can no longer close them. */
export class RecordingFiles {
  readonly #options: RecordingFilesOptions;
  /** After a restart: the recordings that the media process still writes. Null: all of them. */
  #inMedia: ReadonlySet<string> | null = null;
  /** Being stopped by the media process, which has not reported their end yet. */
  readonly #stopping = new Set<string>();

  constructor(options: RecordingFilesOptions) {
    this.#options = options;
  }

  /** From now on the media process writes only these; the others are closed from what is on disk. */
  keepInMedia(recordings: ReadonlySet<string>): void {
    this.#inMedia = recordings;
    for (const id of this.#stopping) if (!recordings.has(id)) this.#closeFromDisk(id);
  }

  record({ id, legs, layout, maxMs, silenceMs }: Extract<ExternalEffect, { kind: "record" }>): void {
    const { callSid, media } = this.#options;
    media.record(callSid, id, legs, layout, this.#pathOf(id), maxMs, silenceMs);
  }

  pause({ id, paused }: Extract<ExternalEffect, { kind: "pause_recording" }>): void {
    const { callSid, media } = this.#options;
    media.pauseRecording(callSid, id, paused);
  }

  /** `recording_ready` follows, from the media process or from the file. */
  stop(id: string): void {
    if (this.#inMedia !== null && !this.#inMedia.has(id)) return this.#closeFromDisk(id);
    this.#stopping.add(id);
    this.#options.media.stopRecording(this.#options.callSid, id);
  }

  /** The media process reported its end. */
  closed(id: string): void {
    this.#stopping.delete(id);
  }

  #closeFromDisk(id: string): void {
    this.#stopping.delete(id);
    const { recordingsDir, account, onReady } = this.#options;
    void repairRecording(recordingsDir, account, id).then(({ durationMs, failure }) =>
      onReady(id, durationMs, failure),
    );
  }

  #pathOf(id: string): string {
    return `${this.#options.recordingsDir}/${recordingFile(this.#options.account, id)}`;
  }
}

/** What is on disk of a recording that the media process did not close. */
export interface RepairedRecording {
  readonly durationMs: number;
  /** Why there is no playable file; null: there is one of `durationMs`. */
  readonly failure: string | null;
}

/** Closes a file that the media process no longer can. Never rejects. */
export async function repairRecording(dir: string, account: string, id: string): Promise<RepairedRecording> {
  try {
    const { durationMs } = await repairOrEmpty(`${dir}/${recordingFile(account, id)}`);
    return { durationMs, failure: null };
  } catch (error) {
    return {
      durationMs: 0,
      failure: `the file can't be used: ${error instanceof Error ? error.message : String(error)}`,
    };
  }
}

/**
 * The crash may have come between the journal row that starts a recording and the first byte on disk: then there is
 * nothing to play, and an empty file is what its URL owes the customer.
 */
async function repairOrEmpty(path: string): Promise<{ durationMs: number }> {
  try {
    return await repairWav(path);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
    await writeFile(path, wavHeader(1, 0));
    return { durationMs: 0 };
  }
}
