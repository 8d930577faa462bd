import type { Socket } from "node:dgram";
import type { Clock, Timer } from "../../../base/clock.ts";
import type { Random } from "../../../base/random.ts";

/** ms between two probes: a peer repeats what was not answered within 500 ms (T1), so the delay is known before that. */
const EVERY_MS = 250;
/** ms after which a probe counts as dropped by a full queue, and another is sent. */
const LOST_AFTER_MS = 2_000;
/** ms that a single probe may take: up to this it may be a pause of the machine rather than a queue, as the next one shows. */
const PAUSE_MS = 1_000;
const SECRET_OCTETS = 16;
const SEQUENCE_OCTETS = 4;

/**
 * How long a datagram waits in the socket's receive queue: one that we send to ourselves waits like any other. The delay of
 * the event loop does not show this, because each turn takes only some datagrams from a long queue.
 */
export class QueueProbe {
  readonly #clock: Clock;
  readonly #socket: Socket;
  readonly #port: number;
  readonly #address: string;
  /** Secret, so that no other sender can fake a short queue. The probe's number follows it. */
  readonly #secret: Buffer;
  #timer: Timer | null = null;
  /** When the pending probe was sent; null if none is pending. */
  #sentAt: number | null = null;
  #lastSentAt = 0;
  #sequence = 0;
  /** The delays of the last two probes. */
  #delays: readonly [number, number] = [0, 0];

  /** `host`: the address that the socket is bound to. */
  constructor(clock: Clock, random: Random, socket: Socket, host: string) {
    this.#clock = clock;
    this.#secret = Buffer.from(random.hex(SECRET_OCTETS), "hex");
    this.#socket = socket;
    this.#port = socket.address().port;
    this.#address = host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host;
    this.#arm();
  }

  /** The lasting delay: the shorter one of the last two probes, or that of the pending one if it is long. */
  get delayMs(): number {
    const waiting = this.#sentAt === null ? 0 : this.#clock.elapsed() - this.#sentAt;
    return Math.max(Math.min(...this.#delays), waiting > PAUSE_MS ? waiting : 0);
  }

  /** Whether that was one of our probes. */
  take(octets: Buffer): boolean {
    const ours =
      octets.length === SECRET_OCTETS + SEQUENCE_OCTETS && octets.subarray(0, SECRET_OCTETS).equals(this.#secret);
    if (!ours) return false;
    if (this.#sentAt !== null && octets.readUInt32BE(SECRET_OCTETS) === this.#sequence) {
      this.#delays = [this.#delays[1], this.#clock.elapsed() - this.#sentAt];
      this.#sentAt = null;
    }
    return true;
  }

  stop(): void {
    this.#timer?.cancel();
  }

  #arm(): void {
    this.#timer = this.#clock.after(EVERY_MS, () => {
      const now = this.#clock.elapsed();
      if (this.#sentAt === null || now - this.#lastSentAt >= LOST_AFTER_MS) this.#send(now);
      this.#arm();
    });
  }

  #send(now: number): void {
    this.#sentAt ??= now;
    this.#lastSentAt = now;
    this.#sequence = (this.#sequence + 1) >>> 0;
    const octets = Buffer.concat([this.#secret, Buffer.alloc(SEQUENCE_OCTETS)]);
    octets.writeUInt32BE(this.#sequence, SECRET_OCTETS);
    // A failure here also affects real messages, and is reported there.
    this.#socket.send(octets, this.#port, this.#address, () => undefined);
  }
}
