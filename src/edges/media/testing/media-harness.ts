import { silentLog } from "../../../base/log.ts";
import { seededRandom } from "../../../base/random.ts";
import { VirtualClock } from "../../../base/virtual-clock.ts";
import { MediaEngine } from "../process/engine.ts";
import type { MediaEvent, MediaOp, MediaReply, RemoteMedia } from "../process/protocol.ts";
import type { RecordingFile } from "../recording/recording-file.ts";
import { FakeNet } from "./fake-net.ts";
import { RtpPhone, type RtpPhoneOptions } from "./rtp-phone.ts";

/** A disk in memory. `failure` makes writes fail; `stuck` makes them hang. */
export class FakeDisk {
  readonly files = new Map<string, Uint8Array>();
  failure: string | null = null;
  stuck = false;

  readonly open = (path: string, done: (file: RecordingFile | null, failure: Error | null) => void): void => {
    this.files.set(path, new Uint8Array(0));
    queueMicrotask(() => done(this.#file(path), null));
  };

  #file(path: string): RecordingFile {
    return {
      write: (bytes, position, done) => {
        if (this.stuck) return;
        if (this.failure !== null) {
          done(new Error(this.failure));
          return;
        }
        const old = this.files.get(path) ?? new Uint8Array(0);
        const grown = new Uint8Array(Math.max(old.length, position + bytes.length));
        grown.set(old);
        grown.set(bytes, position);
        this.files.set(path, grown);
        done(null);
      },
      close: (done) => done(),
    };
  }
}

/** An engine with phones connected to it, all in virtual time. */
export class MediaHarness {
  readonly clock = new VirtualClock(1_700_000_000_000);
  readonly net = new FakeNet(this.clock);
  readonly disk = new FakeDisk();
  readonly events: MediaEvent[] = [];
  readonly prompts = new Map<string, Int16Array>();
  /** Messages of the engine's warnings. */
  readonly warnings: string[] = [];
  readonly engine: MediaEngine;
  #stallMs = 0;

  constructor(ports = { first: 20_000, last: 20_099 }, seed = 1) {
    this.engine = new MediaEngine({
      clock: {
        now: () => this.clock.now(),
        elapsed: () => this.clock.elapsed(),
        after: (delayMs, run) => {
          const late = this.#stallMs;
          this.#stallMs = 0;
          return this.clock.after(delayMs + late, run);
        },
      },
      random: seededRandom(seed),
      sockets: this.net,
      ports,
      load: async (path) => {
        const prompt = this.prompts.get(path);
        if (prompt === undefined) throw new Error(`no file ${path}`);
        return prompt;
      },
      openFile: this.disk.open,
      recordingsFolder: "/recordings",
      log: { ...silentLog, warn: (_, message) => this.warnings.push(message) },
      emit: (event) => this.events.push(event),
    });
  }

  perform(op: MediaOp): MediaReply | null {
    return this.engine.perform(op, () => ({ pid: 1, upMs: 0, load: 0, socketErrors: 0 }));
  }

  /** Opens a leg and returns its port; throws when none is free. */
  open(call: string, leg: number): number {
    const reply = this.perform({ op: "open", id: 1, call, leg });
    if (reply?.reply !== "open" || reply.error !== null) throw new Error("no port");
    return reply.port;
  }

  /** A phone that sends to a leg and that the leg knows, as after an answered INVITE. */
  phone(call: string, leg: number, options: RtpPhoneOptions = {}, change: Partial<RemoteMedia> = {}): RtpPhone {
    const phone = RtpPhone.open({ clock: this.clock, sockets: this.net, ...options });
    const port = this.open(call, leg);
    this.perform({ op: "remote", call, leg, remote: { ...this.remote(phone), ...change } });
    phone.sendTo(this.net.address, port);
    return phone;
  }

  /** A phone on `host` that no session description names, sending 2000 Hz to a leg. */
  stranger(call: string, leg: number, host = this.net.address): RtpPhone {
    const phone = RtpPhone.open({ clock: this.clock, sockets: this.net });
    this.net.hosts.set(phone.port, host);
    phone.tone(2000);
    phone.sendTo(this.net.address, this.open(call, leg));
    return phone;
  }

  remote(phone: RtpPhone): RemoteMedia {
    return {
      address: this.net.address,
      port: phone.port,
      rtcpPort: null,
      codec: phone.codec,
      payloadType: phone.payloadType,
      dtmfPayloadType: phone.eventPayloadType,
      direction: "sendrecv",
    };
  }

  bridge(call: string, a: number, b: number, on = true): void {
    this.perform({ op: "route", call, from: a, to: b, on });
    this.perform({ op: "route", call, from: b, to: a, on });
  }

  /** The engine's next timer fires this much late, as when its process was not scheduled. */
  stall(ms: number): void {
    this.#stallMs = ms;
  }

  /** Advances the time, letting everything that waits for promises (files) finish in between. */
  async run(ms: number): Promise<void> {
    await settled();
    for (let left = ms; left > 0; left -= 100) {
      this.clock.advance(Math.min(100, left));
      await settled();
    }
  }

  /** Events of one kind so far. */
  eventsOf<K extends MediaEvent["event"]>(kind: K): Extract<MediaEvent, { event: K }>[] {
    return this.events.filter((event): event is Extract<MediaEvent, { event: K }> => event.event === kind);
  }
}

/** Lets short chains of promises finish. */
async function settled(): Promise<void> {
  for (let i = 0; i < 10; i++) await Promise.resolve();
}
