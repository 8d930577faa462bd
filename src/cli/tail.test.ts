import type { Server } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { loadScenario, simulate } from "../index.ts";
import type { FeedEvent } from "../server/exchange/feed/feed-events.ts";
import { envelopeOf } from "../server/exchange/feed/feed-events.ts";
import { eventOf } from "../server/exchange/feed/trace-events.ts";
import { tailCommand } from "./tail.ts";
import { runCommand } from "./testing/run-command.ts";

const START_MS = Date.parse("2026-01-05T10:00:00+05:30");
const SID = "nobody00000000000000000000000a6115";

/** What the stream sends on each connection before it breaks; after the last, the platform refuses. */
let streams: string[];
let cursors: (string | undefined)[];
let server: Server;
let flags: readonly string[];

beforeEach(async () => {
  vi.stubEnv("TZ", "Asia/Kolkata");
  [streams, cursors] = [[], []];
  server = createServer(({ headers }, response) => {
    cursors.push(headers["last-event-id"]?.toString());
    const text = streams.shift();
    if (text === undefined) response.writeHead(410, { "content-type": "application/json" }).end('{"detail":"no more"}');
    else response.writeHead(200, { "content-type": "text/event-stream" }).write(text, () => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  flags = ["--server", url, "--account", "acme", "--key", "a:b"];
});
afterEach(() => {
  vi.unstubAllEnvs();
  server.closeAllConnections();
  server.close();
});

/** The frames of a call, as the feed sends them. */
function framesOf(file: string): readonly string[] {
  const { trace } = simulate(loadScenario(`examples/scenarios/${file}.yaml`), { callSid: SID });
  const events = trace.flatMap((entry) => {
    const event = eventOf(entry, { account: "acme", callSid: SID });
    return event === null ? [] : [{ event, at: START_MS + entry.at_ms }];
  });
  return events.map(({ event, at }, index) => frame(index + 1, at, event));
}

function frame(seq: number, at: number, event: FeedEvent): string {
  return `id: ${seq}\ndata: ${envelopeOf("acme", seq, at, event)}\n\n`;
}

describe("plugboard tail", () => {
  it("prints a call live, and resumes after the last event if the connection breaks", async () => {
    const frames = framesOf("nobody-there");
    streams = ["retry: 1000\n\n", frames.slice(0, 3).join(""), `:\n\n${frames.slice(3).join("")}id: 99\ndata: {"half`];
    const { out, errors, status } = await runCommand(tailCommand(), ...flags);
    expect(out.split("\n")).toEqual([
      `10:00:00  nobody00  call ${SID} incoming: +919812345678 → +918047100000, flow 11754`,
      "10:00:00  nobody00  caller answered",
      "10:00:13  nobody00  leg 2 dials +919900000011 as +918047100000, for 30 s at most",
      "10:00:13  nobody00  leg 2 rings",
      "10:00:43  nobody00  leg 2 ended: no-answer (1003 RING_TIMEOUT): Rang for 30 s, the limit (max_ringing_duration).  [DIAL-2]",
      expect.stringMatching(/^10:01:15 {2}nobody00 {2}recording\.saved: id \S+, duration_ms 29985, url \S+$/),
      "10:01:15  nobody00  call ended by caller: completed",
      "",
    ]);
    expect(cursors).toEqual([undefined, undefined, "3", String(frames.length)]);
    expect([errors, status]).toEqual(["no more\n", 1]);
  });

  it("prints JSON for programs, one event per line", async () => {
    streams = [framesOf("hunt").join("")];
    const { out } = await runCommand(tailCommand(), ...flags, "--json");
    const events = out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { id: string; type: string });
    expect(events.map(({ id }) => Number(id))).toEqual(events.map((_, index) => index + 1));
    expect(events.at(-1)?.type).toBe("plugboard.call.ended");
  });

  it("prints events that are not trace entries, and those of a newer platform, by name", async () => {
    const parked = { id: "d1", call_sid: SID, purpose: "dial_event", tries: 3, error: "refused" };
    const newer = { id: "2", type: "plugboard.trunk.down", time: "2026-01-05T04:30:00Z", data: { trunk: "main" } };
    streams = [
      `${frame(1, START_MS, { name: "delivery.parked", data: parked })}id: 2\ndata: ${JSON.stringify(newer)}\n\n`,
    ];
    const { out } = await runCommand(tailCommand(), ...flags);
    expect(out).toBe(
      "10:00:00  nobody00  delivery.parked: id d1, purpose dial_event, tries 3, error refused\n" +
        "10:00:00  -         trunk.down: trunk main\n",
    );
  });
});
