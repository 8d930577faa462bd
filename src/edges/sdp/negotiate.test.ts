import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  answerOffer,
  createOffer,
  type LocalMedia,
  readAnswer,
  type NegotiatedMedia,
  unreadableOffer,
} from "./negotiate.ts";
import { parseSdp } from "./parse.ts";
import { type Direction, type SessionDescription, withAddresses } from "./session.ts";

const LOCAL: LocalMedia = { address: "192.0.2.9", port: 20000, codecs: ["PCMU", "PCMA"], sessionId: "77", version: 1 };

function parsed(text: string): SessionDescription {
  const result = parseSdp(text);
  if (!result.ok) throw new Error(result.error);
  return result.value;
}

function offer(...lines: string[]): SessionDescription {
  return parsed(
    ["v=0", "o=- 1 1 IN IP4 198.51.100.1", "s=-", "c=IN IP4 198.51.100.1", "t=0 0", ...lines, ""].join("\r\n"),
  );
}

function answered(
  description: SessionDescription,
  changes: Partial<LocalMedia> = {},
): { sdp: string; answer: SessionDescription; remote: NegotiatedMedia } {
  const result = answerOffer(description, { ...LOCAL, ...changes });
  if (!result.ok) throw new Error(result.error.warning);
  return { ...result.value, answer: parsed(result.value.sdp) };
}

function warning(description: SessionDescription, changes: Partial<LocalMedia> = {}): string {
  const result = answerOffer(description, { ...LOCAL, ...changes });
  return result.ok ? "" : `${result.error.status} ${result.error.warning}`;
}

const EVENT = ["a=rtpmap:96 telephone-event/8000", "a=fmtp:96 0-16"];

describe("createOffer", () => {
  it("offers our codecs in our order, and telephone-events", () => {
    expect(createOffer({ ...LOCAL, codecs: ["PCMA", "PCMU"] }).split("\r\n")).toEqual([
      "v=0",
      "o=- 77 1 IN IP4 192.0.2.9",
      "s=-",
      "c=IN IP4 192.0.2.9",
      "t=0 0",
      "m=audio 20000 RTP/AVP 8 0 101",
      "a=rtpmap:8 PCMA/8000",
      "a=rtpmap:0 PCMU/8000",
      "a=rtpmap:101 telephone-event/8000",
      "a=fmtp:101 0-15",
      "a=ptime:20",
      "a=sendrecv",
      "",
    ]);
  });

  it("names an IPv6 address as such", () => {
    expect(createOffer({ ...LOCAL, address: "2001:db8::9" })).toContain("c=IN IP6 2001:db8::9\r\n");
  });

  it("carries direction and packet time", () => {
    const media = parsed(createOffer({ ...LOCAL, direction: "sendonly", ptime: 40 })).media[0];
    expect(media).toMatchObject({ direction: "sendonly", ptimeMs: 40 });
  });

  it("the version goes up only when something has changed (RFC 3264 section 8)", () => {
    const first = createOffer(LOCAL);
    const same = createOffer({ ...LOCAL, previous: first });
    const held = createOffer({ ...LOCAL, previous: same, direction: "sendonly" });
    expect(same).toBe(first);
    expect([first, held, createOffer({ ...LOCAL, previous: held })].map((text) => parsed(text).origin.version)).toEqual(
      ["1", "2", "3"],
    );
  });

  it("a later offer keeps the session's lines (those that are not ours at port 0) and the payload numbers in use", () => {
    const first = answered(
      offer("m=video 5002 RTP/AVP 31", "m=audio 5000 RTP/AVP 8 96", ...EVENT, "m=audio 5004 RTP/AVP 0"),
    );
    const again = parsed(createOffer({ ...LOCAL, previous: first.sdp }));
    expect(again.media.map(({ kind, port, formats }) => [kind, port, formats])).toEqual([
      ["video", 0, ["31"]],
      ["audio", 20000, ["0", "8", "96"]],
      ["audio", 0, ["0"]],
    ]);
  });

  it("a version beyond 2^53 still counts by one", () => {
    const previous = createOffer(LOCAL).replace("77 1 ", "77 18446744073709551614 ");
    expect(parsed(createOffer({ ...LOCAL, previous, port: 1 })).origin.version).toBe("18446744073709551615");
  });
});

describe("answerOffer", () => {
  it("uses our best codec with the offer's numbers, and telephone-event with the offer's number", () => {
    const { answer, remote } = answered(offer("m=audio 5000 RTP/AVP 18 8 0 96", ...EVENT));
    expect(answer.media[0]?.formats).toEqual(["0", "96"]);
    expect(remote).toEqual({
      address: "198.51.100.1",
      port: 5000,
      rtcpPort: null,
      codec: "PCMU",
      payloadType: 0,
      dtmfPayloadType: 96,
      dtmfReceivePayloadType: 96,
      ptimeMs: 20,
      direction: "sendrecv",
      held: false,
    });
    expect(answered(offer("m=audio 5000 RTP/AVP 0 8"), { codecs: ["PCMA"] }).remote.codec).toBe("PCMA");
  });

  it("finds a codec with a dynamic number", () => {
    const { answer, remote } = answered(offer("m=audio 5000 RTP/AVP 99", "a=rtpmap:99 pcma/8000"));
    expect([remote.codec, remote.payloadType, answer.media[0]?.codecs[0]?.name]).toEqual(["PCMA", 99, "PCMA"]);
  });

  it("without telephone-events in the offer there are none in the answer", () => {
    const { sdp, remote } = answered(offer("m=audio 5000 RTP/AVP 0"));
    expect([remote.dtmfPayloadType, remote.dtmfReceivePayloadType, sdp.includes("telephone-event")]).toEqual([
      null,
      null,
      false,
    ]);
  });

  it("telephone-events with another clock are ignored", () => {
    const wide = offer(
      "m=audio 5000 RTP/AVP 0 97 98",
      "a=rtpmap:97 telephone-event/48000",
      "a=rtpmap:98 telephone-event/8000",
    );
    expect(answered(wide).remote.dtmfPayloadType).toBe(98);
  });

  it("answers every line in its place, and all but the first usable audio with port 0", () => {
    const { sdp, answer } = answered(
      offer(
        "m=video 5002 RTP/AVP 31 96",
        "a=rtpmap:96 H264/90000",
        "m=audio 5004 RTP/AVP 18",
        "m=audio 5006 RTP/SAVP 0",
        "m=audio 5000/2 RTP/AVP 0",
        "m=audio 5008 RTP/AVP 0",
        "m=image 5010 udptl t38",
      ),
    );
    expect(answer.media.map(({ kind, port, protocol }) => `${kind} ${port} ${protocol}`)).toEqual([
      "video 0 RTP/AVP",
      "audio 0 RTP/AVP",
      "audio 0 RTP/SAVP",
      "audio 20000 RTP/AVP",
      "audio 0 RTP/AVP",
      "image 0 udptl",
    ]);
    expect(sdp).toContain("m=video 0 RTP/AVP 31 96\r\n");
    expect(sdp).not.toContain("H264");
  });

  it("RTP/AVPF is answered as such", () => {
    expect(answered(offer("m=audio 5000 RTP/AVPF 0")).answer.media[0]?.protocol).toBe("RTP/AVPF");
  });

  it.each([
    ["no media at all", [], "304"],
    ["only video", ["m=video 5002 RTP/AVP 31"], "304"],
    ["audio switched off", ["m=audio 0 RTP/AVP 0"], "304"],
    ["only SRTP", ["m=audio 5000 RTP/SAVP 0"], "302"],
    ["a browser's offer", ["m=audio 9 UDP/TLS/RTP/SAVPF 111 0", "a=rtpmap:111 opus/48000/2"], "302"],
    ["G.729 alone", ["m=audio 5000 RTP/AVP 18"], "305"],
    ["only telephone-events", ["m=audio 5000 RTP/AVP 96", ...EVENT], "305"],
    ["PCMU at 16 kHz", ["m=audio 5000 RTP/AVP 97", "a=rtpmap:97 PCMU/16000"], "305"],
    ["stereo PCMU", ["m=audio 5000 RTP/AVP 97", "a=rtpmap:97 PCMU/8000/2"], "305"],
    ["an IPv6 address", ["m=audio 5000 RTP/AVP 0", "c=IN IP6 2001:db8::1"], "301"],
    ["a host name", ["m=audio 5000 RTP/AVP 0", "c=IN IP4 media.example.com"], "301"],
  ])("%s is 488 with a Warning", (_, lines, code) => {
    expect(warning(offer(...lines))).toMatch(new RegExp(`^488 ${code} plugboard "[A-Z][a-z ]+"$`));
  });

  it.each<[Direction, Direction, Direction, boolean]>([
    ["sendrecv", "sendrecv", "sendrecv", false],
    ["sendonly", "sendrecv", "recvonly", true],
    ["recvonly", "sendrecv", "sendonly", false],
    ["inactive", "sendrecv", "inactive", true],
    ["sendrecv", "sendonly", "sendonly", false],
    ["sendonly", "sendonly", "inactive", true],
    ["recvonly", "recvonly", "inactive", false],
    ["sendrecv", "inactive", "inactive", false],
  ])("to %s, wishing %s, the answer is %s (held: %s)", (theirs, wish, ours, held) => {
    const { answer, remote } = answered(offer("m=audio 5000 RTP/AVP 0", `a=${theirs}`), { direction: wish });
    expect([answer.media[0]?.direction, remote.direction, remote.held]).toEqual([ours, ours, held]);
  });

  it("c=0.0.0.0 is the old kind of hold: nothing is sent there", () => {
    const { answer, remote } = answered(offer("c=IN IP4 0.0.0.0", "m=audio 5000 RTP/AVP 0"));
    expect([remote.held, remote.direction, answer.media[0]?.direction, answer.address]).toEqual([
      true,
      "recvonly",
      "recvonly",
      "192.0.2.9",
    ]);
  });

  it("an unchanged answer keeps its version, a changed one gets the next", () => {
    const plain = offer("m=audio 5000 RTP/AVP 0");
    const first = answered(plain).sdp;
    expect(answered(plain, { previous: first, version: 9 }).sdp).toBe(first);
    const held = answered(offer("m=audio 5000 RTP/AVP 0", "a=sendonly"), { previous: first });
    expect(held.answer.origin).toMatchObject({ version: "2", sessionId: "77" });
  });

  it("RTCP goes to the next port, to a=rtcp, or to the same port if both sides accept that", () => {
    const lines = ["m=audio 5000 RTP/AVP 0", "a=rtcp:6001", "a=rtcp-mux"];
    expect(answered(offer(lines[0] ?? "")).remote.rtcpPort).toBeNull();
    expect(answered(offer(...lines)).remote.rtcpPort).toBe(6001);
    expect(answered(offer(...lines)).sdp).not.toContain("rtcp-mux");
    const mux = answered(offer(...lines), { rtcpMux: true });
    expect([mux.remote.rtcpPort, mux.sdp.includes("a=rtcp-mux")]).toEqual([5000, true]);
    expect(answered(offer(lines[0] ?? ""), { rtcpMux: true }).sdp).not.toContain("rtcp-mux");
  });

  it("the packet time is what they prefer, within what they accept", () => {
    expect(answered(offer("m=audio 5000 RTP/AVP 0", "a=ptime:30")).remote.ptimeMs).toBe(30);
    expect(answered(offer("m=audio 5000 RTP/AVP 0", "a=ptime:60", "a=maxptime:40")).remote.ptimeMs).toBe(40);
  });
});

describe("readAnswer", () => {
  const ours = parsed(createOffer(LOCAL));

  function read(answer: SessionDescription, from: SessionDescription = ours): NegotiatedMedia | string {
    const result = readAnswer(answer, from);
    return result.ok ? result.value : result.error;
  }

  it("sends events with the number of the answer and expects them with the number of the offer", () => {
    expect(read(offer("m=audio 5000 RTP/AVP 8 96", ...EVENT))).toEqual({
      address: "198.51.100.1",
      port: 5000,
      rtcpPort: null,
      codec: "PCMA",
      payloadType: 8,
      dtmfPayloadType: 96,
      dtmfReceivePayloadType: 101,
      ptimeMs: 20,
      direction: "sendrecv",
      held: false,
    });
  });

  it("uses the first codec of the answer that was offered", () => {
    expect(read(offer("m=audio 5000 RTP/AVP 18 8 0"))).toMatchObject({ codec: "PCMA" });
    expect(read(offer("m=audio 5000 RTP/AVP 8"), parsed(createOffer({ ...LOCAL, codecs: ["PCMU"] })))).toContain(
      "codecs",
    );
  });

  it("without events in the answer there are none in either direction", () => {
    expect(read(offer("m=audio 5000 RTP/AVP 0"))).toMatchObject({
      dtmfPayloadType: null,
      dtmfReceivePayloadType: null,
    });
  });

  it.each([
    [["m=audio 0 RTP/AVP 0"], "refuses"],
    [["m=video 5000 RTP/AVP 31"], "refuses"],
    [[], "no line"],
    [["m=audio 5000 RTP/AVP 18"], "codecs"],
    [["m=audio 5000 RTP/AVP 0", "c=IN IP6 2001:db8::1"], "address"],
  ])("%j is not a valid answer: %s", (lines, word) => {
    expect(read(offer(...lines))).toContain(word);
  });

  it("a hold in the answer is a hold", () => {
    expect(read(offer("m=audio 5000 RTP/AVP 0", "a=sendonly"))).toMatchObject({ held: true, direction: "recvonly" });
    expect(read(offer("c=IN IP4 0.0.0.0", "m=audio 5000 RTP/AVP 0"))).toMatchObject({
      held: true,
      direction: "recvonly",
    });
  });

  it("a recvonly answer to our sendonly offer is our hold, not theirs", () => {
    const held = parsed(createOffer({ ...LOCAL, direction: "sendonly" }));
    expect(read(offer("m=audio 5000 RTP/AVP 0", "a=recvonly"), held)).toMatchObject({
      held: false,
      direction: "sendonly",
    });
  });

  it("agrees with the other side's answerOffer about everything that matters", () => {
    const codecs = fc.shuffledSubarray(["PCMU", "PCMA"] as const, { minLength: 1 });
    const direction = fc.constantFrom<Direction>("sendrecv", "sendonly", "recvonly", "inactive");
    fc.assert(
      fc.property(
        codecs,
        codecs,
        direction,
        direction,
        fc.boolean(),
        fc.boolean(),
        (a, b, wishA, wishB, muxA, muxB) => {
          const text = parsed(createOffer({ ...LOCAL, codecs: a, direction: wishA, rtcpMux: muxA }));
          const there = answerOffer(text, {
            ...LOCAL,
            address: "192.0.2.5",
            port: 30000,
            codecs: b,
            direction: wishB,
            rtcpMux: muxB,
          });
          expect(there.ok).toBe(a.some((codec) => b.includes(codec)));
          if (!there.ok) return;
          const here = read(parsed(there.value.sdp), text);
          if (typeof here === "string") throw new Error(here);
          expect([here.codec, here.dtmfPayloadType, here.dtmfReceivePayloadType]).toEqual([
            there.value.remote.codec,
            101,
            101,
          ]);
          expect([here.address, here.port, there.value.remote.port]).toEqual(["192.0.2.5", 30000, 20000]);
          const mirror = {
            sendrecv: "sendrecv",
            sendonly: "recvonly",
            recvonly: "sendonly",
            inactive: "inactive",
          } as const;
          expect(here.direction).toBe(mirror[there.value.remote.direction]);
          expect(here.rtcpPort === here.port).toBe(there.value.remote.rtcpPort === there.value.remote.port);
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe("S21: the refusal of an offer", () => {
  const detail = (...lines: string[]): string => {
    const answered = answerOffer(offer(...lines), LOCAL);
    return answered.ok ? "" : `${answered.error.code} ${answered.error.detail}`;
  };

  it.each([
    [["m=video 5000 RTP/AVP 0"], "304 an audio line is needed, and the offer has video"],
    [["m=audio 0 RTP/AVP 0"], "304 an audio line is needed, and the offer has audio at port 0"],
    [["m=audio 5000 RTP/SAVP 0"], "302 audio is taken by RTP/AVP, and the offer has RTP/SAVP"],
    [["m=audio 5000 RTP/AVP 9 18"], "305 PCMU or PCMA is needed, and the offer has G722/8000 G729/8000"],
    [["m=audio 5000 RTP/AVP 96", "a=rtpmap:96 PCMU/16000"], "305 PCMU or PCMA is needed, and the offer has PCMU/16000"],
    [
      ["m=audio 5000 RTP/AVP 0", "c=IN IP6 2001:db8::1"],
      "301 an IPv4 address is needed, and the offer has 2001:db8::1",
    ],
  ])("%j: %s", (lines, sentence) => {
    expect(detail(...lines)).toBe(sentence);
  });

  it("names the fault in a description that cannot be read", () => {
    expect(unreadableOffer("has no origin (o=)")).toEqual({
      status: 488,
      code: 399,
      detail: "the session description has no origin (o=)",
      warning: '399 plugboard "The session description cannot be read"',
    });
  });
});

describe("S4: IPv6", () => {
  const local = { ...LOCAL, address: "2001:db8::9" };
  const theirs = offer("m=audio 5000 RTP/AVP 0", "c=IN IP6 2001:db8::1");

  it("is answered from an IPv6 address, with IP6 in o= and c=", () => {
    const { sdp, remote } = answered(theirs, local);
    expect(remote).toMatchObject({ address: "2001:db8::1", port: 5000 });
    expect(sdp).toContain("o=- 77 1 IN IP6 2001:db8::9\r\n");
    expect(sdp).toContain("c=IN IP6 2001:db8::9\r\n");
  });

  it("is taken from an answer", () => {
    expect(readAnswer(theirs, parsed(createOffer(local)))).toMatchObject({
      ok: true,
      value: { address: "2001:db8::1" },
    });
  });

  it("S6: a host name counts once its address is known", () => {
    const named = offer("m=audio 5000 RTP/AVP 0", "c=IN IP6 media.example.com");
    const resolved = withAddresses(named, new Map([["media.example.com", "2001:db8::2"]]));
    expect(answered(resolved, local).remote.address).toBe("2001:db8::2");
  });
});
