import { SipParseError } from "./error.ts";
import { Params, parseHeaderParams } from "./params.ts";
import { bracketed, parseHostPort } from "./uri.ts";

/** One hop of the Via header (RFC 3261 section 20.42, RFC 3581). Immutable. */
export interface Via {
  /** Upper case: UDP, TCP, TLS, WS, WSS, SCTP… */
  readonly transport: string;
  /** sent-by host as written, IPv6 without brackets. */
  readonly host: string;
  readonly port: number | null;
  readonly params: Params;
  /** Null if absent (RFC 2543). */
  readonly branch: string | null;
  /** IPv6 without the brackets that some put around it (RFC 5118 section 4.5). */
  readonly received: string | null;
  /** "asked" is the flag without a value. */
  readonly rport: number | "asked" | null;
}

/** sent-protocol and sent-by with white space wherever RFC 3261 allows it. Classes are disjoint: no backtracking. */
const SENT =
  /^SIP[ \t]*\/[ \t]*2\.0[ \t]*\/[ \t]*([\w.!%*+`'~-]+)[ \t]+(\[[^\]\s]*\]|[^\s;:,[\]]+)[ \t]*(?::[ \t]*(\d+)[ \t]*)?/i;

/** Throws `SipParseError(400)`. */
export function parseVia(text: string): Via {
  const match = SENT.exec(text);
  const transport = match?.[1];
  const sentBy = match?.[2];
  if (match === null || transport === undefined || sentBy === undefined) throw new SipParseError("a malformed Via");
  const { host, port } = parseHostPort(match[3] === undefined ? sentBy : `${sentBy}:${match[3]}`);
  return viaOf(transport.toUpperCase(), host, port, parseHeaderParams(text, match[0].length));
}

function viaOf(transport: string, host: string, port: number | null, params: Params): Via {
  const rport = params.get("rport");
  const received = params.get("received") ?? null;
  return {
    transport,
    host,
    port,
    params,
    branch: params.get("branch") || null,
    received: received?.startsWith("[") === true ? received.slice(1, -1) : received,
    rport: rport === undefined ? null : readRport(rport),
  };
}

/** A value that is not a port counts as the bare flag: the peer wants symmetric responses, and gets them. */
function readRport(text: string): number | "asked" {
  return /^\d{1,5}$/.test(text) ? Number(text) : "asked";
}

export function formatVia(via: Via): string {
  const port = via.port === null ? "" : `:${via.port}`;
  return `SIP/2.0/${via.transport} ${bracketed(via.host)}${port}${via.params.toString()}`;
}

/** A Via of our own; `params` come before the branch. */
export function makeVia(parts: {
  readonly transport: string;
  readonly host: string;
  readonly port?: number | null;
  readonly branch: string;
  readonly params?: Params;
}): Via {
  const params = (parts.params ?? Params.none).with("branch", parts.branch);
  return viaOf(parts.transport.toUpperCase(), parts.host, parts.port ?? null, params);
}

/** The same hop with one parameter set (null: a flag). */
export function viaWith(via: Via, name: string, value: string | null): Via {
  return viaOf(via.transport, via.host, via.port, via.params.with(name, value));
}
