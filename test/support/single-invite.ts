import { randomUUID } from "node:crypto";
import { createSocket } from "node:dgram";

const LIMIT_MS = 10_000;
const HOST = "127.0.0.1";

/** The final response to one INVITE, as text. It is not acknowledged, so use this only if a refusal is expected. */
export function inviteOnce(port: number, number: string): Promise<string> {
  const socket = createSocket("udp4");
  return new Promise<string>((resolve, reject) => {
    const limit = setTimeout(() => reject(new Error(`no final response within ${LIMIT_MS} ms`)), LIMIT_MS);
    socket.on("message", (message) => {
      const text = message.toString();
      if (text.startsWith("SIP/2.0 1")) return;
      clearTimeout(limit);
      resolve(text);
    });
    socket.bind(0, HOST, () => socket.send(invite(socket.address().port, number, port), port, HOST));
  }).finally(() => socket.close());
}

function invite(from: number, number: string, to: number): string {
  const sdp = ["v=0", `o=- 1 1 IN IP4 ${HOST}`, "s=-", `c=IN IP4 ${HOST}`, "t=0 0", "m=audio 9 RTP/AVP 0", ""].join(
    "\r\n",
  );
  return [
    `INVITE sip:${number}@${HOST}:${to} SIP/2.0`,
    `Via: SIP/2.0/UDP ${HOST}:${from};branch=z9hG4bK${randomUUID()}`,
    `From: <sip:+919812345678@${HOST}:${from}>;tag=t`,
    `To: <sip:${number}@${HOST}>`,
    `Call-ID: ${randomUUID()}`,
    "CSeq: 1 INVITE",
    `Contact: <sip:caller@${HOST}:${from}>`,
    "Max-Forwards: 70",
    "Content-Type: application/sdp",
    `Content-Length: ${sdp.length}`,
    "",
    sdp,
  ].join("\r\n");
}
