import type { Clock } from "../../base/clock.ts";
import type { LimitFact } from "../../core/call/limit-fact.ts";
import type { CallSetup } from "../../core/call/setup.ts";
import type { ExtraHeaders, IncomingInvite, SipSource } from "../../edges/sip/endpoint.ts";
import { callId } from "../../edges/sip/message/message.ts";
import type { SipRequest } from "../../edges/sip/message/message.ts";
import type { Admission, AdmissionRefusal } from "./admission.ts";
import { REFUSAL_MESSAGES, RETRY_AFTER_S } from "./admission.ts";
import type { InboundCall } from "./call-routes.ts";
import type { CallRounds } from "./call-rounds.ts";
import { MAX_ROUNDS } from "./call-rounds.ts";
import type { Directory, InboundRoute, UnknownNumber } from "./directory.ts";
import { hopsOf } from "./hops.ts";
import type { CallerIdentity } from "./identity.ts";
import { ANONYMOUS, callerIdentity } from "./identity.ts";
import { admissionFact } from "./limits/admission-fact.ts";
import type { ReadOffer } from "./leg-media.ts";
import { checkOffer } from "./offer-check.ts";
import type { RefusalReason, Refusals } from "./refusals.ts";
import type { TrunkChannels } from "./trunk-channels.ts";

/** A stored setup; calls refer to it by its hash. */
export interface StoredSetup {
  readonly hash: string;
  readonly setup: CallSetup;
}

/** An accepted inbound call; it holds a place of its account until `Admission.release`. */
export interface AcceptedCall {
  readonly route: InboundRoute;
  readonly stored: StoredSetup;
  readonly offer: ReadOffer | null;
  readonly caller: CallerIdentity;
  readonly inbound: InboundCall;
}

export interface InboundOptions {
  readonly clock: Clock;
  readonly directory: Directory;
  readonly admission: Admission;
  readonly refusals: Refusals;
  readonly rounds: CallRounds;
  readonly channels: TrunkChannels;
  /** Our address in session descriptions. */
  readonly mediaAddress: string;
  /** Flows by `<account sid>/<flow id>`. */
  readonly setups: ReadonlyMap<string, StoredSetup>;
  /** Why the platform can't take any account's calls now. */
  readonly cannotTake: () => AdmissionRefusal | null;
}

interface Refusal {
  readonly reason: RefusalReason;
  readonly status: number;
  readonly message: string;
  readonly phrase?: string;
  readonly headers?: ExtraHeaders;
  readonly limit?: LimitFact | undefined;
}

const RETRY_LATER: ExtraHeaders = [["Retry-After", String(RETRY_AFTER_S)]];

/** Reasons for the SIP stack's own refusals, by status. */
const STACK_REASONS: Readonly<Record<number, RefusalReason>> = {
  415: "unusable_body",
  482: "merged_request",
  483: "too_many_hops",
};

/** Decides which INVITEs become calls; the others are refused with a reason that is logged, counted and recorded. */
export class InboundChecks {
  readonly #options: InboundOptions;

  constructor(options: InboundOptions) {
    this.#options = options;
  }

  /** Null: it was refused. */
  check(invite: IncomingInvite): AcceptedCall | null {
    const { request, source } = invite;
    const route = this.#options.directory.inboundRoute(request, source.address);
    const checked = "exophone" in route ? this.#checkKnown(invite, route) : unknownNumber(route);
    if ("stored" in checked) return checked;
    const { status, phrase = null, headers = [] } = checked;
    invite.reject(status, phrase, headers);
    this.#note(request, source, route, checked);
    return null;
  }

  /** Records that the SIP stack refused a request before it could become a call; `request` may be malformed. */
  refusedByStack(source: SipSource, request: SipRequest, { status, reason }: { status: number; reason: string }): void {
    const why = STACK_REASONS[status] ?? "bad_request";
    const message = `the ${request.method} request got ${status} ${reason}`;
    const { refusals, directory } = this.#options;
    if (request.method !== "INVITE") return refusals.note(why, message, { status, source: source.address });
    const route = readable(() => directory.inboundRoute(request, source.address)) ?? { called: null, config: null };
    this.#note(request, source, route, { reason: why, status, message });
  }

  #checkKnown(invite: IncomingInvite, route: InboundRoute): AcceptedCall | Refusal {
    const { config, flowId } = route;
    const stored = this.#options.setups.get(`${config.account.sid}/${flowId}`);
    if (flowId === null || stored === undefined)
      return {
        reason: "no_flow",
        status: 480,
        phrase: "No flow",
        message: "the ExoPhone points at no flow",
      };
    const offer = invite.offer === null ? null : checkOffer(invite.offer, this.#options.mediaAddress);
    if (offer?.ok === false) {
      const { warning, message } = offer.error;
      return { reason: "media_not_acceptable", status: 488, message, headers: [["Warning", warning]] };
    }
    return this.#admit(invite, { route, stored, offer: offer?.value ?? null });
  }

  #admit(invite: IncomingInvite, call: Pick<AcceptedCall, "route" | "stored" | "offer">): AcceptedCall | Refusal {
    const { config, exophone, trunk } = call.route;
    const { clock, rounds, channels, admission, cannotTake } = this.#options;
    const now = clock.now();
    const hops = hopsOf(invite);
    const caller = callerIdentity(invite.request, config.account.country);
    const { address, port } = invite.source;
    const arriving = {
      account: config.account.sid,
      exophone: exophone.number,
      claims: caller.claims,
      source: `${address}:${port}`,
      diverted: hops.history.length > 0,
    };
    const round = rounds.arrive(arriving, now);
    if (round === null)
      return { reason: "loop", status: 482, message: `the call came back to its own ExoPhone ${MAX_ROUNDS} times` };
    const full = channels.isFree(trunk) ? null : "trunk_full";
    const reason = cannotTake() ?? full ?? admission.take(config, now);
    if (reason !== null) {
      const limit = admissionFact(reason, config, trunk);
      return { reason, status: 503, message: REFUSAL_MESSAGES[reason], headers: RETRY_LATER, limit };
    }
    return { ...call, caller, inbound: { trunk, round, passedOn: { hops, withheld: caller.withheld } } };
  }

  #note(
    request: SipRequest,
    source: SipSource,
    route: InboundRoute | UnknownNumber,
    { reason, status, message, limit }: Refusal,
  ): void {
    const { config } = route;
    const country = config?.account.country ?? "";
    this.#options.refusals.refuse({
      reason,
      status,
      message,
      source: source.address,
      callId: readable(() => callId(request)) ?? "",
      from: readable(() => callerIdentity(request, country).number) ?? ANONYMOUS,
      to: "exophone" in route ? route.exophone.number : (route.called ?? ""),
      config,
      flow: "exophone" in route ? route.flowId : null,
      ...(limit === undefined ? {} : { limit }),
    });
  }
}

function unknownNumber({ called, config }: UnknownNumber): Refusal {
  const whose = config === null ? "the accounts" : "the account";
  const message =
    called === null
      ? "it names no number"
      : `the number called is no ExoPhone of ${whose} that this trunk belongs to (see number_in)`;
  return { reason: "unknown_number", status: 404, message };
}

/** A value from a request that may be malformed; null if it can't be read. */
function readable<T>(read: () => T): T | null {
  try {
    return read();
  } catch {
    return null; // the request has already been refused for that
  }
}
