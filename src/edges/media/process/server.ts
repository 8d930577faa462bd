import { createServer, type Server, type Socket } from "node:net";
import type { Clock, Timer } from "../../../base/clock.ts";
import type { Log } from "../../../base/log.ts";
import type { MediaEngine, ProcessFigures } from "./engine.ts";
import { LineReader, LineWriter } from "./ndjson.ts";
import type { MediaEvent, MediaOp } from "./protocol.ts";

export interface ServerOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** Without a controller for so long, every call is closed. */
  readonly leaseMs: number;
  figures(): ProcessFigures;
  /** The lease ran out and everything is closed; again after each further lease without a controller. */
  leaseExpired(): void;
}

/** Events kept for a controller that is away; of more than these the oldest are lost. */
const MAX_KEPT_EVENTS = 10_000;
/** What nobody waits for goes out together: so long after the first of it. */
const GATHER_MS = 20;
/** A controller that does not read what it is told is cut off before it costs us the memory of calls. */
const MAX_UNREAD_BYTES = 64 * 1024 * 1024;

/**
 * The media process's end of the control socket. One controller at a time: a new one takes over (the old one was killed,
 * or is about to be). While there is none, calls go on and events are kept for the next.
 */
export class MediaServer {
  readonly #options: ServerOptions;
  readonly #server: Server;
  #engine: MediaEngine | null = null;
  #controller: Socket | null = null;
  #writer: LineWriter | null = null;
  #kept: MediaEvent[] = [];
  #lease: Timer | null = null;

  constructor(options: ServerOptions) {
    this.#options = options;
    this.#server = createServer((socket) => this.#take(socket));
    this.#armLease();
  }

  /** Where operations go. Before this nothing is accepted. */
  serve(engine: MediaEngine): void {
    this.#engine = engine;
  }

  /** Rejects when the path is taken. */
  listen(socketPath: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(socketPath, () => resolve());
    });
  }

  emit(event: MediaEvent): void {
    if (this.#writer !== null) {
      // Nobody waits for the end of a leg's statistics; a key press or the end of a prompt goes out at once.
      if (event.event !== "leg_stats" && event.event !== "first_rtp") this.#writer.send(event);
      else if (this.#writer.push(event)) this.#options.clock.after(GATHER_MS, () => this.#writer?.flush());
      return;
    }
    this.#kept.push(event);
    if (this.#kept.length > MAX_KEPT_EVENTS) this.#kept = this.#kept.slice(-MAX_KEPT_EVENTS / 2);
  }

  close(): void {
    this.#lease?.cancel();
    this.#server.close();
    this.#writer?.flush();
    this.#controller?.end();
  }

  #take(socket: Socket): void {
    this.#controller?.destroy();
    this.#lease?.cancel();
    const lines = new LineReader();
    const writer = new LineWriter((text) => this.#write(socket, text));
    this.#controller = socket;
    this.#writer = writer;
    for (const event of this.#kept) writer.send(event);
    this.#kept = [];
    socket.setEncoding("utf8");
    socket.on("data", (text: string) => this.#received(socket, lines, writer, text));
    socket.on("error", (error) => this.#options.log.warn({ err: error }, "controller connection failed"));
    socket.on("close", () => this.#left(socket));
    this.#options.log.info({}, "controller connected");
  }

  #write(socket: Socket, text: string): void {
    if (socket.destroyed) return;
    socket.write(text);
    if (socket.writableLength <= MAX_UNREAD_BYTES) return;
    this.#options.log.error({ bytes: socket.writableLength }, "controller does not read: cut off");
    socket.destroy();
  }

  #received(socket: Socket, lines: LineReader, writer: LineWriter, text: string): void {
    // Taken over meanwhile: what the old controller still wanted no longer counts.
    if (socket !== this.#controller) return;
    let ops: MediaOp[];
    try {
      ops = lines.push(text).map((line) => JSON.parse(line) as MediaOp);
    } catch (error) {
      this.#options.log.error({ err: error }, "controller sent what is not its protocol");
      socket.destroy();
      return;
    }
    for (const op of ops) this.#perform(op, writer);
  }

  #perform(op: MediaOp, writer: LineWriter): void {
    try {
      const reply = this.#engine?.perform(op, () => this.#options.figures()) ?? null;
      if (reply !== null) writer.send(reply);
    } catch (error) {
      // One operation that goes wrong must not take the other calls' control away.
      this.#options.log.error({ err: error, op: op.op }, "media operation failed");
    }
  }

  #left(socket: Socket): void {
    if (socket !== this.#controller) return;
    this.#controller = null;
    this.#writer = null;
    this.#options.log.info({ leaseMs: this.#options.leaseMs }, "controller left; calls go on");
    this.#armLease();
  }

  #armLease(): void {
    this.#lease = this.#options.clock.after(this.#options.leaseMs, () => {
      const calls = this.#engine?.callCount ?? 0;
      if (calls > 0) this.#options.log.warn({ calls }, "no controller for the whole lease: every call is closed");
      this.#engine?.closeAll();
      this.#armLease();
      this.#options.leaseExpired();
    });
  }
}
