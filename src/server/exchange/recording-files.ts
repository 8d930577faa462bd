import { writeFile } from "node:fs/promises";
import type { MediaClient } from "../../edges/media/process/client.ts";
import { repairWav, wavHeader } from "../../edges/media/sound/wav.ts";
import type { ExternalEffect } from "./call-ports.ts";

/** Path of a recording below the recordings folder, derived from the id so that it can be served before the call ends. */
export function recordingFile(account: string, id: string): string {
  return `${account}/${id}.wav`;
}

/** The call that the recordings belong to, and where they are stored. */
export interface RecordingFilesOptions {
  readonly callSid: string;
  readonly account: string;
  readonly recordingsDir: string;
  readonly media: Pick<MediaClient, "record" | "stopRecording" | "pauseRecording">;
  /** Reports a file that was closed without the media process. */
  readonly onReady: (id: string, durationMs: number, failure: string | null) => void;
}

/** The recordings of one call: written by the media process, and repaired here if it can no longer close them. */
export class RecordingFiles {
  readonly #options: RecordingFilesOptions;
  /** The recordings that the media process is still writing after a restart. Null: all of them. */
  #inMedia: ReadonlySet<string> | null = null;
  /** Recordings that the media process was told to stop, and whose end it hasn't reported yet. */
  readonly #stopping = new Set<string>();

  constructor(options: RecordingFilesOptions) {
    this.#options = options;
  }

  /** The media process is still writing only these; the others are closed from what is on disk. */
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

  /** Stops a recording; `recording_ready` follows, from the media process or from the file. */
  stop(id: string): void {
    if (this.#inMedia !== null && !this.#inMedia.has(id)) return this.#closeFromDisk(id);
    this.#stopping.add(id);
    this.#options.media.stopRecording(this.#options.callSid, id);
  }

  /** The media process has reported the recording's end. */
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

/** What is on disk of a recording that the media process didn't close. */
export interface RepairedRecording {
  readonly durationMs: number;
  /** Why there is no playable file; null: there is one, `durationMs` long. */
  readonly failure: string | null;
}

/** Closes a file that the media process can no longer close. Never rejects. */
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
 * If the crash came between the journal row that starts a recording and the first byte on disk, there is nothing to play;
 * its URL then serves an empty file.
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
