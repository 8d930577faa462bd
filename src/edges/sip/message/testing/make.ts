import type { SipMessage, SipRequest, SipResponse } from "../message.ts";
import { parseDatagram } from "../parse.ts";

/** Lines joined by CRLF and closed by the blank line, then the body. */
export function wire(lines: readonly string[], body: Buffer | string = ""): Buffer {
  return Buffer.concat([Buffer.from(`${lines.join("\r\n")}\r\n\r\n`), Buffer.from(body)]);
}

/** Headers of a complete INVITE; those in `changes` replace them (null: leave it out) or are added. */
export function invite(changes: Readonly<Record<string, string | null>> = {}, uri = "sip:100@192.0.2.10"): string[] {
  const headers = new Map<string, string | null>([
    ["Via", "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK776asdhds;rport"],
    ["Max-Forwards", "70"],
    ["From", '"Anil" <sip:+919812345678@192.0.2.1>;tag=1928301774'],
    ["To", "<sip:100@192.0.2.10>"],
    ["Call-ID", "a84b4c76e66710@192.0.2.1"],
    ["CSeq", "314159 INVITE"],
    ["Contact", "<sip:+919812345678@192.0.2.1:5060>"],
    ...Object.entries(changes),
  ]);
  const lines = [...headers].filter(([, value]) => value !== null).map(([name, value]) => `${name}: ${value}`);
  return [`INVITE ${uri} SIP/2.0`, ...lines];
}

export function asRequest(octets: Buffer): SipRequest {
  return request(parseDatagram(octets));
}

export function request(message: SipMessage | "ping" | undefined): SipRequest {
  if (typeof message !== "object" || message.kind !== "request") throw new Error("no request");
  return message;
}

export function asResponse(octets: Buffer): SipResponse {
  const message = parseDatagram(octets);
  if (message.kind !== "response") throw new Error("no response");
  return message;
}
