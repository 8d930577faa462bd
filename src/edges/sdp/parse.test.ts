import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MAX_FORMATS, MAX_MEDIA_LINES, MAX_SDP_CHARS, MAX_SDP_LINES, parseSdp } from "./parse.ts";
import { hostNames, type MediaDescription, type SessionDescription, withAddresses } from "./session.ts";
import { writeSdp } from "./write.ts";

const HEAD = ["v=0", "o=- 1 1 IN IP4 192.0.2.1", "s=-", "c=IN IP4 192.0.2.1", "t=0 0"];

function read(...lines: string[]): SessionDescription {
  const result = parseSdp([...HEAD, ...lines].map((line) => `${line}\r\n`).join(""));
  if (!result.ok) throw new Error(result.error);
  return result.value;
}

function only(...lines: string[]): MediaDescription {
  const media = read(...lines).media[0];
  if (media === undefined) throw new Error("no media");
  return media;
}

function fault(text: string | Buffer): string {
  const result = parseSdp(text);
  return result.ok ? "" : result.error;
}

describe("parseSdp", () => {
  it("reads a carrier's offer", () => {
    const session = read(
      "m=audio 49170 RTP/AVP 18 0 8 101",
      "a=rtpmap:18 G729/8000",
      "a=fmtp:18 annexb=no",
      "a=rtpmap:101 telephone-event/8000",
      "a=fmtp:101 0-16",
      "a=ptime:20",
      "a=maxptime:40",
      "a=rtcp:49180 IN IP4 192.0.2.1",
      "a=sendrecv",
      "a=silenceSupp:off - - - -",
    );
    expect(session).toEqual({
      origin: { username: "-", sessionId: "1", version: "1", address: "192.0.2.1" },
      name: "-",
      address: "192.0.2.1",
      attributes: [],
      media: [
        {
          kind: "audio",
          port: 49170,
          portCount: 1,
          protocol: "RTP/AVP",
          formats: ["18", "0", "8", "101"],
          address: "192.0.2.1",
          direction: "sendrecv",
          codecs: [
            { payloadType: 18, name: "G729", clockRate: 8000, channels: 1, fmtp: "annexb=no" },
            { payloadType: 0, name: "PCMU", clockRate: 8000, channels: 1, fmtp: null },
            { payloadType: 8, name: "PCMA", clockRate: 8000, channels: 1, fmtp: null },
            { payloadType: 101, name: "telephone-event", clockRate: 8000, channels: 1, fmtp: "0-16" },
          ],
          ptimeMs: 20,
          maxptimeMs: 40,
          rtcpPort: 49180,
          rtcpMux: false,
          attributes: [{ name: "silenceSupp", value: "off - - - -" }],
        },
      ],
    });
  });

  it("fills in static payload types, including G722 with its clock of 8000", () => {
    const { codecs } = only("m=audio 5000 RTP/AVP 0 3 8 9 13 18 96");
    expect(codecs.map(({ name, clockRate }) => `${name}/${clockRate}`)).toEqual([
      "PCMU/8000",
      "GSM/8000",
      "PCMA/8000",
      "G722/8000",
      "CN/8000",
      "G729/8000",
    ]);
  });

  it("an rtpmap wins over the static table, but one that makes no sense does not", () => {
    const { codecs } = only(
      "m=audio 5000 RTP/AVP 0 31 97",
      "a=rtpmap:0 PCMA/8000",
      "a=rtpmap:31 LPC",
      "a=rtpmap:97 opus/48000/2",
    );
    expect(codecs.map(({ name, channels }) => [name, channels])).toEqual([
      ["PCMA", 1],
      ["H261", 1],
      ["opus", 2],
    ]);
  });

  it("keeps the number of ports", () => {
    expect(only("m=audio 5000/2 RTP/AVP 0")).toMatchObject({ port: 5000, portCount: 2 });
  });

  it("an address or direction of the media line wins over the session's", () => {
    const session = read(
      "a=sendonly",
      "m=audio 5000 RTP/AVP 0",
      "m=video 5002 RTP/AVP 31",
      "c=IN IP6 2001:db8::1",
      "a=inactive",
    );
    expect(session.media.map(({ address, direction }) => [address, direction])).toEqual([
      ["192.0.2.1", "sendonly"],
      ["2001:db8::1", "inactive"],
    ]);
  });

  it("removes the TTL and count from a multicast address, and keeps host names as they are", () => {
    expect(only("m=audio 5000 RTP/AVP 0", "c=IN IP4 224.2.1.1/127/3").address).toBe("224.2.1.1");
    expect(only("m=audio 5000 RTP/AVP 0", "c=IN IP4 media.example.com").address).toBe("media.example.com");
  });

  it("reads bare LF, a missing s= and t=, trailing blank lines and lines it does not use", () => {
    const text = "v=0\no=- 1 1 IN IP4 192.0.2.1\nc=IN IP4 192.0.2.1\nb=AS:64\ni=x\nm=audio 5000 RTP/AVP 0\n\r\n\n";
    expect(parseSdp(Buffer.from(text))).toMatchObject({ ok: true, value: { name: "-", media: [{ port: 5000 }] } });
  });

  it("reads rtcp-mux, and keeps attributes it does not know", () => {
    const media = only(
      "m=audio 5000 UDP/TLS/RTP/SAVPF 111",
      "a=rtpmap:111 opus/48000/2",
      "a=rtcp-mux",
      "a=mid:0",
      "a=setup:actpass",
    );
    expect(media).toMatchObject({ rtcpMux: true, protocol: "UDP/TLS/RTP/SAVPF" });
    expect(media.attributes).toEqual([
      { name: "mid", value: "0" },
      { name: "setup", value: "actpass" },
    ]);
  });

  it("formats of other protocols are not payload types", () => {
    expect(only("m=image 5000 udptl t38")).toMatchObject({ formats: ["t38"], codecs: [] });
    expect(only("m=application 9 TCP/BFCP *").codecs).toEqual([]);
  });

  it.each(["ptime:0", "ptime:-1", "ptime:x", "ptime:1e3", "ptime:5000", "ptime"])("a=%s is ignored", (attribute) => {
    expect(only("m=audio 5000 RTP/AVP 0", `a=${attribute}`).ptimeMs).toBeNull();
  });

  it("the address may be missing if nothing is sent", () => {
    const text = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nt=0 0\r\nm=audio 0 RTP/AVP 0\r\n";
    expect(parseSdp(text)).toMatchObject({ ok: true, value: { media: [{ address: null }] } });
    expect(fault(text.replace("audio 0", "audio 9"))).toContain("c=");
  });

  it.each([
    ["", "v=0"],
    ["hello", "v=0"],
    ["v=1\r\no=- 1 1 IN IP4 a\r\n", "v=0"],
    ["v=0\r\ns=-\r\n", "origin"],
    [`${HEAD.join("\n")}\nm =audio 1 RTP/AVP 0\n`, "not an SDP line"],
    [`${HEAD.join("\n")}\nm=audio 5000\u0000 RTP/AVP 0\n`, "not an SDP line"],
    [`${HEAD.join("\n")}\nm=audio RTP/AVP 0\n`, "media"],
    [`${HEAD.join("\n")}\nm=audio 5000 RTP/AVP\n`, "media"],
    [`${HEAD.join("\n")}\nm=audio 65536 RTP/AVP 0\n`, "port"],
    [`${HEAD.join("\n")}\nm=audio 5000/0 RTP/AVP 0\n`, "port"],
    [`${HEAD.join("\n")}\nm=audio -1 RTP/AVP 0\n`, "media"],
    [`${HEAD.join("\n")}\nc=IN IP4 2001:db8::1\n`, "connection"],
    [`${HEAD.join("\n")}\nc=IN IP4 \n`, "connection"],
    [`${HEAD.join("\n")}\nc=IN IP4 a b\n`, "connection"],
  ])("%j is refused: %s", (text, word) => {
    expect(fault(text)).toContain(word);
  });

  it("has limits", () => {
    const head = HEAD.join("\r\n");
    expect(fault(`${head}\r\n${"a=x\r\n".repeat(MAX_SDP_LINES)}`)).toContain("lines");
    expect(fault(`${head}\r\n${"m=audio 0 RTP/AVP 0\r\n".repeat(MAX_MEDIA_LINES + 1)}`)).toContain("media lines");
    expect(fault(`${head}\r\nm=audio 5000 RTP/AVP${" 0".repeat(MAX_FORMATS + 1)}\r\n`)).toContain("formats");
    expect(fault(`${head}\r\na=${"x".repeat(MAX_SDP_CHARS)}`)).toContain("characters");
  });

  it("a payload type named twice is one codec", () => {
    expect(only(`m=audio 5000 RTP/AVP${" 0".repeat(MAX_FORMATS)}`).codecs).toHaveLength(1);
  });

  it("a description designed to be slow to parse is not", () => {
    const maps = Array.from({ length: 1000 }, () => `a=rtpmap:${" ".repeat(50)}`);
    const start = process.cpuUsage();
    read(`m=audio 5000 RTP/AVP ${"0 ".repeat(60)}`, ...maps);
    parseSdp(`v=0\r\n${"\r".repeat(60_000)}`);
    parseSdp(`v=0\r\nm=audio${" ".repeat(60_000)}x`);
    const { user, system } = process.cpuUsage(start);
    expect((user + system) / 1000).toBeLessThan(2000);
  });
});

describe("S3: an odd but unambiguous description is read, and parts that do not matter are skipped", () => {
  const LINES = ["v=0", "o=- 1 1 IN IP4 192.0.2.1", "s=-", "c=IN IP4 192.0.2.1", "t=0 0", "m=audio 5000 RTP/AVP 0"];
  const text = (changes: Readonly<Record<string, string>>, end = "\r\n"): string =>
    LINES.map((line) => `${changes[line.charAt(0)] ?? line}${end}`).join("");

  it.each([
    ["an o= without an address", text({ o: "o=- 1 1 IN IP4" })],
    ["an o= without an address type", text({ o: "o=- 1 1" })],
    ["an o= with nothing in it", text({ o: "o=" })],
    ["no o= at all", text({}).replace(/o=.*\r\n/, "")],
    ["a hexadecimal session id", text({ o: "o=- 7f3a9c 0x1 IN IP4 192.0.2.1" })],
    ["a session id of forty digits", text({ o: `o=- ${"9".repeat(40)} ${"8".repeat(40)} IN IP4 192.0.2.1` })],
    ["a negative session id", text({ o: "o=- -1 -2 IN IP4 192.0.2.1" })],
    ["a fraction as version", text({ o: "o=- 1 1.5 IN IP4 192.0.2.1" })],
    ["an o= of an unknown network", text({ o: "o=- 1 1 ATM NSAP 47.0091" })],
    ["an o= with a user name in two words", text({ o: "o=Some Gateway 1 1 IN IP4 192.0.2.1" })],
    ["an o= with words after its address", text({ o: "o=- 1 1 IN IP4 192.0.2.1 (gw)" })],
    ["a second o=", text({ s: "o=- x" })],
    ["blank lines between", text({ s: "s=-\r\n\r\n" })],
    ["a blank line at the start", `\r\n${text({})}`],
    ["blank lines at the end", `${text({})}\r\n\r\n`],
    ["a NUL at the end", `${text({})}\0`],
    ["NULs and line breaks at the end", `${text({})}\0\0\r\n\0`],
    ["a NUL within an attribute", `${text({})}a=x\0y\r\n`],
    ["lines that end with just CR", text({}, "\r")],
    ["lines that end with CR CR LF", text({}, "\r\r\n")],
    ["a byte order mark", `\ufeff${text({})}`],
    ["a line of no known form", `${text({})}junk\r\n  \r\n-- \r\nX-Custom: 1\r\n`],
    ["a line that starts with a space", `${text({})} a=sendonly\r\n`],
    ["tabs between the words", text({ m: "m=audio\t5000\tRTP/AVP\t0", c: "c=IN\tIP4\t192.0.2.1" })],
    ["spaces around the words", text({ m: "m= audio  5000 RTP/AVP 0 ", c: "c= IN  IP4 192.0.2.1 " })],
    ["another case", text({ m: "m=AUDIO 5000 rtp/avp 0", c: "c=in ip4 192.0.2.1" })],
    ["no s=, t= or b= that makes sense", text({ s: "s=", t: "t=now" }).replace("t=now", "t=now\r\nb=lots")],
    ["a broken attribute", `${text({})}a=\r\na=rtpmap:\r\na=fmtp\r\na=ptime:twenty\r\n`],
    ["a video line without formats", `${text({})}m=video 6000 RTP/AVP\r\n`],
    ["a video line without a port", `${text({})}m=video RTP/AVP 31\r\n`],
    ["an image line with a port beyond all ports", `${text({})}m=image 99999 udptl t38\r\n`],
    ["a video line with a c= that makes no sense", `${text({})}m=video 6000 RTP/AVP 31\r\nc=IN IP4 ?\r\n`],
    ["a second audio line that is off and has no formats", `${text({})}m=audio 0 RTP/AVP\r\n`],
  ])("%s", (_, odd) => {
    const result = parseSdp(odd);
    if (!result.ok) throw new Error(result.error);
    const { port, address, codecs, direction } = result.value.media[0] ?? {};
    expect([port, address, codecs?.[0]?.name, direction]).toEqual([5000, "192.0.2.1", "PCMU", "sendrecv"]);
    expect(parseSdp(writeSdp(result.value))).toEqual(result);
  });

  it("a line of other media that cannot be read keeps its place, switched off", () => {
    const { media } = read("m=video RTP/AVP 31", "m=audio 5000 RTP/AVP 0");
    expect(media.map(({ kind, port }) => [kind, port])).toEqual([
      ["video", 0],
      ["audio", 5000],
    ]);
  });

  it("media that is not audio needs no address", () => {
    const text =
      "v=0\r\no=- 1 1 IN IP4 a\r\nm=video 6000 RTP/AVP 31\r\nm=audio 5000 RTP/AVP 0\r\nc=IN IP4 192.0.2.1\r\n";
    expect(parseSdp(text)).toMatchObject({ ok: true, value: { media: [{ address: null }, { address: "192.0.2.1" }] } });
  });
});

describe("S6: a host name in c=", () => {
  const { media } = read("m=audio 5000 RTP/AVP 0", "c=IN IP4 media.example.com", "m=video 1 RTP/AVP 31");

  it("is read as a name", () => {
    expect(media.map(({ address, isName }) => [address, isName])).toEqual([
      ["media.example.com", true],
      ["192.0.2.1", undefined],
    ]);
  });

  it("can be replaced by its address, of either family", () => {
    const session = read("m=audio 5000 RTP/AVP 0", "c=IN IP4 media.example.com", "m=audio 1 RTP/AVP 0", "c=IN IP4 b");
    expect(hostNames(session)).toEqual(["media.example.com", "b"]);
    const resolved = withAddresses(session, new Map([["media.example.com", "2001:db8::7"]]));
    expect(resolved.media.map(({ address, isName }) => [address, isName])).toEqual([
      ["2001:db8::7", undefined],
      ["b", true],
    ]);
    expect(hostNames(resolved)).toEqual(["b"]);
  });
});

describe("writeSdp", () => {
  const word = fc.string({ unit: fc.constantFrom(...Array.from("abcXYZ019-")), minLength: 1, maxLength: 6 });
  const address = fc.constantFrom("192.0.2.1", "2001:db8::1", "0.0.0.0", "198.51.100.7");
  const codec = fc.record({
    payloadType: fc.integer({ min: 0, max: 127 }),
    name: word,
    clockRate: fc.constantFrom(8000, 16000, 48000),
    channels: fc.constantFrom(1, 2),
    fmtp: fc.option(word),
  });
  const media: fc.Arbitrary<MediaDescription> = fc
    .record({
      kind: fc.constantFrom("audio", "video"),
      port: fc.integer({ min: 1, max: 65535 }),
      portCount: fc.constantFrom(1, 2),
      protocol: fc.constantFrom("RTP/AVP", "UDP/TLS/RTP/SAVPF"),
      address,
      direction: fc.constantFrom("sendrecv" as const, "sendonly" as const, "recvonly" as const, "inactive" as const),
      codecs: fc.uniqueArray(codec, { selector: ({ payloadType }) => payloadType, minLength: 1, maxLength: 4 }),
      ptimeMs: fc.option(fc.constantFrom(10, 20, 30)),
      maxptimeMs: fc.option(fc.constantFrom(40, 60)),
      rtcpPort: fc.option(fc.integer({ min: 1, max: 65535 })),
      rtcpMux: fc.boolean(),
      attributes: fc.array(fc.record({ name: word.map((name) => `x-${name}`), value: fc.option(word) }), {
        maxLength: 2,
      }),
    })
    .map((parts) => ({ ...parts, formats: parts.codecs.map(({ payloadType }) => String(payloadType)) }));
  const session: fc.Arbitrary<SessionDescription> = fc.record({
    origin: fc.record({ username: word, sessionId: fc.nat().map(String), version: fc.nat().map(String), address }),
    name: word,
    address: fc.option(address),
    attributes: fc.array(fc.record({ name: word.map((name) => `x-${name}`), value: fc.option(word) }), {
      maxLength: 2,
    }),
    media: fc.array(media, { maxLength: 3 }),
  });

  it("writes what parseSdp reads as the same", () => {
    fc.assert(
      fc.property(session, (session) => {
        expect(parseSdp(writeSdp(session))).toEqual({ ok: true, value: session });
      }),
      { numRuns: 300 },
    );
  });

  it("of junk that was read: nothing is thrown, and what is written reads back the same", () => {
    const lines = fc.constantFrom(
      ...HEAD,
      "m=audio 5000 RTP/AVP 0 8",
      "m=audio 0 RTP/AVP 0",
      "m=video 7/2 RTP/AVP 31 96",
      "c=IN IP6 ::",
      "a=sendonly",
      "a=rtpmap:96 H264/90000",
      "a=fmtp:96 x=y",
      "a=ptime:20.0",
      "a=:",
      "a=",
      "a=x:",
      "a=rtcp:1",
      "s= ",
      "b=AS:1",
      "a=recvonly ",
      "m=image 1 udptl t38",
    );
    const text = fc.array(fc.oneof({ weight: 9, arbitrary: lines }, fc.string({ maxLength: 12 })), { maxLength: 12 });
    fc.assert(
      fc.property(text, (extra) => {
        const first = parseSdp([...HEAD, ...extra].join("\r\n"));
        if (first.ok) expect(parseSdp(writeSdp(first.value))).toEqual(first);
      }),
      { numRuns: 1000 },
    );
  });

  it("a line break in a field does not start a new line", () => {
    const text = writeSdp({ ...read(), name: "x\r\nm=audio 1 RTP/AVP 0" });
    expect(parseSdp(text)).toMatchObject({ ok: true, value: { media: [] } });
  });
});
