import { isIPv6 } from "node:net";
import type { Attribute, MediaDescription, SessionDescription } from "./session.ts";

/** The description as text, every line with its CRLF. A line break within a field becomes a space. */
export function writeSdp(description: SessionDescription): string {
  const { origin, name, address, attributes, media } = description;
  const lines = [
    "v=0",
    `o=${origin.username} ${origin.sessionId} ${origin.version} IN ${family(origin.address)} ${origin.address}`,
    `s=${name}`,
    ...(address === null ? [] : [connection(address)]),
    "t=0 0",
    ...attributes.map(attributeLine),
    ...media.flatMap((section) => mediaLines(section, address)),
  ];
  return lines.map((line) => `${line.replace(/[\r\n]+/g, " ")}\r\n`).join("");
}

function family(address: string): string {
  return isIPv6(address) ? "IP6" : "IP4";
}

function connection(address: string): string {
  return `c=IN ${family(address)} ${address}`;
}

function attributeLine({ name, value }: Attribute): string {
  return value === null ? `a=${name}` : `a=${name}:${value}`;
}

/** A refused line (port 0) has no attributes (RFC 3264 section 6). */
function mediaLines(media: MediaDescription, sessionAddress: string | null): string[] {
  const count = media.portCount === 1 ? "" : `/${media.portCount}`;
  const line = `m=${media.kind} ${media.port}${count} ${media.protocol} ${media.formats.join(" ")}`;
  const own = media.address === null || media.address === sessionAddress ? [] : [connection(media.address)];
  const attributes = [...codecAttributes(media), ...timingAttributes(media), ...media.attributes];
  if (media.direction !== "sendrecv" || media.port !== 0) attributes.push({ name: media.direction, value: null });
  return [line, ...own, ...attributes.map(attributeLine)];
}

function codecAttributes(media: MediaDescription): Attribute[] {
  return media.codecs.flatMap(({ payloadType, name, clockRate, channels, fmtp }) => {
    const map = `${payloadType} ${name}/${clockRate}${channels === 1 ? "" : `/${channels}`}`;
    const attributes = [{ name: "rtpmap", value: map }];
    if (fmtp !== null) attributes.push({ name: "fmtp", value: `${payloadType} ${fmtp}` });
    return attributes;
  });
}

function timingAttributes(media: MediaDescription): Attribute[] {
  const attributes: Attribute[] = [];
  if (media.ptimeMs !== null) attributes.push({ name: "ptime", value: String(media.ptimeMs) });
  if (media.maxptimeMs !== null) attributes.push({ name: "maxptime", value: String(media.maxptimeMs) });
  if (media.rtcpPort !== null) attributes.push({ name: "rtcp", value: String(media.rtcpPort) });
  if (media.rtcpMux) attributes.push({ name: "rtcp-mux", value: null });
  return attributes;
}
