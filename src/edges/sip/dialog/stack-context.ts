import type { Clock } from "../../../base/clock.ts";
import type { Log } from "../../../base/log.ts";
import type { Random } from "../../../base/random.ts";
import { buildResponse, type ResponseParts } from "../message/build.ts";
import type { SipRequest, SipResponse } from "../message/message.ts";
import { parseNameAddr } from "../message/name-addr.ts";
import { MAGIC_COOKIE } from "../transaction/key.ts";
import type { IncomingTransaction, TransactionLayer } from "../transaction/layer.ts";
import type { Timers } from "../transaction/timers.ts";
import type { TransportLayer } from "../transport/layer.ts";
import type { Resolver } from "../transport/resolve.ts";
import type { TransportFlow } from "../transport/types.ts";
import type { DialogTable } from "./table.ts";

/** What every part of the dialog layer works with: one per endpoint. */
export interface StackContext {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly timers: Timers;
  /** How long the 200 to a new call waits for its ACK. */
  readonly ackTimeoutMs: number;
  readonly userAgent: string;
  readonly transport: TransportLayer;
  readonly transactions: TransactionLayer;
  readonly dialogs: DialogTable;
  readonly resolve: Resolver;
  /** Whether requests in a dialog over this flow always go by it, whatever Contact and Record-Route say. */
  readonly isBehindNat: (flow: TransportFlow) => boolean;
}

/** Octets of randomness in a branch, tag or Call-ID: unique across space and time, and impossible to guess. */
const ID_OCTETS = 10;

/** A new tag or Call-ID. */
export function newId(stack: StackContext): string {
  return stack.random.hex(ID_OCTETS);
}

/** A new branch as in RFC 3261. */
export function newBranch(stack: StackContext): string {
  return MAGIC_COOKIE + stack.random.hex(ID_OCTETS);
}

/** Methods that this stack acts on. */
export const ALLOWED_METHODS = "INVITE, ACK, CANCEL, BYE, OPTIONS, PRACK, UPDATE, INFO";
const ALLOW: readonly [string, string] = ["Allow", ALLOWED_METHODS];
const SUPPORTED: readonly [string, string] = ["Supported", "100rel, timer"];
const ACCEPT: readonly [string, string] = ["Accept", "application/sdp, application/dtmf-relay, application/dtmf"];

/** The headers about us in requests and 2xx that set up or refresh a dialog. */
export const CAPABILITIES: readonly (readonly [string, string])[] = [ALLOW, SUPPORTED];
/** The same for the answer to an OPTIONS; some trunks consider us down without them. */
export const ALL_CAPABILITIES: readonly (readonly [string, string])[] = [ALLOW, ACCEPT, SUPPORTED];

/** Answers a request; `headers` follow `Server` and include Content-Type. */
export function respond(
  stack: StackContext,
  incoming: IncomingTransaction,
  status: number,
  parts: ResponseParts & { readonly reason?: string } = {},
): Buffer {
  return incoming.transaction.respond(response(stack, incoming.request, status, parts));
}

/** A response of ours; `headers` follow `Server`. */
export function response(
  stack: StackContext,
  request: SipRequest,
  status: number,
  parts: ResponseParts & { readonly reason?: string } = {},
): SipResponse {
  const headers = [["Server", stack.userAgent] as const, ...(parts.headers ?? [])];
  return buildResponse(request, status, parts.reason, { ...parts, headers });
}

/** 405 for a known method that is not supported here (RFC 3261 8.2.1); unknown ones have already got 501. */
export function respondNotAllowed(stack: StackContext, incoming: IncomingTransaction, toTag: string): void {
  respond(stack, incoming, 405, { toTag, headers: [ALLOW] });
}

/** Body and its type as response parts. */
export function sdpBody(sdp: string | null): {
  readonly body?: string;
  readonly headers: readonly (readonly [string, string])[];
} {
  return sdp === null ? { headers: [] } : { body: sdp, headers: [["Content-Type", "application/sdp"]] };
}

/** The user part of a From or To, for our Contact; null if it has none. */
export function userOf(party: string): string | null {
  const { uri } = parseNameAddr(party);
  return uri.kind === "sip" ? uri.user : null;
}

/** Contact with the user part that `party` (a From or To of ours) carries. */
export function contactFor(stack: StackContext, flow: TransportFlow, party: string): string {
  return `<${stack.transport.contactUri(flow, userOf(party))}>`;
}
