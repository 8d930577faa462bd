import type { DigestClient } from "../auth/client.ts";
import { buildRequest, detach } from "../message/build.ts";
import {
  callId,
  contacts,
  cseq,
  from,
  type SipMessage,
  type SipRequest,
  type SipResponse,
  to,
} from "../message/message.ts";
import { parseNameAddr } from "../message/name-addr.ts";
import type { Hop } from "./hop.ts";
import type { TransportFlow } from "../transport/types.ts";
import type { DialogSnapshot, ExtraHeaders } from "./types.ts";
import { type StackContext, newId, userOf } from "./stack-context.ts";

/** What a dialog starts with; names as in {@link DialogSnapshot}. */
type DialogParts = Pick<
  DialogSnapshot,
  | "id"
  | "role"
  | "callId"
  | "localTag"
  | "remoteTag"
  | "localParty"
  | "remoteParty"
  | "localSequence"
  | "remoteSequence"
  | "remoteTarget"
  | "routeSet"
>;

/** One request in a dialog, before it has a CSeq. */
export interface InDialogRequest {
  readonly method: string;
  readonly headers?: ExtraHeaders;
  readonly contentType?: string;
  readonly body?: string | Buffer;
  /** With our Contact: for requests that set up or refresh a dialog. */
  readonly withContact?: boolean;
}

/** The state of RFC 3261 12: ids, sequence numbers, route set, remote target; and the flow in use. */
export class Dialog {
  readonly id: string;
  readonly role: "caller" | "callee";
  readonly callId: string;
  readonly localTag: string;
  readonly remoteTag: string;
  readonly localParty: string;
  readonly remoteParty: string;
  localSequence: number;
  remoteSequence: number | null;
  remoteTarget: string;
  readonly routeSet: readonly string[];
  /** Where the last message came from or was sent. */
  flow: TransportFlow;
  /** Null: there are no credentials for this far side, so a challenge is a refusal. */
  digest: DigestClient | null;
  /** Requests always go by `flow`, whatever route set and target say, because nothing vouches for those. */
  pinned = false;
  /** Where `nextHop` leads, once it has been looked up (see `withFlow`). */
  hop: Hop | null = null;
  readonly #stack: StackContext;
  /** User part of our Contact, once it has been computed. */
  #user: { readonly name: string | null } | null = null;

  constructor(stack: StackContext, parts: DialogParts, flow: TransportFlow, digest: DigestClient | null) {
    this.#stack = stack;
    this.id = parts.id;
    this.role = parts.role;
    this.callId = parts.callId;
    this.localTag = parts.localTag;
    this.remoteTag = parts.remoteTag;
    this.localParty = parts.localParty;
    this.remoteParty = parts.remoteParty;
    this.localSequence = parts.localSequence;
    this.remoteSequence = parts.remoteSequence;
    this.remoteTarget = parts.remoteTarget;
    this.routeSet = parts.routeSet;
    this.flow = flow;
    this.digest = digest;
  }

  /** Our Contact in this dialog, as a header value. */
  get contact(): string {
    this.#user ??= { name: userOf(this.localParty) };
    return `<${this.#stack.transport.contactUri(this.flow, this.#user.name)}>`;
  }

  /** A request with the next CSeq, or with `sequence`, ready for a Via (RFC 3261 12.2.1.1). */
  request(parts: InDialogRequest, sequence: number = ++this.localSequence): SipRequest {
    const { uri, routes } = this.#routing();
    return buildRequest({
      method: parts.method,
      uri,
      routes,
      from: this.localParty,
      to: this.remoteParty,
      callId: this.callId,
      cseq: sequence,
      ...(parts.withContact === true ? { contact: this.contact } : {}),
      headers: [["User-Agent", this.#stack.userAgent], ...(parts.headers ?? [])],
      ...(parts.body === undefined ? {} : { body: parts.body, contentType: parts.contentType ?? "application/sdp" }),
    });
  }

  /** The URI whose host a request goes to: the topmost Route, else the target (RFC 3261 8.1.2). */
  get nextHop(): string {
    const [first] = this.routeSet;
    return first === undefined ? this.remoteTarget : parseNameAddr(first).uriText;
  }

  /** Takes over the Contact of a target refresh request or its 2xx (RFC 3261 12.2); the route set never changes. */
  refreshTarget(message: SipMessage): void {
    this.remoteTarget = contactUri(message) ?? this.remoteTarget;
  }

  /** Continues the sequence numbers of the early dialog with the same tags. */
  takeOver(early: Dialog): void {
    this.localSequence = Math.max(this.localSequence, early.localSequence);
    this.remoteSequence = early.remoteSequence;
  }

  /** RFC 3261 12.2.2: whether a request's CSeq is acceptable now; remembers it. */
  takeSequence(request: SipRequest): boolean {
    const { number } = cseq(request);
    if (this.remoteSequence !== null && number <= this.remoteSequence) return false;
    this.remoteSequence = number;
    return true;
  }

  /** Strict routers (no `lr`) find themselves in the Request-URI (RFC 3261 12.2.1.1). */
  #routing(): { readonly uri: string; readonly routes: readonly string[] } {
    const [first, ...rest] = this.routeSet;
    if (first === undefined) return { uri: this.remoteTarget, routes: [] };
    const { uri, uriText } = parseNameAddr(first);
    if (uri.kind === "sip" && !uri.params.has("lr"))
      return { uri: uriText, routes: [...rest, `<${this.remoteTarget}>`] };
    return { uri: this.remoteTarget, routes: this.routeSet };
  }
}

/** The dialog that our answer to an INVITE creates (RFC 3261 12.1.1). */
export function calleeDialog(stack: StackContext, invite: SipRequest, flow: TransportFlow, localTag: string): Dialog {
  const { address, port } = flow.remote;
  return new Dialog(
    stack,
    {
      id: newId(stack),
      role: "callee",
      callId: detach(callId(invite)),
      localTag,
      remoteTag: detach(from(invite).tag ?? ""),
      localParty: `${detach(invite.headers.get("to") ?? "")};tag=${localTag}`,
      remoteParty: detach(invite.headers.get("from") ?? ""),
      localSequence: firstSequence(stack),
      remoteSequence: cseq(invite).number,
      remoteTarget: contactUri(invite) ?? `sip:${address.includes(":") ? `[${address}]` : address}:${port}`,
      routeSet: invite.headers.all("record-route").map(detach),
    },
    flow,
    null,
  );
}

/** The dialog that a 101–299 creates for the sender of the INVITE (RFC 3261 12.1.2). */
export function callerDialog(
  stack: StackContext,
  invite: {
    readonly callId: string;
    readonly localTag: string;
    readonly from: string;
    readonly uri: string;
    readonly cseq: number;
  },
  response: SipResponse,
  flow: TransportFlow,
  digest: DigestClient | null,
): Dialog {
  return new Dialog(
    stack,
    {
      id: newId(stack),
      role: "caller",
      callId: invite.callId,
      localTag: invite.localTag,
      remoteTag: detach(to(response).tag ?? ""),
      localParty: invite.from,
      remoteParty: detach(response.headers.get("to") ?? ""),
      localSequence: invite.cseq,
      remoteSequence: null,
      remoteTarget: contactUri(response) ?? invite.uri,
      routeSet: response.headers.all("record-route").map(detach).reverse(),
    },
    flow,
    digest,
  );
}

/** RFC 3261 8.1.1.5 allows any number below 2^31; small ones stay readable. */
export function firstSequence(stack: StackContext): number {
  return 1 + Math.floor(stack.random.next() * 10_000);
}

function contactUri(message: SipMessage): string | null {
  const list = contacts(message);
  const first = list === "*" ? undefined : list[0];
  return first === undefined || first.uri.kind !== "sip" ? null : detach(first.uriText);
}
