// The customer's application of the benchmarks: one number, at once. Its CPU is not ours and is not counted.
import { createServer } from "node:http";

const answer = JSON.stringify({ destination: { numbers: ["+919900000011"] } });
const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(answer) };
const server = createServer((_request, response) => response.writeHead(200, headers).end(answer));
server.keepAliveTimeout = 60_000;
server.listen(0, "127.0.0.1", () => process.send?.(server.address().port));
