import { buildRequest, buildResponse, type SipRequestParts, type ResponseParts, serialize } from "../message/build.ts";
import { contacts, cseq, type SipMessage, type SipRequest, type SipResponse } from "../message/message.ts";
import { parseDatagram } from "../message/parse.ts";
import type { TransportFlow, Transport } from "../transport/types.ts";
import { silentLog } from "../../../base/log.ts";
import { seededRandom } from "../../../base/random.ts";
import { OFFER, type Rig } from "./rig.ts";

/** An INVITE from a peer at 10.0.0.9 to Alice at 10.0.0.1. */
export const PEER_INVITE: SipRequestParts = {
  method: "INVITE",
  uri: "sip:alice@10.0.0.1",
  from: "<sip:peer@10.0.0.9>;tag=p",
  to: "<sip:alice@10.0.0.1>",
  callId: "call",
  cseq: 1,
  contact: "<sip:peer@10.0.0.9:5060>",
  body: OFFER,
  contentType: "application/sdp",
};

/** Another request of the same peer in the dialog that `toValue`, the To of our response, belongs to. */
export function peerRequest(method: string, sequence: number, toValue: string | undefined): SipRequestParts {
  const { body: _, contentType: __, ...parts } = PEER_INVITE;
  return { ...parts, method, cseq: sequence, to: toValue ?? PEER_INVITE.to };
}

/** A far side without any logic: sees every datagram, and sends what the test tells it to. */
export class Peer {
  readonly host: string;
  readonly received: SipMessage[] = [];
  readonly #transport: Transport;
  #flow: TransportFlow | null = null;
  #branches = 0;

  private constructor(rig: Rig, host: string) {
    this.host = host;
    this.#transport = rig.network.factory({
      protocol: "udp",
      host,
      port: 5060,
      clock: rig.clock,
      random: seededRandom(1),
      log: silentLog,
      events: {
        onOctets: (flow, octets) => {
          this.#flow = flow;
          this.received.push(parseDatagram(octets));
        },
        onFlowFailed() {},
      },
    });
  }

  static async at(rig: Rig, host: string): Promise<Peer> {
    const peer = new Peer(rig, host);
    await peer.#transport.open();
    return peer;
  }

  /** Requests of that method, in the order they came. */
  requests(method: string): readonly SipRequest[] {
    return this.received.filter((one): one is SipRequest => one.kind === "request" && one.method === method);
  }

  /** The statuses of the responses to requests of that method, in order. */
  statuses(method: string): readonly number[] {
    return this.responses(method).map((response) => response.status);
  }

  responses(method: string): readonly SipResponse[] {
    return this.received.filter((one): one is SipResponse => one.kind === "response" && cseq(one).method === method);
  }

  request(method: string, index = 0): SipRequest {
    const found = this.requests(method).at(index);
    if (found === undefined) throw new Error(`no ${method} arrived: ${this.received.map(nameOf).join(", ")}`);
    return found;
  }

  response(method: string, index = -1): SipResponse {
    const found = this.responses(method).at(index);
    if (found === undefined) throw new Error(`no response to ${method} arrived`);
    return found;
  }

  /** Sends a request in the dialog that it created with `toTag` by answering this INVITE. */
  sendInDialog(
    invite: SipRequest,
    toTag: string,
    parts: Pick<SipRequestParts, "method" | "cseq" | "headers" | "body" | "contentType">,
  ): void {
    const target = contacts(invite);
    if (typeof target === "string" || target[0] === undefined) throw new Error("the INVITE has no Contact");
    this.send({
      ...parts,
      uri: target[0].uriText,
      from: `${invite.headers.get("to")};tag=${toTag}`,
      to: invite.headers.get("from") ?? "",
      callId: invite.headers.get("call-id") ?? "",
    });
  }

  /** Answers a request, to where it came from. Each `toTag` is a fork. */
  respond(request: SipRequest, status: number, parts: ResponseParts & { readonly contact?: boolean } = {}): void {
    const contact = parts.contact === false ? [] : [["Contact", `<sip:peer@${this.host}:5060>`] as const];
    const type = parts.body === undefined ? [] : [["Content-Type", "application/sdp"] as const];
    const headers = [...contact, ...type, ...(parts.headers ?? [])];
    this.sendRaw(serialize(buildResponse(request, status, undefined, { toTag: "peer", ...parts, headers })));
  }

  /** Sends a request with a Via of its own; `branch` to repeat or cancel an earlier one. */
  send(parts: SipRequestParts, to?: string, branch = this.newBranch()): string {
    const via = `SIP/2.0/UDP ${this.host}:5060;rport;branch=${branch}`;
    this.sendRaw(serialize(buildRequest({ via, ...parts })), to);
    return branch;
  }

  newBranch(): string {
    return `z9hG4bKpeer${this.#branches++}`;
  }

  /** To `to`, or to where the last datagram came from. */
  sendRaw(octets: Buffer | string, to?: string): void {
    const flow = to === undefined ? this.#flow : this.#transport.flowTo(to, 5060, 0);
    if (flow === null) throw new Error("nothing was received yet");
    flow.send(typeof octets === "string" ? Buffer.from(octets) : octets);
  }
}

function nameOf(message: SipMessage): string {
  return message.kind === "request" ? message.method : String(message.status);
}
