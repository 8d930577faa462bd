import { describe, expect, it } from "vitest";
import { IDLE_CALLER } from "../../../test/support/idle-caller.ts";
import type { AudioCheckOptions } from "../../edges/audio/library.ts";
import { silentLog } from "../../base/log.ts";
import { ok } from "../../base/result.ts";
import { VirtualClock } from "../../base/virtual-clock.ts";
import type { CallEvent } from "../../core/call/events.ts";
import type { AudioFormat } from "../../core/contract/audio.ts";
import type { MediaClient } from "../../edges/media/process/client.ts";
import type { HttpClientOutcome } from "../../edges/http-client/types.ts";
import type { SipEndpointApi } from "../../edges/sip/endpoint.ts";
import type { ExternalEffect } from "./call-ports.ts";
import { CallIo } from "./call-io.ts";
import { RecordingLinks } from "./recording-links.ts";
import type { AccountConfig } from "./workspace.ts";

const URL = "https://cdn.example/a.wav";
const CHECK: ExternalEffect = { kind: "check_audio", id: "a1", url: URL, deadlineMs: 5000 };

/** A call's I/O whose URL answers a check with `checked`; records what the effects lead to. */
function setUp(checked: HttpClientOutcome, format: AudioFormat | null = null) {
  const clock = new VirtualClock(1_767_600_000_000);
  const checks: (AudioCheckOptions & { readonly url: string })[] = [];
  const delivered: CallEvent[] = [];
  const media: string[] = [];
  const services = {
    clock,
    log: silentLog,
    sip: {} as SipEndpointApi,
    fetcher: {
      fetch: () => Promise.reject(new Error("nothing is fetched here")),
      usage: { sockets: 0, requests: 0, pools: 0, refused: 0 },
      blocked: new Map(),
    },
    audio: {
      prepare: () => Promise.resolve(ok({ path: "/a.wav", durationMs: 1000 })),
      check: (url: string, options: AudioCheckOptions) => {
        checks.push({ url, ...options });
        return Promise.resolve({ outcome: checked, format, elapsedMs: 1 });
      },
    },
    resolveHost: () => Promise.resolve([]),
    mediaAddress: "127.0.0.1",
    links: new RecordingLinks("secret", "https://voice.example"),
    recordingsDir: "recordings",
    tracing: null,
    append: () => Promise.resolve(),
  };
  const client: Pick<MediaClient, "play" | "stopPlaying" | "bridge" | "closeCall"> = {
    play: (_call, id, legs) => void media.push(`play ${id} on ${legs.join()}`),
    stopPlaying: (_call, id) => void media.push(`stop ${id}`),
    bridge: (_call, a, b) => void media.push(`bridge ${a} ${b}`),
    closeCall: () => void media.push("close"),
  };
  const config = { privateDestinations: true, account: { sid: "acme", country: "IN" } } as AccountConfig;
  const io = new CallIo("sid", services, config, client as MediaClient, () => undefined);
  const call = { sid: "sid", now: () => clock.now(), deliver: (event: CallEvent) => void delivered.push(event) };
  io.attach(call as unknown as CallIo["call"], IDLE_CALLER);
  return { io, checks, delivered, media, settled: () => new Promise((resolve) => setImmediate(resolve)) };
}

const answered = (status: number, contentType: string | null): HttpClientOutcome => ({
  ok: true,
  status,
  contentType,
  body: "",
});
const play: ExternalEffect = { kind: "play", id: "p1", legs: [2], items: [{ kind: "url", url: URL }], loop: false };

describe("audio of a live call", () => {
  it("RES-27: a check follows the account's rules, uses its share, and its answer reaches the call", async () => {
    const { io, checks, delivered, settled } = setUp(answered(200, "audio/mpeg"));
    io.perform(CHECK);
    await settled();
    expect(checks).toMatchObject([{ url: URL, account: "acme", allowPrivate: true, deadlineMs: 5000 }]);
    expect(delivered).toMatchObject([{ kind: "audio_checked", id: "a1", outcome: { status: 200 } }]);
    expect(delivered[0]).not.toHaveProperty("format");
  });

  it("C12: the file's real format, whatever its media type says, reaches the call with the answer", async () => {
    const format = { name: "WAV, 44.1 kHz, 16 bit, stereo", best: false, problem: null };
    const { io, delivered, settled } = setUp(answered(200, "audio/wav"), format);
    io.perform(CHECK);
    await settled();
    expect(delivered).toMatchObject([{ kind: "audio_checked", format }]);
  });

  it.each<[string, HttpClientOutcome, boolean]>([
    ["is audio", answered(200, "audio/mpeg"), true],
    ["is not there", answered(404, "audio/wav"), false],
    ["is a page", answered(200, "text/html"), false],
    ["does not answer", { ok: false, reason: "timeout", detail: "No answer came in time." }, false],
  ])("RES-27: only what may be audio is downloaded: a file that %s", async (_, outcome, usable) => {
    const { io, checks, settled } = setUp(outcome);
    io.perform(CHECK);
    await settled();
    expect(checks[0]?.isUsable(outcome)).toBe(usable);
  });

  it("a playback starts when its audio is ready", async () => {
    const { io, media, settled } = setUp(answered(200, null));
    io.perform(play);
    expect(media).toEqual([]);
    await settled();
    expect(media).toEqual(["play p1 on 2"]);
  });

  it.each<[string, (io: CallIo) => void, readonly string[]]>([
    ["it is stopped", (io) => io.perform({ kind: "stop_playing", id: "p1" }), []],
    ["its legs are bridged", (io) => io.perform({ kind: "bridge", a: 1, b: 2 }), ["bridge 1 2"]],
    ["the call is over", (io) => io.ended(false), ["close"]],
  ])("a playback does not start late when %s before it is ready", async (_, end, expected) => {
    const { io, media, settled } = setUp(answered(200, null));
    io.perform(play);
    end(io);
    await settled();
    expect(media).toEqual(expected);
  });
});
