import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { silentLog } from "../../src/base/log.ts";
import { systemClock } from "../../src/base/system-clock.ts";
import { systemRandom } from "../../src/base/system-random.ts";
import type { CallHandlers, IncomingInvite, OutgoingInvite } from "../../src/edges/sip/endpoint.ts";
import { SipEndpoint } from "../../src/edges/sip/endpoint.ts";
import type { TestPlatform } from "../support/platform.ts";
import { EXOPHONE, startTestPlatform } from "../support/platform.ts";
import { freePort } from "../support/sipp.ts";
import { sleep, until } from "../support/wait.ts";
import { allEnded } from "./complete-call.ts";

const ROUNDS = 3;
const CALLS = 6;
const HOST = "127.0.0.1";
const sdp = (name: string): string =>
  `v=0\r\no=${name} 1 1 IN IP4 ${HOST}\r\ns=-\r\nc=IN IP4 ${HOST}\r\nt=0 0\r\nm=audio 9 RTP/AVP 0\r\n`;

const HANDLERS: CallHandlers = { onEnded() {}, onOffer: () => ({ status: 488 }), onAnswer() {}, onInfo() {} };

/** What the phones do with an INVITE; `kill` kills the control process at that moment. */
type Boundary = (invite: IncomingInvite, kill: () => void) => void;

const BOUNDARIES: Readonly<Record<string, Boundary>> = {
  "as an INVITE comes": (_, kill) => kill(),
  "after 100, of a phone that needs seconds before it rings": (_, kill) => void setTimeout(kill, 300),
  "as a phone rings": (invite, kill) => {
    invite.ring();
    kill();
  },
  "a moment after a phone rings": (invite, kill) => {
    invite.ring();
    setTimeout(kill, 30);
  },
  "as a phone is answered": (invite, kill) => {
    invite.answer(sdp("callee")).handlers = HANDLERS;
    kill();
  },
  "a moment after a phone is answered": (invite, kill) => {
    invite.answer(sdp("callee")).handlers = HANDLERS;
    setTimeout(kill, 3);
  },
  "as the ACK comes": (invite, kill) => {
    invite.answer(sdp("callee")).handlers = { ...HANDLERS, onAcknowledged: kill };
  },
};

let platform: TestPlatform;
let phones: SipEndpoint;
let callers: SipEndpoint;
let onInvite: (invite: IncomingInvite) => void = () => undefined;

async function endpoint(port: number, take: (invite: IncomingInvite) => void): Promise<SipEndpoint> {
  const made = new SipEndpoint({
    listeners: [{ protocol: "udp", host: HOST, port }],
    advertised: null,
    clock: systemClock,
    random: systemRandom(),
    log: silentLog,
    userAgent: "test",
    handlers: { admits: () => "accept", onInvite: take },
  });
  await made.start();
  return made;
}

beforeAll(async () => {
  const trunkPort = await freePort();
  phones = await endpoint(trunkPort, (invite) => onInvite(invite));
  callers = await endpoint(await freePort(), () => undefined);
  const parameters = { destination: { numbers: ["+919900000011"] } };
  platform = await startTestPlatform({
    trunkPort,
    flow: { start: "c", applets: { c: { type: "connect", parameters, exits: {} } } },
  });
});

afterAll(async () => {
  await platform?.stop();
  await phones?.stop();
  await callers?.stop();
});

function call(): OutgoingInvite {
  return callers.dial({
    target: { uri: `sip:${EXOPHONE}@${HOST}`, address: HOST, port: platform.sipPort, protocol: "udp" },
    from: { uri: `sip:+919812345678@${HOST}` },
    to: { uri: `sip:${EXOPHONE}@${HOST}` },
    sdp: sdp("caller"),
    handlers: {
      onProgress() {},
      onAnswered: (answered) => {
        answered.handlers = HANDLERS;
      },
      onFailed() {},
    },
  });
}

function killControl(): void {
  const pid = platform.controlPid();
  if (pid !== undefined) process.kill(pid, "SIGKILL");
}

describe.each(Object.entries(BOUNDARIES))("A3, M5: kill -9 of the control process %s", (_, boundary) => {
  it.each(Array.from({ length: ROUNDS }, (__, round) => round))(
    "leaves no leg ringing or talking, on either side, round %i",
    async () => {
      let killed = false;
      onInvite = (invite) =>
        boundary(invite, () => {
          if (!killed) killControl();
          killed = true;
        });
      const calls = Array.from({ length: CALLS }, call);
      await until("the process is killed", () => Promise.resolve(killed), 5000);
      await until("healthy again", async () => (await fetch(`${platform.httpUrl}/healthz`)).ok, 20_000);
      await until("no phone rings or talks", () => Promise.resolve(isQuiet(phones)), 20_000);
      await until("no caller talks", () => Promise.resolve(callers.stats.calls === 0), 20_000);
      // A caller whose INVITE has not been answered yet waits for its own network's timers.
      for (const each of calls) each.cancel();
      await allEnded(platform);
      expect(phones.stats).toMatchObject({ calls: 0, pendingInvites: 0 });
      await sleep(100);
    },
  );
});

function isQuiet({ stats }: SipEndpoint): boolean {
  return stats.calls === 0 && stats.pendingInvites === 0;
}
