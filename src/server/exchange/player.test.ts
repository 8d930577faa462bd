import { describe, expect, it } from "vitest";
import type { Clip } from "../../edges/audio/library.ts";
import type { Result } from "../../base/result.ts";
import { err, ok } from "../../base/result.ts";
import type { Effect, Playable } from "../../core/call/effects.ts";
import { Player } from "./player.ts";

type PlayEffect = Extract<Effect, { kind: "play" }>;

const URL_ITEM: Playable = { kind: "url", url: "https://cdn.example/a.wav" };
const TEXT_ITEM: Playable = { kind: "text", text: "Hello", language: "en" };
const TONE: Playable = { kind: "tone", tone: "ringback" };

function effect(id: string, legs: readonly number[], items: readonly Playable[], loop = false): PlayEffect {
  return { kind: "play", id, legs, items, loop };
}

function clip(path: string): Result<Clip, string> {
  return ok({ path, durationMs: 1000 });
}

/** A player whose audio becomes ready when the test says so. */
function setUp() {
  const done: string[] = [];
  const asked: { source: object; withinMs: number; settle: (made: Result<Clip, string>) => void }[] = [];
  const player = new Player({
    callSid: "sid",
    account: "acme",
    country: "IN",
    allowPrivate: false,
    audio: { prepare: (source, withinMs) => new Promise((settle) => asked.push({ source, withinMs, settle })) },
    media: {
      play: (call, id, legs, items, loop) =>
        void done.push(`play ${call} ${id} on ${legs.join()} ${JSON.stringify(items)}${loop ? " looped" : ""}`),
      stopPlaying: (call, id) => void done.push(`stop ${call} ${id}`),
    },
    onFailed: (id, failure) => void done.push(`played ${id}: ${failure}`),
  });
  const settle = async (index: number, made: Result<Clip, string>): Promise<void> => {
    asked[index]?.settle(made);
    await new Promise(setImmediate);
  };
  return { player, done, asked, settle };
}

describe("what a call plays", () => {
  it("a tone starts at once", () => {
    const { player, done, asked } = setUp();
    player.play(effect("p1", [1], [TONE], true));
    expect(done).toEqual(['play sid p1 on 1 [{"tone":"ringback","country":"IN"}] looped']);
    expect(asked).toEqual([]);
  });

  it("audio and text start together, in order, once all of it is ready", async () => {
    const { player, done, asked, settle } = setUp();
    player.play(effect("p1", [1, 2], [URL_ITEM, TONE, TEXT_ITEM]));
    expect(asked.map(({ source }) => source)).toEqual([{ ...URL_ITEM, allowPrivate: false }, TEXT_ITEM]);
    await settle(1, clip("/b.wav"));
    expect(done).toEqual([]);
    await settle(0, clip("/a.wav"));
    expect(done).toEqual([
      'play sid p1 on 1,2 [{"path":"/a.wav"},{"tone":"ringback","country":"IN"},{"path":"/b.wav"}]',
    ]);
  });

  it("DIAL-8: audio that is not available is reported as a failure, and nothing is played", async () => {
    const { player, done, settle } = setUp();
    player.play(effect("p1", [2], [URL_ITEM, TEXT_ITEM]));
    await settle(0, err("https://cdn.example/a.wav answered 404"));
    await settle(1, clip("/b.wav"));
    expect(done).toEqual(["played p1: https://cdn.example/a.wav answered 404"]);
  });

  it("a playback stopped before it is ready never starts, and media is not involved", async () => {
    const { player, done, settle } = setUp();
    player.play(effect("p1", [1], [URL_ITEM]));
    player.stop("p1");
    await settle(0, clip("/a.wav"));
    expect(done).toEqual([]);
  });

  it("C7, DIAL-7: our ringback plays until a loop is loaded, then the file", async () => {
    const { player, done, asked, settle } = setUp();
    player.play(effect("p1", [1], [URL_ITEM], true));
    expect(done).toEqual(['play sid p1-ringback on 1 [{"tone":"ringback","country":"IN"}] looped']);
    expect(asked.map(({ withinMs }) => withinMs)).toEqual([35_000]);
    await settle(0, clip("/a.wav"));
    expect(done.slice(1)).toEqual(['play sid p1 on 1 [{"path":"/a.wav"}] looped']);
  });

  it("C7, DIAL-7: the ringback stops with a loop that is stopped, or whose file is not available", async () => {
    const { player, done, settle } = setUp();
    player.play(effect("p1", [1], [URL_ITEM], true));
    player.stop("p1");
    player.play(effect("p2", [1], [URL_ITEM], true));
    await settle(0, clip("/a.wav"));
    await settle(1, err("it answered 404"));
    expect(done.filter((one) => !one.startsWith("play "))).toEqual([
      "stop sid p1-ringback",
      "played p2: it answered 404",
      "stop sid p2-ringback",
    ]);
    expect(done.filter((one) => one.startsWith("play sid p1 "))).toEqual([]);
  });

  it("a playback that has started is stopped in media", async () => {
    const { player, done, settle } = setUp();
    player.play(effect("p1", [1], [URL_ITEM], true));
    await settle(0, clip("/a.wav"));
    player.stop("p1");
    expect(done.at(-1)).toBe("stop sid p1");
  });

  it("a bridge ends playbacks that are not ready on its legs, and only there", async () => {
    const { player, done, settle } = setUp();
    player.play(effect("p1", [1, 3], [URL_ITEM]));
    player.play(effect("p2", [2], [URL_ITEM]));
    player.leave([1, 2]);
    await settle(0, clip("/a.wav"));
    await settle(1, clip("/a.wav"));
    expect(done).toEqual(['play sid p1 on 3 [{"path":"/a.wav"}]']);
  });

  it("a newer playback takes the leg from one that is not ready, which then has failed", async () => {
    const { player, done, settle } = setUp();
    player.play(effect("p1", [1], [URL_ITEM]));
    player.play(effect("p2", [1], [TONE]));
    await settle(0, clip("/a.wav"));
    expect(done).toEqual(["played p1: replaced", 'play sid p2 on 1 [{"tone":"ringback","country":"IN"}]']);
  });

  it("a replaced loop is not reported, just as media does not report it", () => {
    const { player, done } = setUp();
    player.play(effect("p1", [1], [URL_ITEM], true));
    player.play(effect("p2", [1], [TONE]));
    expect(done.at(-1)).toBe('play sid p2 on 1 [{"tone":"ringback","country":"IN"}]');
    expect(done.filter((one) => one.startsWith("played"))).toEqual([]);
  });

  it("nothing starts once the call is over", async () => {
    const { player, done, settle } = setUp();
    player.play(effect("p1", [1], [URL_ITEM]));
    player.close();
    await settle(0, err("too late"));
    expect(done).toEqual([]);
  });
});
