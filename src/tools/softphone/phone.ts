import { SipEndpoint } from "../../edges/sip/endpoint.ts";
import type { IncomingInvite, SipStats } from "../../edges/sip/endpoint.ts";
import { userText } from "../../edges/sip/message/uri.ts";
import { PhoneCall } from "./phone-call.ts";
import type { PhoneScript } from "./script.ts";
import type { SoftphoneSetup } from "./media-session.ts";

export interface SoftphoneOptions extends SoftphoneSetup {
  /** SIP over UDP; 0 takes any free port. */
  readonly port: number;
  /** The scripts by number or user name, in the order of the calls; the last repeats. Other numbers get 404. */
  readonly phones: Readonly<Record<string, readonly PhoneScript[]>>;
}

/** Numbers are the same if their last digits agree: a trunk may be sent +91…, 91… or 0…. */
const SIGNIFICANT_DIGITS = 10;

/** A trunk with scripted phones behind it: rings, answers, refuses and hangs up as the number's script says. */
export class Softphone {
  /** Every INVITE so far, in the order of arrival. */
  readonly calls: PhoneCall[] = [];
  readonly #options: SoftphoneOptions;
  readonly #sip: SipEndpoint;
  readonly #dialled = new Map<string, number>();

  constructor(options: SoftphoneOptions) {
    this.#options = options;
    this.#sip = new SipEndpoint({
      listeners: [{ protocol: "udp", host: options.host, port: options.port }],
      advertised: null,
      clock: options.clock,
      random: options.random,
      log: options.log,
      userAgent: "plugboard-softphone",
      handlers: { onInvite: (invite) => this.#received(invite), admits: () => "accept" },
    });
  }

  start(): Promise<void> {
    return this.#sip.start();
  }

  /** The SIP port, after `start`. */
  get port(): number {
    return this.#sip.listening[0]?.port ?? 0;
  }

  get stats(): SipStats {
    return this.#sip.stats;
  }

  /** Calls to one number, in order. */
  callsTo(number: string): readonly PhoneCall[] {
    return this.calls.filter((call) => sameNumber(call.number, number));
  }

  /** Ends its calls and closes the socket. */
  async stop(): Promise<void> {
    for (const call of this.calls) call.hangUp();
    await this.#sip.stop();
  }

  #received(invite: IncomingInvite): void {
    const number = dialledNumber(invite);
    const script = this.#nextScript(number);
    if (script === null) invite.reject(404);
    else this.calls.push(new PhoneCall(this.#options, invite, number, script));
  }

  #nextScript(number: string): PhoneScript | null {
    const known = Object.keys(this.#options.phones).find((one) => sameNumber(one, number));
    const scripts = known === undefined ? undefined : this.#options.phones[known];
    if (known === undefined || scripts === undefined) return null;
    const times = this.#dialled.get(known) ?? 0;
    this.#dialled.set(known, times + 1);
    return scripts[Math.min(times, scripts.length - 1)] ?? null;
  }
}

function dialledNumber({ request }: IncomingInvite): string {
  const { uri } = request;
  if (uri.kind === "tel") return uri.number;
  return uri.kind === "sip" ? ((userText(uri) ?? "").split(";", 1)[0] ?? "") : uri.rest;
}

function sameNumber(a: string, b: string): boolean {
  const [x, y] = [lastDigits(a), lastDigits(b)];
  return x === null || y === null ? a.replace(/^sip:/, "") === b.replace(/^sip:/, "") : x === y;
}

/** Null for a name, or a number that is too short. */
function lastDigits(text: string): string | null {
  return /^\+?\d+$/.test(text) && text.length >= SIGNIFICANT_DIGITS ? text.slice(-SIGNIFICANT_DIGITS) : null;
}
