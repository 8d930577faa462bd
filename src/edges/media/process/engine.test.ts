import { describe, expect, it } from "vitest";
import { seededRandom } from "../../../base/random.ts";
import type { MediaOp } from "./protocol.ts";
import { parseRtcp } from "../rtp/rtcp.ts";
import { RtpPhone } from "../testing/rtp-phone.ts";
import { renderTone, dominantTones, signalPower } from "../sound/tone.ts";
import { MediaHarness } from "../testing/media-harness.ts";
import { parseWav } from "../sound/wav.ts";

/** The most recent `count` samples. */
function lately(samples: Int16Array, count = 4000): Int16Array {
  return samples.subarray(-count);
}

describe("a bridge", () => {
  it("carries the audio of each phone to the other, from mu-law to A-law and back", async () => {
    const harness = new MediaHarness();
    const anil = harness.phone("c", 1, { codec: "PCMU" });
    const bela = harness.phone("c", 2, { codec: "PCMA" });
    harness.bridge("c", 1, 2);
    anil.tone(440);
    bela.tone(1000);
    await harness.run(1000);
    expect(dominantTones(lately(anil.received()))).toEqual([1000]);
    expect(dominantTones(lately(bela.received()))).toEqual([440]);
    expect(anil.report()).toMatchObject({ ssrcs: 1, sequenceJumps: 0, timestampJumps: 0, payloadTypes: [0] });
    expect(bela.report()).toMatchObject({ ssrcs: 1, sequenceJumps: 0, timestampJumps: 0, payloadTypes: [8] });
  });

  it("continues the same stream when the other leg is replaced by a playback and then by a third leg", async () => {
    const harness = new MediaHarness();
    const anil = harness.phone("c", 1);
    const bela = harness.phone("c", 2, { codec: "PCMA" });
    const chitra = harness.phone("c", 3);
    bela.tone(600);
    chitra.tone(1500);
    harness.bridge("c", 1, 2);
    await harness.run(600);
    harness.bridge("c", 1, 2, false);
    harness.perform({ op: "play", call: "c", play: "p", legs: [1], items: [{ tone: "ringback" }], loop: true });
    await harness.run(600);
    harness.perform({ op: "stop_play", call: "c", play: "p" });
    harness.perform({ op: "close_leg", call: "c", leg: 2 });
    harness.bridge("c", 1, 3);
    await harness.run(600);
    expect(dominantTones(lately(anil.received()))).toEqual([1500]);
    expect(anil.report()).toMatchObject({ ssrcs: 1, sequenceJumps: 0, timestampJumps: 0 });
    expect(anil.report().packets).toBeGreaterThanOrEqual(1800 / 20 - 3);
    expect(anil.report().maxGapMs).toBeLessThanOrEqual(21);
  });

  it("sends silence, not nothing, while there is no audio", async () => {
    const harness = new MediaHarness();
    const anil = harness.phone("c", 1);
    harness.phone("c", 2);
    harness.bridge("c", 1, 2);
    harness.bridge("c", 1, 2, false);
    await harness.run(400);
    expect(anil.report().packets).toBeGreaterThan(15);
    expect(signalPower(anil.received())).toBe(0);
  });

  it("mixes when a leg has two sources", async () => {
    const harness = new MediaHarness();
    const [anil, bela, chitra] = [1, 2, 3].map((leg) => harness.phone("c", leg));
    bela?.tone(600);
    chitra?.tone(1500);
    harness.bridge("c", 1, 2);
    harness.bridge("c", 1, 3);
    await harness.run(800);
    expect(dominantTones(lately(anil?.received() ?? new Int16Array()))).toEqual([600, 1500]);
  });
});

describe("a recording", () => {
  it("of two channels has the first leg left and the second right, and its true length", async () => {
    const harness = new MediaHarness();
    const anil = harness.phone("c", 1);
    const bela = harness.phone("c", 2, { codec: "PCMA" });
    anil.tone(440);
    bela.tone(1000);
    harness.bridge("c", 1, 2);
    await harness.run(500);
    const order = { op: "record", call: "c", recording: "r", legs: [1, 2], path: "r.wav" } as const;
    harness.perform({ ...order, layout: "dual", maxMs: null, silenceMs: null });
    await harness.run(2500);
    harness.perform({ op: "stop_record", call: "c", recording: "r" });
    await harness.run(100);
    const [closed] = harness.eventsOf("recording_closed");
    expect(closed).toMatchObject({ recording: "r", durationMs: 2500, reason: "stopped", failure: null });
    const bytes = Buffer.from(harness.disk.files.get("/recordings/r.wav") ?? []);
    expect(bytes.length).toBe(closed?.bytes);
    expect(dominantTones(channel(bytes, 0))).toEqual([440]);
    expect(dominantTones(channel(bytes, 1))).toEqual([1000]);
  });
});

function channel(bytes: Buffer, which: number): Int16Array {
  const samples = (bytes.length - 44) / 4;
  expect(parseWav(bytes).length).toBe(samples);
  return Int16Array.from({ length: samples }, (_, i) => bytes.readInt16LE(44 + 4 * i + 2 * which));
}

describe("a playback", () => {
  it("reports its end once, and takes as long as its items", async () => {
    const harness = new MediaHarness();
    harness.prompts.set("/p.wav", new Int16Array(8000).fill(1000));
    const anil = harness.phone("c", 1);
    await harness.run(100);
    const items = [{ path: "/p.wav" }, { silenceMs: 500 }, { tone: "beep" as const }];
    harness.perform({ op: "play", call: "c", play: "p", legs: [1], items, loop: false });
    const lengthMs = 1000 + 500 + (renderTone("beep").length * 1000) / 8000;
    await harness.run(lengthMs - 100);
    expect(harness.eventsOf("playback_ended")).toEqual([]);
    await harness.run(200);
    expect(harness.eventsOf("playback_ended")).toEqual([
      { event: "playback_ended", call: "c", play: "p", failure: null },
    ]);
    const audio = anil.received();
    const begin = audio.findIndex((s) => s !== 0);
    expect(audio.subarray(begin, begin + 8000).every((s) => Math.abs(s - 1000) < 50)).toBe(true);
    expect(audio.subarray(begin + 8000, begin + 12_000).every((s) => s === 0)).toBe(true);
  });
});

describe("playbacks", () => {
  const tone = (play: string, legs: readonly number[], loop = true): MediaOp => {
    return { op: "play", call: "c", play, legs, items: [{ tone: play === "beep" ? "beep" : "ringback" }], loop };
  };

  it("may begin before the leg is answered and before any other leg exists", async () => {
    const harness = new MediaHarness();
    const anil = harness.phone("c", 1);
    harness.perform(tone("music", [1]));
    await harness.run(400);
    expect(dominantTones(anil.received())[0]).toBe(400);
  });

  it("takes the place of a bridge while it runs, and the bridge returns after it", async () => {
    const harness = new MediaHarness();
    const anil = harness.phone("c", 1);
    harness.phone("c", 2).tone(700);
    harness.bridge("c", 1, 2);
    await harness.run(300);
    harness.perform(tone("beep", [1], false));
    await harness.run(100);
    anil.clear();
    await harness.run(100);
    expect(dominantTones(anil.received())).toEqual([1000]);
    await harness.run(200);
    anil.clear();
    await harness.run(200);
    expect(dominantTones(anil.received())).toEqual([700]);
  });

  it("continues on its other legs when a later one takes one of them, and reports when it has lost all of them", async () => {
    const harness = new MediaHarness();
    harness.phone("c", 1);
    harness.phone("c", 2);
    const items = [{ silenceMs: 5000 }];
    harness.perform({ op: "play", call: "c", play: "first", legs: [1, 2], items, loop: false });
    harness.perform(tone("second", [1]));
    expect(harness.eventsOf("playback_ended")).toEqual([]);
    harness.perform({ op: "close_leg", call: "c", leg: 2 });
    expect(harness.eventsOf("playback_ended")).toEqual([
      { event: "playback_ended", call: "c", play: "first", failure: "the leg was closed" },
    ]);
  });

  it("reports neither a loop that is replaced, nor what was stopped, nor what a bridge ended", async () => {
    const harness = new MediaHarness();
    harness.phone("c", 1);
    harness.perform(tone("a", [1]));
    harness.perform(tone("b", [1]));
    harness.perform({ op: "stop_play", call: "c", play: "b" });
    harness.perform(tone("c", [1], false));
    harness.perform({ op: "stop_play_on", call: "c", legs: [1] });
    await harness.run(4000);
    expect(harness.eventsOf("playback_ended")).toEqual([]);
    expect(harness.engine.list()[0]?.plays).toEqual([]);
  });

  it("reports a missing leg, call or file as the reason", async () => {
    const harness = new MediaHarness();
    harness.phone("c", 1);
    harness.perform(tone("a", [9]));
    harness.perform({ ...tone("b", [1]), call: "none" } as MediaOp);
    harness.perform({ op: "play", call: "c", play: "d", legs: [1], items: [{ path: "/none.wav" }], loop: true });
    await harness.run(100);
    expect(harness.eventsOf("playback_ended").map(({ play, failure }) => [play, failure])).toEqual([
      ["a", "no such leg"],
      ["b", "no such leg"],
      ["d", "no file /none.wav"],
    ]);
  });
});

describe("early media", () => {
  it("S12: is reported when its first packet arrives, before the answer and while another leg hears ring-back", async () => {
    const harness = new MediaHarness();
    const caller = harness.phone("c", 1);
    harness.perform({ op: "play", call: "c", play: "p", legs: [1], items: [{ tone: "ringback" }], loop: true });
    const callee = harness.phone("c", 2);
    callee.pause();
    await harness.run(2000);
    expect(harness.eventsOf("first_rtp").map(({ leg }) => leg)).toEqual([1]);
    callee.sendTo(harness.net.address, harness.open("c", 2));
    await harness.run(100);
    expect(harness.eventsOf("first_rtp").map(({ leg }) => leg)).toEqual([1, 2]);
    expect(dominantTones(caller.received())[0]).toBe(400);
  });
});

describe("the source of a leg's media", () => {
  it("S7: is latched on to: a stray sender is neither played nor sent anything", async () => {
    const harness = new MediaHarness();
    const anil = harness.phone("c", 1);
    const bela = harness.phone("c", 2);
    harness.bridge("c", 1, 2);
    anil.tone(440);
    await harness.run(500);
    const stray = harness.stranger("c", 1);
    bela.clear();
    await harness.run(1000);
    expect(dominantTones(bela.received())).toEqual([440]);
    expect(stray.report().packets).toBe(0);
    expect(bela.report()).toMatchObject({ ssrcs: 1, sequenceJumps: 0 });
  });

  it("is filtered by the kernel once it is the signalled one", async () => {
    const harness = new MediaHarness();
    const anil = harness.phone("c", 1);
    await harness.run(100);
    expect(harness.net.peerOf(harness.open("c", 1))).toBe(anil.port);
  });

  it("A2: is where media goes, when a NAT hides the signalled one", async () => {
    const harness = new MediaHarness();
    const anil = harness.phone("c", 1, {}, { address: "192.168.1.5", port: 9 });
    harness.net.hosts.set(anil.port, "203.0.113.7");
    const bela = harness.phone("c", 2);
    bela.tone(700);
    anil.tone(440);
    harness.bridge("c", 1, 2);
    anil.sendTo(harness.net.address, harness.open("c", 1));
    await harness.run(5000);
    expect(dominantTones(lately(anil.received()))).toEqual([700]);
    expect(dominantTones(lately(bela.received()))).toEqual([440]);
    // The signalled host may still send: the kernel must not keep it out.
    expect(harness.net.peerOf(harness.open("c", 1))).toBeNull();
    expect(harness.eventsOf("source_latched")[0]).toMatchObject({ leg: 1, address: "203.0.113.7", match: "none" });
  });

  it.each(["198.51.100.66", "203.0.113.9"])(
    "A2: is the callee's on 203.0.113.9 although a stranger on %s sent first, in early media of 4 s",
    async (strangersHost) => {
      const harness = new MediaHarness();
      harness.phone("c", 1).tone(440);
      const callee = harness.phone("c", 2, {}, { address: "203.0.113.9" });
      harness.net.hosts.set(callee.port, "203.0.113.9");
      callee.pause();
      callee.tone(700);
      harness.bridge("c", 1, 2);
      const stranger = harness.stranger("c", 2, strangersHost);
      await harness.run(4000);
      if (strangersHost !== "203.0.113.9") expect(stranger.report().packets).toBe(0);
      callee.sendTo(harness.net.address, harness.open("c", 2));
      await harness.run(1000);
      expect(dominantTones(lately(callee.received()))).toEqual([440]);
      stranger.clear();
      await harness.run(1000);
      expect(stranger.received()).toHaveLength(0);
      expect(harness.eventsOf("source_latched").at(-1)?.leg).toBe(2);
    },
  );

  it("A2: is the callee's behind a NAT, known by the host of its SIP, although a stranger sent first", async () => {
    const harness = new MediaHarness();
    harness.phone("c", 1).tone(440);
    const callee = harness.phone("c", 2, {}, { address: "192.168.1.5", sipHost: "203.0.113.9" });
    harness.net.hosts.set(callee.port, "203.0.113.9");
    callee.pause();
    harness.bridge("c", 1, 2);
    const stranger = harness.stranger("c", 2, "198.51.100.66");
    await harness.run(4000);
    callee.sendTo(harness.net.address, harness.open("c", 2));
    await harness.run(100);
    stranger.clear();
    await harness.run(1000);
    expect(dominantTones(lately(callee.received()))).toEqual([440]);
    expect(stranger.received()).toHaveLength(0);
  });

  it("S7: is the new address after a re-INVITE, whatever stragglers come from the old one", async () => {
    const harness = new MediaHarness();
    const before = harness.phone("c", 1);
    const bela = harness.phone("c", 2);
    harness.bridge("c", 1, 2);
    before.tone(440);
    await harness.run(500);
    const after = harness.phone("c", 1);
    after.pause();
    after.tone(900);
    await harness.run(100);
    before.clear();
    bela.clear();
    await harness.run(4000);
    expect(before.received()).toHaveLength(0);
    expect(after.report().packets).toBeGreaterThan(195);
    expect(signalPower(bela.received())).toBe(0);
    after.sendTo(harness.net.address, harness.open("c", 1));
    await harness.run(1000);
    expect(dominantTones(lately(bela.received()))).toEqual([900]);
    expect(harness.eventsOf("source_refused")).toMatchObject([{ leg: 1, port: before.port, reason: "superseded" }]);
  });

  it("S7: is followed to another port of its host, although the kernel filtered the old one", async () => {
    const harness = new MediaHarness();
    const anil = harness.phone("c", 1);
    const bela = harness.phone("c", 2);
    harness.bridge("c", 1, 2);
    await harness.run(500);
    anil.pause();
    const moved = RtpPhone.open({ clock: harness.clock, sockets: harness.net });
    moved.tone(900);
    moved.sendTo(harness.net.address, harness.open("c", 1));
    await harness.run(3000);
    expect(dominantTones(lately(bela.received()))).toEqual([900]);
    expect(moved.report().packets).toBeGreaterThan(50);
    expect(harness.eventsOf("source_moved")).toMatchObject([{ leg: 1, fromPort: anil.port, port: moved.port }]);
  });

  it("S8: is not where media goes without symmetric RTP", async () => {
    const harness = new MediaHarness();
    const sends = harness.phone("c", 1);
    const receives = RtpPhone.open({ clock: harness.clock, sockets: harness.net });
    const remote = { ...harness.remote(receives), symmetricRtp: false };
    harness.perform({ op: "remote", call: "c", leg: 1, remote });
    const bela = harness.phone("c", 2);
    bela.tone(700);
    sends.tone(440);
    harness.bridge("c", 1, 2);
    await harness.run(3000);
    expect(dominantTones(lately(receives.received()))).toEqual([700]);
    expect(dominantTones(lately(bela.received()))).toEqual([440]);
    expect(sends.report().packets).toBe(0);
  });

  it("is learnt again when the description names another address", async () => {
    const harness = new MediaHarness();
    const before = harness.phone("c", 1);
    const bela = harness.phone("c", 2);
    harness.bridge("c", 1, 2);
    before.tone(440);
    await harness.run(300);
    const after = harness.phone("c", 1, { codec: "PCMA" });
    after.tone(900);
    before.pause();
    await harness.run(500);
    expect(dominantTones(bela.received().subarray(-2000))).toEqual([900]);
    expect(after.report()).toMatchObject({ payloadTypes: [8], sequenceJumps: 0 });
  });

  it("S7: may move to another host after three seconds of silence, if it continues the stream", async () => {
    const harness = new MediaHarness();
    const anil = harness.phone("c", 1);
    const bela = harness.phone("c", 2);
    harness.bridge("c", 1, 2);
    await harness.run(300);
    anil.pause();
    await harness.run(4500);
    const { port } = anil;
    anil.close();
    // Same SSRC from another host: a phone with the same seed, whose first packets repeat sequence numbers and are refused.
    const moved = RtpPhone.open({ clock: harness.clock, sockets: harness.net, random: seededRandom(port) });
    harness.net.hosts.set(moved.port, "198.51.100.4");
    moved.tone(900);
    moved.sendTo(harness.net.address, harness.open("c", 1));
    await harness.run(1000);
    expect(dominantTones(bela.received().subarray(-2000))).toEqual([900]);
    expect(moved.report().packets).toBeGreaterThan(30);
  });

  it("is not known before a description has arrived", async () => {
    const harness = new MediaHarness();
    const port = harness.open("c", 1);
    const early = RtpPhone.open({ clock: harness.clock, sockets: harness.net });
    early.sendTo(harness.net.address, port);
    await harness.run(200);
    expect(harness.eventsOf("first_rtp")).toEqual([]);
    harness.perform({ op: "remote", call: "c", leg: 1, remote: harness.remote(early) });
    await harness.run(200);
    expect(harness.eventsOf("first_rtp")).toEqual([{ event: "first_rtp", call: "c", leg: 1 }]);
  });
});

describe("a bad network", () => {
  it("with loss, reordering and duplication leaves the conversation intact, and is counted", async () => {
    const harness = new MediaHarness();
    const random = seededRandom(3);
    const anil = harness.phone("c", 1);
    const bela = harness.phone("c", 2);
    harness.bridge("c", 1, 2);
    anil.tone(440);
    harness.net.impairments = (_, from) => {
      if (from !== anil.port) return [1];
      const luck = random.next();
      if (luck < 0.06) return [];
      return luck < 0.08 ? [5, 8] : [5 + Math.floor(random.next() * 30)];
    };
    await harness.run(6000);
    expect(dominantTones(bela.received())).toEqual([440]);
    expect(signalPower(bela.received().subarray(8000))).toBeGreaterThan(0.8 * (8000 / 32_768) ** 2 * 0.5);
    expect(bela.report()).toMatchObject({ ssrcs: 1, sequenceJumps: 0, timestampJumps: 0 });
    harness.perform({ op: "close_leg", call: "c", leg: 1 });
    const [event] = harness.eventsOf("leg_stats");
    expect(event?.stats.packetsLost).toBeGreaterThan(3);
    expect(event?.stats.packetsLost).toBeLessThan(30);
    expect(event?.stats.jitterMs).toBeGreaterThan(2);
  });

  it("with random packets to a leg's port does no harm: they are refused", async () => {
    const harness = new MediaHarness();
    const anil = harness.phone("c", 1);
    const bela = harness.phone("c", 2);
    harness.bridge("c", 1, 2);
    const random = seededRandom(9);
    for (let i = 0; i < 2000; i++) {
      const packet = Uint8Array.from({ length: Math.floor(random.next() * 60) }, () => random.next() * 256);
      anil.sendRaw(packet, harness.net.address, harness.open("c", 1));
    }
    anil.tone(440);
    await harness.run(1000);
    expect(dominantTones(bela.received().subarray(-2000))).toEqual([440]);
  });
});

describe("digits", () => {
  it("are reported once each and passed on as events with the other side's payload type, not as audio", async () => {
    const harness = new MediaHarness();
    const anil = harness.phone("c", 1, { eventPayloadType: 101 });
    const bela = harness.phone("c", 2, { eventPayloadType: 96, codec: "PCMA" });
    harness.bridge("c", 1, 2);
    await harness.run(300);
    anil.sendDigits("15#");
    await harness.run(1500);
    expect(harness.eventsOf("digit")).toEqual(
      ["1", "5", "#"].map((digit) => ({
        event: "digit",
        call: "c",
        leg: 1,
        digit,
        startedAtMs: expect.any(Number),
        ms: 20,
        via: "rfc4733",
      })),
    );
    expect(bela.digits).toBe("15#");
    expect(bela.report().payloadTypes).toEqual([8, 96]);
    expect(signalPower(bela.received())).toBeLessThan(1e-7);
    expect(bela.report()).toMatchObject({ sequenceJumps: 0, timestampJumps: 0 });
  });

  it("S13: report how they were sent and when they started, whenever they are recognised", async () => {
    const harness = new MediaHarness();
    const anil = harness.phone("c", 1);
    const bela = harness.phone("c", 2, { eventPayloadType: null });
    await harness.run(300);
    const startedAtMs = harness.clock.now();
    // The first two packets of the event are lost: it is recognised 40 ms late.
    let lost = 0;
    harness.net.impairments = (_, from) => (from === anil.port && lost++ < 2 ? [] : [1]);
    anil.sendDigits("5");
    bela.sendDigits("7");
    await harness.run(1000);
    for (const event of harness.eventsOf("digit"))
      expect(Math.abs(event.startedAtMs - startedAtMs)).toBeLessThanOrEqual(40);
    expect(harness.eventsOf("digit").map(({ leg, digit, ms, via }) => [leg, digit, ms, via])).toEqual([
      [1, "5", 60, "rfc4733"],
      [2, "7", 40, "inband"],
    ]);
  });

  it("arrive through a network that loses a third of the packets", async () => {
    const harness = new MediaHarness();
    const random = seededRandom(8);
    harness.net.impairments = () => (random.next() < 0.33 ? [] : [1]);
    const anil = harness.phone("c", 1);
    await harness.run(300);
    anil.sendDigits("0123456789");
    await harness.run(4000);
    expect(
      harness
        .eventsOf("digit")
        .map(({ digit }) => digit)
        .join(""),
    ).toBe("0123456789");
  });

  it("are detected in the audio of a leg without telephone-events, and are sent to it as tones", async () => {
    const harness = new MediaHarness();
    const anil = harness.phone("c", 1, { eventPayloadType: null });
    const bela = harness.phone("c", 2);
    harness.bridge("c", 1, 2);
    await harness.run(300);
    anil.sendDigits("42");
    await harness.run(1000);
    expect(harness.eventsOf("digit").map(({ digit, via, leg }) => [digit, via, leg])).toEqual([
      ["4", "inband", 1],
      ["2", "inband", 1],
    ]);
    anil.clear();
    bela.sendDigits("7");
    await harness.run(400);
    expect(dominantTones(anil.received())).toEqual(expect.arrayContaining([850, 1210]));
  });

  it("are not detected in the audio of a leg that has telephone-events", async () => {
    const harness = new MediaHarness();
    const anil = harness.phone("c", 1, { eventPayloadType: null }, { dtmfPayloadType: 101 });
    harness.phone("c", 2);
    harness.bridge("c", 1, 2);
    await harness.run(200);
    anil.sendDigits("42");
    await harness.run(1000);
    expect(harness.eventsOf("digit")).toEqual([]);
  });

  it("may be recognised by a payload type other than the one we send with", async () => {
    const harness = new MediaHarness();
    const anil = harness.phone("c", 1, { eventPayloadType: 97 }, { dtmfPayloadType: 101, dtmfReceivePayloadType: 97 });
    await harness.run(200);
    anil.sendDigits("3");
    await harness.run(400);
    expect(harness.eventsOf("digit")).toHaveLength(1);
  });

  it("S15: are also accepted with the number in the answer, if that differs from the number we offered", async () => {
    const harness = new MediaHarness();
    const anil = harness.phone("c", 1, { eventPayloadType: 96 }, { dtmfPayloadType: 96, dtmfReceivePayloadType: 101 });
    await harness.run(200);
    anil.sendDigits("3");
    await harness.run(400);
    expect(harness.eventsOf("digit")).toHaveLength(1);
  });

  it("that are still held when a playback starts end on the leg it plays to", async () => {
    const harness = new MediaHarness();
    const anil = harness.phone("c", 1);
    const bela = harness.phone("c", 2);
    harness.bridge("c", 1, 2);
    await harness.run(200);
    anil.sendDigits("7");
    await harness.run(60);
    const music = [{ tone: "ringback" as const }];
    harness.perform({ op: "play", call: "c", play: "p", legs: [2], items: music, loop: true });
    await harness.run(200);
    bela.clear();
    await harness.run(300);
    expect(bela.digits).toBe("7");
    expect(bela.received().length).toBe(300 * 8);
  });

  it("of our own are sent in order, in the stream of the audio", async () => {
    const harness = new MediaHarness();
    const anil = harness.phone("c", 1);
    harness.perform({ op: "digits", call: "c", leg: 1, digits: "98*" });
    harness.perform({ op: "digits", call: "c", leg: 1, digits: "1" });
    await harness.run(2000);
    expect(anil.digits).toBe("98*1");
    expect(anil.report()).toMatchObject({ ssrcs: 1, sequenceJumps: 0, timestampJumps: 0 });
  });

  it("do not reach a leg that is sent a playback", async () => {
    const harness = new MediaHarness();
    const anil = harness.phone("c", 1);
    const bela = harness.phone("c", 2);
    harness.bridge("c", 1, 2);
    const music = [{ tone: "ringback" as const }];
    harness.perform({ op: "play", call: "c", play: "p", legs: [2], items: music, loop: true });
    await harness.run(200);
    anil.sendDigits("7");
    await harness.run(500);
    expect(bela.digits).toBe("");
  });
});

describe("hold and silence", () => {
  it("a leg on hold is sent nothing; after the hold its timestamps have kept up with time", async () => {
    const harness = new MediaHarness();
    const anil = harness.phone("c", 1);
    harness.phone("c", 2).tone(700);
    harness.bridge("c", 1, 2);
    await harness.run(400);
    const hold = { op: "remote", call: "c", leg: 1 } as const;
    harness.perform({ ...hold, remote: { ...harness.remote(anil), direction: "inactive" } });
    await harness.run(20);
    const { packets } = anil.report();
    await harness.run(1000);
    expect(anil.report().packets).toBe(packets);
    harness.perform({ ...hold, remote: harness.remote(anil) });
    await harness.run(400);
    expect(dominantTones(anil.received().subarray(-2000))).toEqual([700]);
    expect(anil.report()).toMatchObject({ ssrcs: 1, sequenceJumps: 0, timestampJumps: 1 });
  });

  it("half a minute of silence is reported once, and so is its end", async () => {
    const harness = new MediaHarness();
    const anil = harness.phone("c", 1);
    await harness.run(1000);
    anil.pause();
    await harness.run(40_000);
    const [event] = harness.eventsOf("silence");
    expect(harness.eventsOf("silence")).toHaveLength(1);
    expect(event?.ms).toBeGreaterThanOrEqual(30_000);
    expect(event?.ms).toBeLessThan(31_100);
    anil.sendTo(harness.net.address, harness.open("c", 1));
    await harness.run(100);
    expect(harness.eventsOf("resumed")).toEqual([{ event: "resumed", call: "c", leg: 1 }]);
  });

  it("nothing is expected from a leg on hold", async () => {
    const harness = new MediaHarness();
    harness.phone("c", 1, {}, { direction: "sendonly" }).pause();
    await harness.run(40_000);
    expect(harness.eventsOf("silence")).toEqual([]);
  });
});

describe("RTCP", () => {
  it("is sent about every five seconds to the next port, with a BYE at the end", async () => {
    const harness = new MediaHarness();
    const anil = harness.phone("c", 1);
    const reports: number[] = [];
    harness.net.open(anil.port + 1, (packet) => {
      const parsed = parseRtcp(packet);
      if (parsed !== null) reports.push(parsed.bye ? -1 : (packet[1] ?? 0));
    });
    await harness.run(30_000);
    expect(reports.length).toBeGreaterThanOrEqual(4);
    expect(reports.length).toBeLessThanOrEqual(12);
    expect(new Set(reports)).toEqual(new Set([200]));
    harness.perform({ op: "close_call", call: "c" });
    await harness.run(10);
    expect(reports.at(-1)).toBe(-1);
  });

  it("costs a short call no socket", async () => {
    const harness = new MediaHarness();
    const anil = harness.phone("c", 1);
    await harness.run(1000);
    expect(harness.net.openPorts).toEqual([harness.open("c", 1), anil.port]);
  });
});

describe("the end", () => {
  it("every port is free again after its quarantine, every leg reports its figures once", async () => {
    const harness = new MediaHarness({ first: 20_000, last: 20_019 });
    for (let round = 0; round < 30; round++) {
      for (const leg of [1, 2]) harness.open(`c${round}`, leg);
      harness.bridge(`c${round}`, 1, 2);
      await harness.run(1000);
      harness.perform({ op: "close_call", call: `c${round}` });
      expect(harness.net.openPorts).toEqual([]);
      await harness.run(200);
    }
    await harness.run(5000);
    expect(harness.eventsOf("leg_stats")).toHaveLength(60);
    expect(harness.perform({ op: "stats", id: 1 })).toMatchObject({
      calls: 0,
      legs: 0,
      portsFree: 10,
      portsQuarantined: 0,
    });
  });

  it("A12: an exhausted range is a clear error and a counter, and leaves nothing behind", () => {
    const harness = new MediaHarness({ first: 20_000, last: 20_001 });
    harness.open("a", 1);
    expect(harness.perform({ op: "open", id: 5, call: "b", leg: 1 })).toEqual({
      reply: "open",
      id: 5,
      port: 0,
      error: "no_free_port",
    });
    expect(harness.engine.list().map(({ call }) => call)).toEqual(["a"]);
    harness.perform({ op: "open", id: 6, call: "b", leg: 1 });
    const stats = harness.perform({ op: "stats", id: 7 });
    expect(stats).toMatchObject({ opensRefused: { no_free_port: 2, no_socket: 0, too_many_legs: 0 } });
    expect(harness.warnings).toEqual(["an RTP endpoint was refused"]);
  });

  it("opening a leg twice gives the same port", () => {
    const harness = new MediaHarness();
    expect(harness.open("c", 1)).toBe(harness.open("c", 1));
  });

  it("operations on what no longer exists do nothing", async () => {
    const harness = new MediaHarness();
    const anil = harness.phone("c", 1);
    harness.perform({ op: "close_leg", call: "c", leg: 1 });
    const ops: MediaOp[] = [
      { op: "remote", call: "c", leg: 1, remote: harness.remote(anil) },
      { op: "route", call: "c", from: 1, to: 2, on: true },
      { op: "stop_play", call: "c", play: "p" },
      { op: "stop_play_on", call: "c", legs: [1] },
      { op: "digits", call: "c", leg: 1, digits: "1" },
      { op: "stop_record", call: "c", recording: "r" },
      { op: "close_leg", call: "c", leg: 1 },
      { op: "close_call", call: "c" },
    ];
    const events = harness.events.length;
    for (const op of ops) harness.perform(op);
    await harness.run(200);
    expect(harness.events.length).toBe(events);
    expect(harness.engine.list()).toEqual([]);
  });
});

describe("recordings", () => {
  const order = {
    op: "record",
    call: "c",
    recording: "r",
    legs: [1, 2],
    layout: "mono",
    path: "r.wav",
    maxMs: null,
    silenceMs: null,
  } as const;

  it("continue with silence for a leg that is closed, and end with the last leg", async () => {
    const harness = new MediaHarness();
    harness.phone("c", 1).tone(440);
    harness.phone("c", 2).tone(1000);
    await harness.run(200);
    harness.perform({ ...order, layout: "dual" });
    await harness.run(1000);
    harness.perform({ op: "close_leg", call: "c", leg: 1 });
    await harness.run(1000);
    harness.perform({ op: "close_leg", call: "c", leg: 2 });
    await harness.run(100);
    expect(harness.eventsOf("recording_closed")).toMatchObject([{ durationMs: 2000, reason: "legs_closed" }]);
    const bytes = Buffer.from(harness.disk.files.get("/recordings/r.wav") ?? []);
    expect(signalPower(channel(bytes, 0).subarray(8200))).toBe(0);
    expect(dominantTones(channel(bytes, 1).subarray(8200))).toEqual([1000]);
  });

  it("need no bridge: a voice message is recorded from one leg until it falls silent", async () => {
    const harness = new MediaHarness();
    const anil = harness.phone("c", 1);
    anil.tone(440);
    await harness.run(300);
    harness.perform({ ...order, legs: [1], silenceMs: 2000 });
    await harness.run(3000);
    anil.tone(null);
    await harness.run(3000);
    const [closed] = harness.eventsOf("recording_closed");
    expect(closed).toMatchObject({ reason: "silence" });
    expect(closed?.durationMs).toBeGreaterThanOrEqual(4980);
    expect(closed?.durationMs).toBeLessThanOrEqual(5100);
  });

  it("never hold up the conversation when the disk is full or hangs", async () => {
    const harness = new MediaHarness();
    const anil = harness.phone("c", 1);
    harness.phone("c", 2).tone(700);
    harness.bridge("c", 1, 2);
    harness.disk.stuck = true;
    harness.perform(order);
    await harness.run(15_000);
    expect(anil.report().maxGapMs).toBeLessThanOrEqual(20);
    expect(dominantTones(anil.received().subarray(-2000))).toEqual([700]);
    harness.disk.stuck = false;
    harness.disk.failure = "ENOSPC: no space left on device";
    harness.perform({ ...order, recording: "s" });
    await harness.run(3000);
    expect(harness.eventsOf("recording_closed")).toMatchObject([
      { recording: "s", reason: "failed", failure: "ENOSPC: no space left on device" },
    ]);
  });

  it("stay inside their folder, and say why they can't start", async () => {
    const harness = new MediaHarness();
    harness.open("c", 1);
    for (const path of ["../r.wav", "/etc/r.wav", "", "."]) harness.perform({ ...order, path });
    harness.perform({ ...order, call: "none" });
    harness.perform({ ...order, legs: [7] });
    await harness.run(100);
    const failures = harness.eventsOf("recording_closed").map(({ failure }) => failure);
    expect(failures).toEqual([
      ...Array.from({ length: 4 }, () => "path outside the recordings folder"),
      "no such leg",
      "no such leg",
    ]);
    expect(harness.disk.files.size).toBe(0);
    expect(harness.perform({ op: "stats", id: 1 })).toMatchObject({ recordings: 0, recordingsFailed: 6 });
  });

  it("are closed at their true length when the call is closed", async () => {
    const harness = new MediaHarness();
    harness.phone("c", 1);
    harness.phone("c", 2);
    harness.perform(order);
    await harness.run(700);
    harness.perform({ op: "close_call", call: "c" });
    await harness.run(10);
    expect(harness.eventsOf("recording_closed")).toMatchObject([{ durationMs: 700, reason: "stopped" }]);
    expect(harness.perform({ op: "stats", id: 1 })).toMatchObject({ recordings: 0, calls: 0 });
  });
});

describe("a process that was not scheduled", () => {
  it("for 100 ms catches up: no packet and no frame of the recording is missing", async () => {
    const harness = new MediaHarness();
    const { anil, stats } = await stalled(harness, 100);
    expect(anil.report()).toMatchObject({ ssrcs: 1, sequenceJumps: 0, timestampJumps: 0 });
    expect(stats).toMatchObject({ ticksSkipped: 0 });
    expect(harness.eventsOf("recording_closed")).toMatchObject([{ durationMs: 3000 }]);
  });

  it("for a second skips most of it: stream and recording keep their time, the sequence has no gap", async () => {
    const harness = new MediaHarness();
    const { anil, stats } = await stalled(harness, 1000);
    expect(anil.report()).toMatchObject({ ssrcs: 1, sequenceJumps: 0, timestampJumps: 1 });
    expect(stats).toMatchObject({ ticksSkipped: 40, tickLateMaxMs: 200 });
    expect(harness.eventsOf("recording_closed")).toMatchObject([{ durationMs: 3000 }]);
    expect(dominantTones(anil.received().subarray(-2000))).toEqual([700]);
  });

  /** Three seconds of a recorded call, with a stall in the middle. */
  async function stalled(harness: MediaHarness, ms: number): Promise<{ anil: RtpPhone; stats: unknown }> {
    const anil = harness.phone("c", 1);
    harness.phone("c", 2).tone(700);
    harness.bridge("c", 1, 2);
    const file = { path: "r.wav", layout: "mono", maxMs: null, silenceMs: null } as const;
    harness.perform({ op: "record", call: "c", recording: "r", legs: [1, 2], ...file });
    await harness.run(1000);
    harness.stall(ms);
    await harness.run(2000);
    harness.perform({ op: "stop_record", call: "c", recording: "r" });
    await harness.run(20);
    return { anil, stats: harness.perform({ op: "stats", id: 1 }) };
  }
});

it("lists what a restarted controller needs to know", async () => {
  const harness = new MediaHarness();
  harness.phone("c", 1);
  const port = harness.open("c", 2);
  harness.bridge("c", 1, 2);
  harness.perform({ op: "play", call: "c", play: "p", legs: [1], items: [{ tone: "ringback" }], loop: true });
  await harness.run(2000);
  expect(harness.engine.list()).toMatchObject([
    {
      call: "c",
      ageMs: 2000,
      legs: [
        { leg: 1, sources: [2] },
        { leg: 2, port, sources: [1], packetsReceived: 0 },
      ],
      plays: ["p"],
      recordings: [],
    },
  ]);
});
