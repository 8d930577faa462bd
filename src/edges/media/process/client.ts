import { connect as connectSocket, type Socket } from "node:net";
import type { Clock } from "../../../base/clock.ts";
import type { Log } from "../../../base/log.ts";
import { LineReader, LineWriter } from "./ndjson.ts";
import type {
  MediaCallSummary,
  Layout,
  MediaEvent,
  MediaHello,
  MediaMessage,
  MediaOp,
  MediaReply,
  OpenError,
  PlayItem,
  RemoteMedia,
  StatsReply,
} from "./protocol.ts";

export interface MediaClientOptions {
  /** Unix socket of the media process. */
  readonly socketPath: string;
  /** The one the media process was started with; see `MediaHello`. */
  readonly instance: string;
  readonly clock: Clock;
  readonly log: Log;
  onEvent(event: MediaEvent): void;
  /** The media process has died (or was taken over by another controller): its legs are lost to this client. Called once. */
  onDisconnected(): void;
  /** How long `connect` keeps trying until the media process accepts it; default 10 s. */
  readonly connectTimeoutMs?: number;
}

const OPEN_ERRORS: Readonly<Record<OpenError, string>> = {
  no_free_port: "no free RTP port: give a wider range in PLUGBOARD_RTP",
  no_socket: "the system has no socket for RTP: raise the limit of open files",
  too_many_legs: "too many legs in this media process",
};

/** The media process refused `open`. */
export class OpenRefused extends Error {
  readonly code: OpenError;

  constructor(code: OpenError) {
    super(OPEN_ERRORS[code]);
    this.code = code;
  }
}

/** Interval of attempts while the media process starts. */
const CONNECT_RETRY_MS = 50;
const CONNECT_TIMEOUT_MS = 10_000;
/** Operations that can wait are sent together after this time, a quarter of a packet, or with one that can't. */
const GATHER_MS = 5;

interface Waiting {
  resolve(reply: MediaReply): void;
  reject(error: Error): void;
}

/**
 * The control process's end of one media process. Operations return at once and keep their order; those that return a
 * value reject if the media process dies. After `onDisconnected` every operation is ignored (or rejects): connect
 * again.
 *
 * A control process that was restarted connects, asks `list()` and closes (or continues) what it finds. Events that
 * happened while no controller was connected are delivered first.
 */
export class MediaClient {
  readonly #socket: Socket;
  readonly #options: MediaClientOptions;
  readonly #lines = new LineReader();
  readonly #writer: LineWriter;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;
  #open = true;
  /** The media process has accepted our `hello`. */
  #accepted = false;

  /** Resolves once this client is the controller; rejects if that takes longer than `connectTimeoutMs`. */
  static async connect(options: MediaClientOptions): Promise<MediaClient> {
    const { clock } = options;
    const deadline = clock.elapsed() + (options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS);
    for (;;) {
      try {
        const client = new MediaClient(await dial(options.socketPath), options);
        await client.#ask((id) => ({ op: "hello", id, instance: options.instance }));
        client.#accepted = true;
        return client;
      } catch (error) {
        if (clock.elapsed() >= deadline) throw error;
        await new Promise<void>((resolve) => void clock.after(CONNECT_RETRY_MS, resolve));
      }
    }
  }

  private constructor(socket: Socket, options: MediaClientOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#writer = new LineWriter((text) => socket.write(text));
    socket.setEncoding("utf8");
    socket.on("data", (text: string) => this.#received(text));
    socket.on("error", (error) => options.log.warn({ err: error }, "media connection failed"));
    socket.on("close", () => this.#closed());
  }

  /** Opens an RTP endpoint: an even port, with RTCP on the next. Rejects with {@link OpenRefused}. */
  async open(call: string, leg: number): Promise<{ port: number }> {
    const reply = await this.#ask((id) => ({ op: "open", id, call, leg }));
    if (reply.reply !== "open") throw new Error(`media answered open with ${reply.reply}`);
    if (reply.error !== null) throw new OpenRefused(reply.error);
    return { port: reply.port };
  }

  /** May be called again: re-INVITE, hold, other address. If the address or port changed, the leg learns its source again. */
  setRemote(call: string, leg: number, remote: RemoteMedia): void {
    this.#send({ op: "remote", call, leg, remote });
  }

  /** Starts (on) or stops (off) sending `from`'s audio to `to`. */
  route(call: string, from: number, to: number, on: boolean): void {
    this.#sendNow({ op: "route", call, from, to, on });
  }

  /** Connects the audio of both legs; playbacks on either end without `playback_ended`. */
  bridge(call: string, a: number, b: number): void {
    this.stopPlayingOn(call, [a, b]);
    this.route(call, a, b, true);
    this.route(call, b, a, true);
  }

  unbridge(call: string, a: number, b: number): void {
    this.route(call, a, b, false);
    this.route(call, b, a, false);
  }

  /** Replaces what `legs` are sent with `items` in order → `playback_ended`. */
  play(call: string, id: string, legs: readonly number[], items: readonly PlayItem[], loop: boolean): void {
    this.#send({ op: "play", call, play: id, legs, items, loop });
  }

  /** No `playback_ended` follows, but one may already be on its way. */
  stopPlaying(call: string, id: string): void {
    this.#send({ op: "stop_play", call, play: id });
  }

  stopPlayingOn(call: string, legs: readonly number[]): void {
    this.#send({ op: "stop_play_on", call, legs });
  }

  /** 0-9 * # A-D; queued after earlier digits of the leg. */
  sendDigits(call: string, leg: number, digits: string): void {
    this.#send({ op: "digits", call, leg, digits });
  }

  /** Records what comes from `legs` → `recording_closed`. Missing folders of `path` are created. */
  record(
    call: string,
    id: string,
    legs: readonly number[],
    layout: Layout,
    path: string,
    maxMs: number | null,
    silenceMs: number | null,
  ): void {
    this.#sendNow({ op: "record", call, recording: id, legs, layout, path, maxMs, silenceMs });
  }

  stopRecording(call: string, id: string): void {
    this.#send({ op: "stop_record", call, recording: id });
  }

  pauseRecording(call: string, id: string, paused: boolean): void {
    this.#sendNow({ op: "pause_record", call, recording: id, paused });
  }

  /** → `leg_stats`. */
  closeLeg(call: string, leg: number): void {
    this.#send({ op: "close_leg", call, leg });
  }

  /** Stops everything of the call and frees its ports → `recording_closed` and `leg_stats` of what was open. */
  closeCall(call: string): void {
    this.#send({ op: "close_call", call });
  }

  /** Every call that has a leg in the media process. */
  async list(): Promise<readonly MediaCallSummary[]> {
    const reply = await this.#ask((id) => ({ op: "list", id }));
    if (reply.reply !== "list") throw new Error(`media answered list with ${reply.reply}`);
    return reply.calls;
  }

  async stats(): Promise<StatsReply> {
    const reply = await this.#ask((id) => ({ op: "stats", id }));
    if (reply.reply !== "stats") throw new Error(`media answered stats with ${reply.reply}`);
    return reply;
  }

  /** Disconnects; calls continue in the media process for the length of its lease. `onDisconnected` is not called. */
  close(): void {
    if (!this.#open) return;
    this.#writer.flush();
    this.#open = false;
    this.#socket.end();
    this.#rejectAll(new Error("media client closed"));
  }

  /** For operations whose loss would cost a conversation or its recording if this process died in the next milliseconds. */
  #sendNow(op: MediaOp): void {
    if (this.#open) this.#writer.send(op);
  }

  /** For operations that may happen a few milliseconds later: sent together with others, they cost far less. */
  #send(op: MediaOp): void {
    if (!this.#open || !this.#writer.push(op)) return;
    this.#options.clock.after(GATHER_MS, () => this.#writer.flush());
  }

  #ask(op: (id: number) => MediaHello | MediaOp): Promise<MediaReply> {
    if (!this.#open) return Promise.reject(new Error("media process is not connected"));
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#writer.send(op(id));
    });
  }

  #received(text: string): void {
    let messages: MediaMessage[];
    try {
      messages = this.#lines.push(text).map((line) => JSON.parse(line) as MediaMessage);
    } catch (error) {
      this.#options.log.error({ err: error }, "the media process sent something that is not the protocol");
      this.#socket.destroy();
      return;
    }
    for (const message of messages) this.#message(message);
  }

  #message(message: MediaMessage): void {
    if ("event" in message) {
      if (this.#open) this.#options.onEvent(message);
      return;
    }
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    waiting?.resolve(message);
  }

  #closed(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#rejectAll(new Error("media process disconnected"));
    if (this.#accepted) this.#options.onDisconnected();
  }

  #rejectAll(error: Error): void {
    for (const waiting of this.#waiting.values()) waiting.reject(error);
    this.#waiting.clear();
  }
}

function dial(socketPath: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connectSocket(socketPath);
    socket.once("connect", () => {
      socket.off("error", reject);
      resolve(socket);
    });
    socket.once("error", reject);
  });
}
