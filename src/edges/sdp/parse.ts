import { isIP } from "node:net";
import { err, ok, type Result } from "../../base/result.ts";
import {
  type Attribute,
  type CodecDescription,
  type Direction,
  isAudio,
  type MediaDescription,
  type Origin,
  type SessionDescription,
} from "./session.ts";

/** In characters. A description fits into one SIP message; anything larger was not made for a telephone. */
export const MAX_SDP_CHARS = 65_536;
/** Lines of one description: a browser's offer with all its candidates has about 200. */
export const MAX_SDP_LINES = 1_024;
/** Media lines of one description; each becomes a line of our answer. */
export const MAX_MEDIA_LINES = 32;
/** Formats of one media line: there are 128 RTP payload types, and a browser's video line has about 30. */
export const MAX_FORMATS = 128;
/** The largest RTP payload type; 7 bits. */
const MAX_PAYLOAD_TYPE = 127;
const MAX_PORT = 65_535;
/** Replaces a missing address in `o=`, which nothing reads. */
const NO_ADDRESS = "0.0.0.0";
/** A media line needs one format (RFC 8866 9), which means nothing if the line is off. */
const NO_FORMATS: readonly string[] = ["0"];

/** Static payload types of RFC 3551 that need no rtpmap: `type name clock channels`. */
const STATIC_TYPES: ReadonlyMap<number, Omit<CodecDescription, "payloadType" | "fmtp">> = new Map(
  `0 PCMU 8000 1,3 GSM 8000 1,4 G723 8000 1,5 DVI4 8000 1,6 DVI4 16000 1,7 LPC 8000 1,8 PCMA 8000 1,9 G722 8000 1,
   10 L16 44100 2,11 L16 44100 1,12 QCELP 8000 1,13 CN 8000 1,14 MPA 90000 1,15 G728 8000 1,16 DVI4 11025 1,
   17 DVI4 22050 1,18 G729 8000 1,25 CelB 90000 1,26 JPEG 90000 1,28 nv 90000 1,31 H261 90000 1,32 MPV 90000 1,
   33 MP2T 90000 1,34 H263 90000 1`
    .split(",")
    .map((row) => {
      const [type = "", name = "", clock = "", channels = ""] = row.trim().split(" ");
      return [Number(type), { name, clockRate: Number(clock), channels: Number(channels) }] as const;
    }),
);

/** What a section (the session's or one media line's) contains so far. */
interface Section {
  address: string | null;
  readonly attributes: Attribute[];
}

interface MediaSection extends Section {
  readonly line: Pick<MediaDescription, "kind" | "port" | "portCount" | "protocol" | "formats">;
}

interface Draft extends Section {
  origin: Origin | null;
  name: string;
  readonly media: MediaSection[];
}

/**
 * Reads a session description (RFC 8866, RFC 4566). Strict about what decides where media goes (the c= and m= lines of
 * audio); anything else is skipped if it makes no sense: an odd o=, blank lines, a NUL at the end, lines of no known
 * form, attributes. A bare LF or CR ends a line too, `s=` and `t=` may be missing, and the order within a section does
 * not matter. The error is one sentence without its subject: "has no origin (o=)".
 */
export function parseSdp(input: string | Buffer): Result<SessionDescription, string> {
  const text = typeof input === "string" ? input : input.toString("utf8");
  if (text.length > MAX_SDP_CHARS) return err(`is longer than ${MAX_SDP_CHARS} characters`);
  const lines = linesOf(text);
  if (lines.length > MAX_SDP_LINES) return err(`has more than ${MAX_SDP_LINES} lines`);
  if (lines[0]?.trimEnd() !== "v=0") return err("does not begin with v=0");
  const draft: Draft = { origin: null, name: "-", address: null, attributes: [], media: [] };
  for (const line of lines) {
    const fault = readLine(line, draft);
    if (fault !== null) return err(`has ${fault}: ${JSON.stringify(line.slice(0, 80))}`);
  }
  return finish(draft);
}

/** At most one more line than the limit. The NUL that ends a string in C, and a byte order mark, are not text. */
function linesOf(text: string): readonly string[] {
  let end = text.length;
  while (end > 0 && "\r\n\0".includes(text.charAt(end - 1))) end--;
  const bare = text.slice(0, end).replace(/^[\ufeff\r\n]+/, "");
  return bare.split(/\r\n|\n|\r/, MAX_SDP_LINES + 1);
}

/** Adds one line to the draft; returns what is wrong with it, or null. */
function readLine(line: string, draft: Draft): string | null {
  // oxlint-disable-next-line no-control-regex -- NUL is what is looked for
  if (!/^[a-z]=[^\u0000]*$/.test(line)) return faultOfUnknown(line);
  const value = line.slice(2);
  const section = draft.media.at(-1) ?? draft;
  switch (line.charAt(0)) {
    case "o":
      draft.origin ??= readOrigin(value);
      return null;
    case "s":
      draft.name = value.trim() === "" ? "-" : value;
      return null;
    case "c":
      return readConnection(value, section);
    case "a":
      section.attributes.push(readAttribute(value));
      return null;
    case "m":
      return readMedia(value, draft.media);
    default:
      return null;
  }
}

/** A line that is not `x=…` is skipped, unless it was meant to say where media goes. */
function faultOfUnknown(line: string): string | null {
  return /^\s*[cm]\s*=/i.test(line) ? "a c= or m= line that is not an SDP line" : null;
}

/** Six words as it should be, even with spaces in the user name; otherwise as much as there is. */
function readOrigin(value: string): Origin {
  const whole = /^(.*\S)[ \t]+(\S+)[ \t]+(\S+)[ \t]+IN[ \t]+IP[46][ \t]+(\S+)$/i.exec(value.trim());
  const words = whole?.slice(1) ?? value.split(/[ \t]+/).filter((word) => word !== "");
  const [username = "-", sessionId = "0", version = "0", ...rest] = words;
  return { username, sessionId, version, address: rest.at(-1) ?? NO_ADDRESS };
}

/** Stores the address, without the TTL or count of a multicast group. */
function readConnection(value: string, section: Section | MediaSection): string | null {
  const match = /^[ \t]*IN[ \t]+IP([46])[ \t]+([^ \t/]+)(?:\/\d+){0,2}[ \t]*$/i.exec(value);
  const address = match?.[2] ?? "";
  const family = isIP(address);
  const usable = family === 0 ? isHostName(address) : String(family) === match?.[1];
  if (usable) section.address = address;
  return usable || isUnused(section) ? null : "a malformed connection";
}

/** The contents of a media line that is off, or not audio, do not matter. */
function isUnused(section: Section | MediaSection): boolean {
  return "line" in section && (section.line.port === 0 || section.line.kind.toLowerCase() !== "audio");
}

function isHostName(text: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(text);
}

function readAttribute(value: string): Attribute {
  const colon = value.indexOf(":");
  return colon === -1
    ? { name: value.trim(), value: null }
    : { name: value.slice(0, colon), value: value.slice(colon + 1).trim() };
}

const MEDIA_LINE = /^[ \t]*([\w.!#$%&'*+^`{|}~-]+)[ \t]+(\d{1,5})(?:\/(\d{1,5}))?[ \t]+([^ \t]+)(?:[ \t]+([^ \t].*))?$/;

function readMedia(value: string, into: MediaSection[]): string | null {
  if (into.length === MAX_MEDIA_LINES) return `more than ${MAX_MEDIA_LINES} media lines`;
  const read = mediaLineOf(value);
  if (typeof read === "string" && /^[ \t]*audio\b/i.test(value)) return read;
  into.push({ line: typeof read === "string" ? unreadableLine(value) : read, address: null, attributes: [] });
  return null;
}

/** The line, or what is wrong with it. One that is off needs no formats. */
function mediaLineOf(value: string): MediaSection["line"] | string {
  const [, kind, port, count = "1", protocol, list = ""] = MEDIA_LINE.exec(value) ?? [];
  if (kind === undefined || protocol === undefined) return "a malformed media line";
  const formats = list.split(/[ \t]+/).filter((format) => format !== "");
  if (formats.length > MAX_FORMATS) return `more than ${MAX_FORMATS} formats`;
  if (Number(port) > MAX_PORT || Number(count) < 1) return "a media line without a port number";
  if (formats.length === 0 && Number(port) !== 0) return "a malformed media line";
  const shown = formats.length === 0 ? NO_FORMATS : formats;
  return { kind, port: Number(port), portCount: Number(count), protocol, formats: shown };
}

/** A line for other media, which is refused anyway: it keeps its place, switched off. */
function unreadableLine(value: string): MediaSection["line"] {
  const kind = /^[ \t]*([\w-]+)/.exec(value)?.[1] ?? "unknown";
  return { kind, port: 0, portCount: 1, protocol: "RTP/AVP", formats: NO_FORMATS };
}

function finish(draft: Draft): Result<SessionDescription, string> {
  const { origin, name, address, media } = draft;
  if (origin === null && media.length === 0) return err("has neither an origin (o=) nor media");
  const described = media.map((section) => finishMedia(section, draft));
  const homeless = described.some((line) => isAudio(line) && line.port !== 0 && line.address === null);
  if (homeless) return err("has media without an address (c=)");
  const attributes = draft.attributes.filter(({ name }) => !isDirection(name));
  return ok({ origin: origin ?? readOrigin(""), name, address, attributes, media: described });
}

/** Attributes that have a field of their own in {@link MediaDescription}. */
const KNOWN_ATTRIBUTES: ReadonlySet<string> = new Set(["rtpmap", "fmtp", "ptime", "maxptime", "rtcp", "rtcp-mux"]);

function finishMedia(section: MediaSection, session: Draft): MediaDescription {
  const { line, attributes } = section;
  const address = section.address ?? session.address;
  return {
    ...line,
    address,
    ...(address !== null && isIP(address) === 0 ? { isName: true as const } : {}),
    direction: directionOf(attributes) ?? directionOf(session.attributes) ?? "sendrecv",
    codecs: /\bRTP\//i.test(line.protocol) ? codecsOf(line.formats, attributes) : [],
    ptimeMs: milliseconds(valueOf(attributes, "ptime")),
    maxptimeMs: milliseconds(valueOf(attributes, "maxptime")),
    rtcpPort: rtcpPortOf(valueOf(attributes, "rtcp")),
    rtcpMux: attributes.some(({ name }) => name === "rtcp-mux"),
    attributes: attributes.filter(({ name }) => !isDirection(name) && !KNOWN_ATTRIBUTES.has(name)),
  };
}

function isDirection(name: string): name is Direction {
  return name === "sendrecv" || name === "sendonly" || name === "recvonly" || name === "inactive";
}

function directionOf(attributes: readonly Attribute[]): Direction | null {
  const found = attributes.findLast(({ name }) => isDirection(name))?.name;
  return found !== undefined && isDirection(found) ? found : null;
}

function valueOf(attributes: readonly Attribute[], name: string): string {
  return attributes.find((attribute) => attribute.name === name)?.value ?? "";
}

/** Some write fractions (`ptime:20.0`, RFC 4566 allowed 0.125). More than a second is not a packet time. */
function milliseconds(value: string): number | null {
  const number = /^\d{1,4}(?:\.\d{1,3})?$/.test(value) ? Number(value) : 0;
  return number > 0 && number <= 1000 ? number : null;
}

function rtcpPortOf(value: string): number | null {
  const port = Number(/^(\d{1,5})(?: |$)/.exec(value)?.[1] ?? "0");
  return port > 0 && port <= MAX_PORT ? port : null;
}

function codecsOf(formats: readonly string[], attributes: readonly Attribute[]): readonly CodecDescription[] {
  const maps = perPayloadType(attributes, "rtpmap");
  const parameters = perPayloadType(attributes, "fmtp");
  const codecs: CodecDescription[] = [];
  for (const format of new Set(formats)) {
    const payloadType = /^\d{1,3}$/.test(format) ? Number(format) : Infinity;
    const base = readRtpmap(maps.get(payloadType) ?? "") ?? STATIC_TYPES.get(payloadType);
    if (payloadType <= MAX_PAYLOAD_TYPE && base !== undefined)
      codecs.push({ payloadType, ...base, fmtp: parameters.get(payloadType) ?? null });
  }
  return codecs;
}

/** `a=rtpmap:8 PCMA/8000` and the like: what is given for each payload type; the first one counts. */
function perPayloadType(attributes: readonly Attribute[], name: string): ReadonlyMap<number, string> {
  const found = new Map<number, string>();
  for (const attribute of attributes) {
    const match = attribute.name === name ? /^(\d{1,3}) +([^]+)$/.exec(attribute.value ?? "") : null;
    if (match === null) continue;
    const payloadType = Number(match[1]);
    if (!found.has(payloadType)) found.set(payloadType, match[2] ?? "");
  }
  return found;
}

function readRtpmap(value: string): Omit<CodecDescription, "payloadType" | "fmtp"> | null {
  const match = /^([^/ ]+)\/(\d{1,7})(?:\/(\d{1,2}))? *$/.exec(value);
  const name = match?.[1];
  const channels = Number(match?.[3] ?? "1");
  const clockRate = Number(match?.[2]);
  return name === undefined || channels === 0 || clockRate === 0 ? null : { name, clockRate, channels };
}
