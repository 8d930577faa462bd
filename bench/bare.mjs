/**
 * The least that any process would have to do for a call in place of the platform: read a datagram, ask the URL on a
 * connection that is kept open, write 8 KiB that survive a power cut, and send a datagram. The time for that is the
 * machine's share.
 */
import { createSocket } from "node:dgram";
import { open } from "node:fs/promises";
import { connect } from "node:net";

const [file = "", customerPort = "", trunkPort = ""] = process.argv.slice(2);
const PAGE = Buffer.alloc(8192, "x");
const PAGES = 2048;

const log = await open(file, "w");
for (let i = 0; i < PAGES; i++) await log.write(PAGE, 0, PAGE.length, i * PAGE.length);
await log.sync();

const socket = createSocket("udp4");
const url = connect(Number(customerPort), "127.0.0.1").setNoDelay(true);
let calls = 0;

socket.on("message", (message) => {
  const number = /^From: <sip:\+919(\d{9})@/m.exec(message.toString("latin1"))?.[1];
  if (number !== undefined) url.write(`GET /connect?CallFrom=${number}& HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n`);
});
url.on("data", (answer) => void dial(answer));

async function dial(answer) {
  const number = /\+919(\d{9})/.exec(answer.toString("latin1"))?.[1];
  await log.write(PAGE, 0, PAGE.length, (calls++ % PAGES) * PAGE.length);
  await log.datasync();
  socket.send(`INVITE sip:+919${number}@127.0.0.1 SIP/2.0\r\n\r\n`, Number(trunkPort), "127.0.0.1");
}
socket.bind(0, "127.0.0.1", () => process.send?.(socket.address().port));
