import { createServer, type Server, type Socket } from "node:net";
import type { Clock, Timer } from "../../../base/clock.ts";
import type { Log } from "../../../base/log.ts";
import type { MediaEngine, ProcessFigures } from "./engine.ts";
import { LineReader, LineWriter } from "./ndjson.ts";
import type { MediaEvent, MediaHello, MediaOp } from "./protocol.ts";

export interface ServerOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** What a controller must name in its `hello`. */
  readonly instance: string;
  /** Without a controller for this long, every call is closed. */
  readonly leaseMs: number;
  figures(): ProcessFigures;
  /** The controller's connection has ended. */
  controllerLeft(): void;
  /** The lease has run out and everything is closed; called again after each further lease without a controller. */
  leaseExpired(): void;
}

/** A connection without a `hello` by then is closed, ms: it is a liveness probe, or not a controller at all. */
const HELLO_LIMIT_MS = 2000;

/** Events kept while there is no controller; beyond this number the oldest half is dropped, so that memory stays bounded. */
const MAX_PENDING_EVENTS = 10_000;
/** Events that can wait are sent together, this long after the first of them. A digit or the end of a prompt can't. */
const GATHER_MS = 20;
const GATHERED: ReadonlySet<MediaEvent["event"]> = new Set([
  "leg_stats",
  "first_rtp",
  "source_latched",
  "source_moved",
  "source_refused",
]);
/** A controller that doesn't read its events is disconnected before they take the memory that calls need. */
const MAX_UNREAD_BYTES = 64 * 1024 * 1024;

/**
 * The media process's end of the control socket. A connection becomes the controller by its `hello`; merely connecting
 * changes nothing. There is one controller at a time: a new one takes over (the old one was killed, or is about to be).
 * While there is none, calls continue and events are kept for the next.
 */
export class MediaServer {
  readonly #options: ServerOptions;
  readonly #server: Server;
  #engine: MediaEngine | null = null;
  #controller: Socket | null = null;
  #writer: LineWriter | null = null;
  #pending: MediaEvent[] = [];
  #lease: Timer | null = null;

  constructor(options: ServerOptions) {
    this.#options = options;
    this.#server = createServer((socket) => this.#connected(socket));
    this.#armLease();
  }

  /** Sets the engine that performs the operations. Nothing is accepted before this. */
  serve(engine: MediaEngine): void {
    this.#engine = engine;
  }

  /** Rejects if the path is taken. */
  listen(socketPath: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(socketPath, () => resolve());
    });
  }

  emit(event: MediaEvent): void {
    if (this.#writer !== null) {
      if (!GATHERED.has(event.event)) this.#writer.send(event);
      else if (this.#writer.push(event)) this.#options.clock.after(GATHER_MS, () => this.#writer?.flush());
      return;
    }
    this.#keep(event);
  }

  close(): void {
    this.#lease?.cancel();
    this.#server.close();
    this.#writer?.flush();
    this.#controller?.end();
  }

  #keep(event: MediaEvent): void {
    this.#pending.push(event);
    if (this.#pending.length <= MAX_PENDING_EVENTS) return;
    const lost = this.#pending.splice(0, MAX_PENDING_EVENTS / 2).length;
    this.#options.log.error({ lost }, "no controller for too long: the oldest events were dropped");
  }

  get hasController(): boolean {
    return this.#controller !== null;
  }

  #connected(socket: Socket): void {
    const lines = new LineReader();
    const writer = new LineWriter((text) => this.#write(socket, text));
    const limit = this.#options.clock.after(HELLO_LIMIT_MS, () => {
      if (socket !== this.#controller) socket.destroy();
    });
    socket.setEncoding("utf8");
    socket.on("data", (text: string) => this.#received(socket, lines, writer, text));
    socket.on("error", (error) => this.#options.log.warn({ err: error }, "controller connection failed"));
    socket.on("close", () => {
      limit.cancel();
      this.#left(socket);
    });
  }

  /** The sender of this `hello` takes over; one of another platform is disconnected. */
  #hello(socket: Socket, writer: LineWriter, { id, instance }: MediaHello): void {
    if (instance !== this.#options.instance) {
      this.#options.log.error({}, "a controller of another platform was disconnected");
      socket.destroy();
      return;
    }
    this.#controller?.destroy();
    this.#lease?.cancel();
    this.#controller = socket;
    this.#writer = writer;
    writer.send({ reply: "hello", id });
    for (const event of this.#pending) writer.send(event);
    this.#pending = [];
    this.#options.log.info({}, "controller connected");
  }

  #write(socket: Socket, text: string): void {
    if (socket.destroyed) return;
    socket.write(text);
    if (socket.writableLength <= MAX_UNREAD_BYTES) return;
    this.#options.log.error({ bytes: socket.writableLength }, "the controller doesn't read its events: disconnected");
    socket.destroy();
  }

  #received(socket: Socket, lines: LineReader, writer: LineWriter, text: string): void {
    let messages: (MediaHello | MediaOp)[];
    try {
      messages = lines.push(text).map((line) => JSON.parse(line) as MediaHello | MediaOp);
    } catch (error) {
      this.#options.log.error({ err: error }, "the controller sent something that is not the protocol");
      socket.destroy();
      return;
    }
    for (const message of messages) {
      if (message.op === "hello") this.#hello(socket, writer, message);
      // Another controller has taken over: the old one's operations no longer count.
      else if (socket === this.#controller) this.#perform(message, writer);
    }
  }

  #perform(op: MediaOp, writer: LineWriter): void {
    try {
      const reply = this.#engine?.perform(op, () => this.#options.figures()) ?? null;
      if (reply !== null) writer.send(reply);
    } catch (error) {
      // An operation that fails must not cost the other calls their controller.
      this.#options.log.error({ err: error, op: op.op }, "media operation failed");
    }
  }

  #left(socket: Socket): void {
    if (socket !== this.#controller) return;
    this.#controller = null;
    this.#writer = null;
    this.#options.log.info({ leaseMs: this.#options.leaseMs }, "controller left; calls continue");
    this.#armLease();
    this.#options.controllerLeft();
  }

  #armLease(): void {
    this.#lease = this.#options.clock.after(this.#options.leaseMs, () => {
      const calls = this.#engine?.callCount ?? 0;
      if (calls > 0) this.#options.log.warn({ calls }, "no controller for the whole lease: every call was closed");
      this.#engine?.closeAll();
      this.#armLease();
      this.#options.leaseExpired();
    });
  }
}
