import { describe, expect, it } from "vitest";
import { IDLE_CALLER } from "../../../test/support/idle-caller.ts";
import { silentLog } from "../../base/log.ts";
import { VirtualClock } from "../../base/virtual-clock.ts";
import type { PreparedRequest } from "../../core/contract/http.ts";
import type { MediaClient } from "../../edges/media/process/client.ts";
import { SIGNATURE_HEADER, signed } from "../../edges/http-client/sign.ts";
import type { Fetched, OutboundRequest } from "../../edges/http-client/types.ts";
import type { SipEndpointApi } from "../../edges/sip/endpoint.ts";
import type { Services } from "./services.ts";
import { spanIdOf, traceIdOf } from "./call-tracing.ts";
import { CallIo } from "./call-io.ts";
import { RecordingLinks } from "./recording-links.ts";
import type { AccountConfig } from "./workspace.ts";

const SECRET = "0123456789abcdef0123456789abcdef";
const OK: Fetched = { outcome: { ok: true, status: 200, contentType: null, body: "" }, elapsedMs: 1 };
const COMMON = { method: "GET", headers: { "exotel-version": "1.0" }, authorization: null } as const;
/** A request as the engine asks for it, and as it goes out. */
const PREPARED = { ...COMMON, baseUrl: "https://app.example/connect", query: [["CallSid", "a1"]] } as const;
const REQUEST = { ...COMMON, url: "https://app.example/connect?CallSid=a1" };

const LINKS = new RecordingLinks("secret", "https://voice.example");

/** What goes out for one fetch by an account with this secret. */
function sent(
  signingSecrets: readonly string[],
  request: PreparedRequest = PREPARED,
  tracing: Services["tracing"] = null,
): { readonly clock: VirtualClock; readonly requests: OutboundRequest[] } {
  const clock = new VirtualClock(1_767_600_000_000);
  const requests: OutboundRequest[] = [];
  const take = (request: OutboundRequest): Promise<Fetched> => {
    requests.push(request);
    return Promise.resolve(OK);
  };
  const services: Services = {
    clock,
    log: silentLog,
    sip: {} as SipEndpointApi,
    fetcher: { fetch: take, usage: { sockets: 0, requests: 0, pools: 0, refused: 0 }, blocked: new Map() },
    audio: {
      prepare: () => Promise.reject(new Error("no audio here")),
      check: () => Promise.reject(new Error("no audio here")),
    },
    resolveHost: () => Promise.resolve([]),
    mediaAddress: "127.0.0.1",
    links: LINKS,
    recordingsDir: "recordings",
    tracing,
    append: () => Promise.resolve(),
  };
  const account = { sid: "acme", country: "IN" } as AccountConfig["account"];
  const config = { signingSecrets, privateDestinations: false, recordingLinks: { days: 1 }, account } as AccountConfig;
  const io = new CallIo("sid", services, config, {} as MediaClient, () => undefined);
  io.attach({ deliver: () => undefined, now: () => clock.now() } as unknown as CallIo["call"], IDLE_CALLER);
  io.perform({ kind: "fetch", id: "f1", purpose: "connect", request, deadlineMs: 5000 });
  return { clock, requests };
}

describe("a call's requests", () => {
  it("carry a traceparent of the call and the request while calls are traced, and are unchanged otherwise", () => {
    const [plain, traced] = [sent([]), sent([], PREPARED, { ended: () => undefined })].map(
      ({ requests }) => requests[0],
    );
    expect(plain?.headers).not.toHaveProperty("traceparent");
    const traceparent = `00-${traceIdOf("sid")}-${spanIdOf("sid", "f1")}-01`;
    expect(traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
    expect(traced).toEqual({ ...plain, headers: { ...plain?.headers, traceparent } });
  });

  it("REQ-9: are signed with the account's secret as they go out, and otherwise unchanged", () => {
    const { clock, requests } = sent([SECRET]);
    expect(requests).toEqual([signed(REQUEST, [SECRET], clock.now())]);
    expect(requests[0]?.headers[SIGNATURE_HEADER]).toMatch(/^t=1767600000,v1=[0-9a-f]{64}$/);
  });

  it("C18, REQ-27: carry a recording link that opens without a key and expires", () => {
    const link = "https://voice.example/api/accounts/acme/recordings/r1.wav";
    const { clock, requests } = sent([], { ...PREPARED, query: [["RecordingUrl", link]] });
    const { searchParams } = new URL(new URL(requests[0]?.url ?? "").searchParams.get("RecordingUrl") ?? "");
    const opensAt = (nowMs: number): boolean =>
      LINKS.allows("acme", "r1.wav", searchParams.get("expires"), searchParams.get("signature"), nowMs);
    expect([opensAt(clock.now()), opensAt(clock.now() + 86_400_000)]).toEqual([true, false]);
  });

  it("REQ-9: are unsigned if the account has no secret", () => {
    expect(sent([]).requests).toEqual([REQUEST]);
  });
});
