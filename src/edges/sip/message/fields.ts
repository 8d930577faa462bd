import { detach, plainValue, splitCommaList, trimmed } from "./chars.ts";
import { SipParseError } from "./error.ts";
import type { SipMessage, SipResponse } from "./message.ts";
import { numberOf } from "./message.ts";
import { type NameAddr, parseNameAddr } from "./name-addr.ts";
import { type Params, parseHeaderParams } from "./params.ts";

/** One value of a Reason header (RFC 3326). */
export interface ReasonValue {
  /** As written: `SIP`, `Q.850`, `Preemption`… Compare without case. */
  readonly protocol: string;
  /** A SIP status or a Q.850 cause; null if absent or not a number. */
  readonly cause: number | null;
  readonly text: string | null;
}

/** One Contact of a 3xx. */
export interface ContactChoice {
  /** The URI as written. */
  readonly uri: string;
  /** 0 to 1; 1 if the Contact has no usable `q` (RFC 3261 20.10). */
  readonly q: number;
}

/** What a final response says, as a plain value that does not keep the message alive. */
export interface FinalResponse {
  readonly status: number;
  readonly reasonPhrase: string;
  /** Every Reason, in order; empty if there is none. */
  readonly reasons: readonly ReasonValue[];
  /** Every usable Contact, highest q first, equal ones in the order of the message; empty unless the status is 3xx. */
  readonly contacts: readonly ContactChoice[];
  /** Retry-After in seconds; null if absent. */
  readonly retryAfterS: number | null;
  /** Warning values as written (RFC 3261 20.43). */
  readonly warnings: readonly string[];
}

/** The largest cause: Q.850 and SIP both use at most three digits. */
const MAX_CAUSE = 999;

/**
 * Every address of a header that lists them (P-Asserted-Identity, Diversion, History-Info, Contact…): all values of all
 * lines, cut at the commas outside of quotes and angle brackets. A value that is not an address is skipped, and so is
 * one whose URI cannot be read: reading `uri` of a result does not throw.
 */
export function addressList(message: SipMessage, name: string): readonly NameAddr[] {
  return message.headers.lines(name).flatMap(splitCommaList).flatMap(usableAddress);
}

function usableAddress(text: string): NameAddr[] {
  try {
    const address = parseNameAddr(text);
    address.uri satisfies object;
    return [address];
  } catch (error) {
    if (error instanceof SipParseError) return [];
    throw error;
  }
}

/** Every Reason of a BYE, CANCEL or response (RFC 3326), in order; a value that cannot be read is skipped. */
export function reasonsOf(message: SipMessage): readonly ReasonValue[] {
  return message.headers.lines("reason").flatMap(splitCommaList).flatMap(reasonOf);
}

function reasonOf(value: string): ReasonValue[] {
  const semicolon = value.indexOf(";");
  const protocol = trimmed(value, 0, semicolon === -1 ? value.length : semicolon);
  if (!/^[\w.!%*+`'~-]+$/.test(protocol)) return [];
  const params = semicolon === -1 ? null : headerParams(value, semicolon);
  const text = params?.get("text");
  return [{ protocol: detach(protocol), cause: causeOf(params), text: text === undefined ? null : detach(text) }];
}

/** Null if they cannot be read; what comes before them still counts. */
function headerParams(value: string, at: number): Params | null {
  try {
    return parseHeaderParams(value, at);
  } catch (error) {
    if (error instanceof SipParseError) return null;
    throw error;
  }
}

/** Some write `cause="16"` or `cause=16 `. */
function causeOf(params: Params | null): number | null {
  const digits = plainValue(params?.get("cause") ?? "").trim();
  const cause = /^\d{1,3}$/.test(digits) ? Number(digits) : Infinity;
  return cause <= MAX_CAUSE ? cause : null;
}

/** A final response as a plain value. */
export function finalResponse(response: SipResponse): FinalResponse {
  const { status, reason } = response;
  return {
    status,
    reasonPhrase: detach(reason),
    reasons: reasonsOf(response),
    contacts: status >= 300 && status < 400 ? contactChoices(response) : [],
    retryAfterS: numberOf(response, "retry-after"),
    warnings: response.headers.all("warning").map(detach),
  };
}

function contactChoices(response: SipResponse): readonly ContactChoice[] {
  const choices = addressList(response, "contact").map((contact) => ({
    uri: detach(contact.uriText),
    q: qOf(contact.params.get("q")),
  }));
  return choices.sort((a, b) => b.q - a.q);
}

function qOf(text: string | undefined): number {
  const q = text !== undefined && /^(?:0(?:\.\d*)?|1(?:\.0*)?|\.\d+)$/.test(text) ? Number(text) : 1;
  return Math.min(q, 1);
}
