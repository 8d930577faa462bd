import { isToken } from "./chars.ts";
import { SipParseError } from "./error.ts";
import {
  callId,
  contacts,
  contentLength,
  cseq,
  from,
  maxForwards,
  recordRoutes,
  routes,
  type SipMessage,
  type SipRequest,
  type SipResponse,
  to,
  tokens,
  topVia,
} from "./message.ts";

/** The response to a request that parses but is wrong. Never send it for an ACK. */
export interface SipRefusal {
  readonly status: number;
  readonly reason: string;
  readonly headers?: readonly (readonly [string, string])[];
}

export interface ValidateOptions {
  /** Methods not in here get 501. Default: {@link KNOWN_METHODS}. */
  readonly methods?: ReadonlySet<string>;
  /** Option tags that Require may name; others get 420 with Unsupported. Default: {@link SUPPORTED_EXTENSIONS}. */
  readonly extensions?: ReadonlySet<string>;
}

/** Every method of the stack and its extensions that a user agent may meet. Known, not necessarily allowed (405). */
export const KNOWN_METHODS: ReadonlySet<string> = new Set(
  "INVITE ACK BYE CANCEL OPTIONS REGISTER PRACK UPDATE INFO REFER SUBSCRIBE NOTIFY MESSAGE PUBLISH".split(" "),
);

/** The extensions that a Require may name: RFC 3262, 4028, 3891, 4488, 3327, 5626. */
export const SUPPORTED_EXTENSIONS: ReadonlySet<string> = new Set(
  "100rel timer replaces norefersub path outbound".split(" "),
);

/** Fields that may occur only once; the first four are mandatory, which is checked when they are read. */
const AT_MOST_ONE = ["from", "to", "call-id", "cseq", "max-forwards", "content-type", "expires"] as const;

/**
 * Null: well-formed, and the typed accessors will not throw. Otherwise the response owed, checked in the order of RFC
 * 3261 section 8.2: version (505), syntax (400), method (501), Request-URI scheme (416), Require (420).
 * Whatever needs more than the message belongs to other layers: body types (415, 406) to readers of bodies, an empty
 * branch cookie and merged requests to the transaction layer, credentials and bindings to the registrar, Max-Forwards 0
 * to a proxy. A Date that is not in GMT is accepted, as RFC 4475 section 3.1.2.12 asks of receivers that do not use it.
 */
export function validateRequest(request: SipRequest, options: ValidateOptions = {}): SipRefusal | null {
  if (request.version.trimEnd() !== "SIP/2.0") return { status: 505, reason: "Version Not Supported" };
  const fault = request.version === "SIP/2.0" ? requestFault(request) : "a space after the SIP version";
  if (fault !== null) return { status: 400, reason: `Bad Request - ${fault}` };
  const methods = options.methods ?? KNOWN_METHODS;
  if (!methods.has(request.method)) return { status: 501, reason: "Not Implemented" };
  if (cseq(request).method !== request.method)
    return { status: 400, reason: "Bad Request - CSeq names another method" };
  if (request.uri.kind === "other") return { status: 416, reason: "Unsupported URI Scheme" };
  return refusedExtensions(request, options.extensions ?? SUPPORTED_EXTENSIONS);
}

/** Require is ignored in ACK and CANCEL (RFC 3261 section 8.2.2.3). */
function refusedExtensions(request: SipRequest, known: ReadonlySet<string>): SipRefusal | null {
  if (request.method === "ACK" || request.method === "CANCEL") return null;
  const unknown = tokens(request, "require").filter((tag) => !known.has(tag.toLowerCase()));
  if (unknown.length === 0) return null;
  return { status: 420, reason: "Bad Extension", headers: [["Unsupported", unknown.join(", ")]] };
}

function requestFault(request: SipRequest): string | null {
  return faultOf(() => {
    if (!isToken(request.method)) throw new SipParseError("method");
    const uri = request.uri;
    if (uri.kind === "sip" && uri.headers !== null) throw new SipParseError("headers in the Request-URI");
    maxForwards(request);
    checkFields(request);
  });
}

/** Null: usable. Otherwise why the response must be dropped: responses are never answered. */
export function validateResponse(response: SipResponse): string | null {
  if (response.version !== "SIP/2.0") return "another SIP version";
  return faultOf(() => {
    checkFields(response);
  });
}

/** Reads everything that the typed accessors offer; throws `SipParseError` at the first that is missing or malformed. */
function checkFields(message: SipMessage): void {
  for (const name of AT_MOST_ONE)
    if (message.headers.isRepeated(name)) throw new SipParseError(`more than one ${name}`);
  topVia(message);
  callId(message);
  cseq(message);
  from(message).uri satisfies object;
  to(message).uri satisfies object;
  const addresses = [routes(message), recordRoutes(message)];
  const contact = contacts(message);
  if (contact !== "*") addresses.push(contact);
  for (const list of addresses) for (const address of list) address.uri satisfies object;
  const length = contentLength(message);
  if (length !== null && length > message.body.length)
    throw new SipParseError("the body ends before its Content-Length");
}

function faultOf(check: () => void): string | null {
  try {
    check();
    return null;
  } catch (error) {
    if (error instanceof SipParseError) return error.message;
    throw error;
  }
}
