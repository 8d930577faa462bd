import type { Timer } from "../../../base/clock.ts";
import { silentLog } from "../../../base/log.ts";
import { type Random, seededRandom } from "../../../base/random.ts";
import { VirtualClock } from "../../../base/virtual-clock.ts";
import {
  type CallEnd,
  type CallHandlers,
  type DialHandlers,
  type DialOptions,
  type FinalResponse,
  type IncomingInvite,
  type OutgoingInvite,
  type ReasonValue,
  type SipCredentials,
  type SipHandlers,
  type SipSource,
  type SipCall,
  SipEndpoint,
  type SipEndpointOptions,
} from "../endpoint.ts";
import type { SipRequest } from "../message/message.ts";
import { FAIR, VirtualNetwork, type Impairments } from "./virtual-network.ts";

/** Longer than every timer of RFC 3261 together: after this, every table must be empty. */
export const ALL_TIMERS_MS = 200_000;

export const OFFER =
  "v=0\r\no=a 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8\r\n";
export const ANSWER =
  "v=0\r\no=b 1 1 IN IP4 192.0.2.2\r\ns=-\r\nc=IN IP4 192.0.2.2\r\nt=0 0\r\nm=audio 5000 RTP/AVP 8\r\n";

/** Remembers the longest delay it was asked for: `setTimeout` cannot wait for 2^31 ms. */
class WatchedClock extends VirtualClock {
  longestDelayMs = 0;

  override after(delayMs: number, run: () => void): Timer {
    if (delayMs !== Number.POSITIVE_INFINITY) this.longestDelayMs = Math.max(this.longestDelayMs, delayMs);
    return super.after(delayMs, run);
  }
}

/** A world of virtual time with a network; the same seed gives the same run. */
export class Rig {
  readonly clock = new WatchedClock(1_000_000);
  readonly random: Random;
  readonly network: VirtualNetwork;

  constructor(seed = 1, impairments: Impairments = FAIR) {
    this.random = seededRandom(seed);
    this.network = new VirtualNetwork(this.clock, this.random, impairments);
  }

  get longestDelayMs(): number {
    return this.clock.longestDelayMs;
  }

  /** A started endpoint at `host`, UDP and TCP on 5060. */
  async endpoint(host: string, options: Partial<SipEndpointOptions> = {}): Promise<Party> {
    const party = new Party(this, host, options);
    await party.endpoint.start();
    return party;
  }

  /** Lets time pass, and runs whatever waits for promises. */
  async pass(ms: number): Promise<void> {
    await settle();
    this.clock.advance(ms);
    await settle();
  }
}

/** Runs everything that waits for a promise that is already settled. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 10; i++) await Promise.resolve();
}

/** Handlers of a call that record what they get. */
export class CallLog implements CallHandlers {
  readonly ends: CallEnd[] = [];
  /** Reason headers of the message that ended it. */
  reasons: readonly ReasonValue[] = [];
  acknowledged = 0;
  readonly offers: (string | null)[] = [];
  readonly answers: string[] = [];
  readonly infos: string[] = [];
  reply: CallHandlers["onOffer"] = () => ANSWER;

  onEnded(end: CallEnd, _bye: SipRequest | null, reasons: readonly ReasonValue[]): void {
    this.ends.push(end);
    this.reasons = reasons;
  }

  onAcknowledged(): void {
    this.acknowledged++;
  }

  onOffer(sdp: string | null): ReturnType<CallHandlers["onOffer"]> {
    this.offers.push(sdp);
    return this.reply(sdp);
  }

  onAnswer(sdp: string): void {
    this.answers.push(sdp);
  }

  onInfo(type: string, body: Buffer): void {
    this.infos.push(`${type} ${body.toString()}`);
  }
}

/** One dial and what was reported about it. */
export interface Dialled {
  readonly out: OutgoingInvite;
  readonly log: CallLog;
  readonly progress: readonly { readonly status: number; readonly sdp: string | null; readonly tag: string }[];
  readonly answers: readonly (string | null)[];
  readonly failures: readonly { readonly status: number | null; readonly reason: string }[];
  /** The details of the final response of the failure. */
  readonly finals: readonly (FinalResponse | null)[];
  /** Offers of early UPDATEs, with the To tag of their dialog. */
  readonly updates: readonly { readonly sdp: string; readonly tag: string }[];
  readonly call: SipCall | null;
}

class DialLog implements Dialled {
  readonly log = new CallLog();
  readonly progress: Dialled["progress"][number][] = [];
  readonly answers: (string | null)[] = [];
  readonly failures: Dialled["failures"][number][] = [];
  readonly finals: (FinalResponse | null)[] = [];
  readonly updates: Dialled["updates"][number][] = [];
  call: SipCall | null = null;
  started: OutgoingInvite | null = null;

  readonly handlers: DialHandlers = {
    onProgress: (status, sdp, tag) => void this.progress.push({ status, sdp, tag }),
    onAnswered: (call, sdp) => {
      call.handlers = this.log;
      this.call = call;
      this.answers.push(sdp);
    },
    onFailed: (status, reason, final) => {
      this.failures.push({ status, reason });
      this.finals.push(final);
    },
    onOffer: (sdp, tag) => {
      this.updates.push({ sdp, tag });
      return this.log.reply(sdp);
    },
  };

  get out(): OutgoingInvite {
    if (this.started === null) throw new Error("not dialled yet");
    return this.started;
  }
}

/** An endpoint that records. `onInvite` decides what it does with an INVITE; by default it waits. */
export class Party {
  readonly host: string;
  readonly endpoint: SipEndpoint;
  readonly invites: IncomingInvite[] = [];
  readonly refusedSources: { readonly source: SipSource; readonly method: string }[] = [];
  readonly refusedRequests: { readonly method: string; readonly status: number }[] = [];
  onInvite: (invite: IncomingInvite) => void = () => {};
  admits: SipHandlers["admits"] = () => "accept";

  constructor(rig: Rig, host: string, options: Partial<SipEndpointOptions>) {
    this.host = host;
    this.endpoint = new SipEndpoint({
      listeners: [
        { protocol: "udp", host, port: 5060 },
        { protocol: "tcp", host, port: 5060 },
      ],
      advertised: null,
      clock: rig.clock,
      random: rig.random,
      log: silentLog,
      userAgent: "test",
      transportFactory: rig.network.factory,
      // Tests look at every provisional response; the pause before 100 has its own test.
      timers: { trying: 0 },
      resolver: () => Promise.reject(new Error("no such name")),
      handlers: {
        admits: (source, method) => this.admits(source, method),
        onRefusedSource: (source, method) => void this.refusedSources.push({ source, method }),
        onRefusedRequest: (_, { method }, { status }) => void this.refusedRequests.push({ method, status }),
        onInvite: (invite) => {
          this.invites.push(invite);
          this.onInvite(invite);
        },
      },
      ...options,
    });
  }

  dial(
    host: string,
    options: Partial<DialOptions> & { readonly protocol?: "udp" | "tcp"; readonly port?: number } = {},
  ): Dialled {
    const { protocol = "udp", port = 5060, ...rest } = options;
    const dialled = new DialLog();
    dialled.started = this.endpoint.dial({
      target: { uri: `sip:bob@${host}`, address: host, port, protocol },
      from: { uri: `sip:alice@${this.host}` },
      to: { uri: `sip:bob@${host}` },
      sdp: OFFER,
      handlers: dialled.handlers,
      ...rest,
    });
    return dialled;
  }
}

/** Answers at once, and keeps the call with its log. */
export function answering(
  party: Party,
  credentials: SipCredentials | null = null,
): { readonly calls: SipCall[]; readonly logs: CallLog[] } {
  const calls: SipCall[] = [];
  const logs: CallLog[] = [];
  party.onInvite = (invite) => {
    const log = new CallLog();
    const call = invite.answer(ANSWER, credentials);
    call.handlers = log;
    calls.push(call);
    logs.push(log);
  };
  return { calls, logs };
}

/** Whether nothing is left alive. */
export function isIdle(party: Party): boolean {
  const { calls, transactions, pendingInvites } = party.endpoint.stats;
  return calls === 0 && transactions === 0 && pendingInvites === 0;
}
