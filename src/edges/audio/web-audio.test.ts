import { mkdtemp, rm } from "node:fs/promises";
import type { IncomingMessage, RequestListener, Server } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, describe, expect, it } from "vitest";
import { silentLog } from "../../base/log.ts";
import type { Result } from "../../base/result.ts";
import { VirtualClock } from "../../base/virtual-clock.ts";
import { Fetcher } from "../http-client/fetcher.ts";
import type { Clip } from "./audio-cache.ts";
import { AudioCache } from "./audio-cache.ts";
import { phoneWav } from "./testing/sounds.ts";
import { MAX_DOWNLOAD_BYTES, WebAudio } from "./web-audio.ts";
import { decodeAudio } from "./decode/decode.ts";
import type { AudioProcessor } from "./audio-worker.ts";

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

/** A processor on this thread. */
const processor: AudioProcessor = {
  process: (work) => decodeAudio(Buffer.from(work.kind === "decode" ? work.file : [])),
};

interface Stage {
  readonly web: WebAudio;
  readonly clock: VirtualClock;
  readonly url: string;
  readonly requests: IncomingMessage[];
  /** What the server does from now on. */
  readonly serve: (handle: RequestListener) => void;
  readonly get: (path?: string) => Promise<Result<Clip, string>>;
}

async function setUp(handle: RequestListener): Promise<Stage> {
  const requests: IncomingMessage[] = [];
  let current = handle;
  const server: Server = createServer((request, response) => {
    requests.push(request);
    current(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const folder = await mkdtemp(join(tmpdir(), "plugboard-web-audio-"));
  const clock = new VirtualClock(1_767_600_000_000);
  // The fetcher's deadline is the real one.
  const fetcher = new Fetcher({ version: "1", log: silentLog });
  const cache = await AudioCache.open({ folder, clock, log: silentLog });
  cleanUps.push(
    () => rm(folder, { recursive: true, force: true }),
    () => fetcher.close(),
    () => server.close(),
    () => server.closeAllConnections(),
  );
  const web = new WebAudio({ fetcher, processor, cache, clock, log: silentLog });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const get = (path = "/a.wav"): Promise<Result<Clip, string>> => web.get(url + path, true);
  return { web, clock, url, requests, serve: (next) => (current = next), get };
}

const sound =
  (seconds: number, headers: Record<string, string> = {}): RequestListener =>
  (_, response) =>
    response.writeHead(200, { "content-type": "audio/wav", ...headers }).end(phoneWav(1000, seconds));

/** Waits for what goes on behind an answer. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
}

async function lengthOf(got: Promise<Result<Clip, string>>): Promise<number | string> {
  const result = await got;
  return result.ok ? result.value.durationMs : result.error;
}

describe("customers' audio by URL", () => {
  it("DIAL-9: is downloaded once, however many calls ask for it at once and afterwards", async () => {
    const { get, requests } = await setUp(sound(1));
    const clips = await Promise.all(Array.from({ length: 100 }, () => get()));
    expect(new Set(clips.map((clip) => clip.ok && clip.value.path)).size).toBe(1);
    expect(await lengthOf(get())).toBe(1000);
    expect(await lengthOf(get("/a.wav#later"))).toBe(1000);
    expect(requests).toHaveLength(1);
  });

  it("a URL that differs in anything but its fragment is another file", async () => {
    const { get, requests } = await setUp(sound(1));
    await Promise.all([get("/a.wav"), get("/a.wav?v=2"), get("/b.wav")]);
    expect(requests).toHaveLength(3);
  });

  it("what an account may fetch from inside our network is not played to one that may not", async () => {
    const { get, web, url } = await setUp(sound(1));
    expect((await get()).ok).toBe(true);
    expect(await web.get(`${url}/a.wav`, false)).toMatchObject({ ok: false });
  });

  it("credentials in the URL are sent, and never told", async () => {
    const { web, url, requests } = await setUp((_, response) => response.writeHead(403).end());
    const withSecrets = `${url.replace("://", "://me:s3cret@")}/a.wav?token=t0ken`;
    expect(await lengthOf(web.get(withSecrets, true))).toBe(`${url}/a.wav answered 403`);
    expect(requests[0]?.headers.authorization).toBe(`Basic ${Buffer.from("me:s3cret").toString("base64")}`);
  });
});

describe("audio that was fetched before", () => {
  const validators = { etag: '"v1"', "last-modified": "Mon, 05 Jan 2026 10:00:00 GMT" };
  const unchanged: RequestListener = (_, response) => response.writeHead(304).end();

  it("is played without a question for a minute, then while the question is under way", async () => {
    const { get, requests, clock, serve } = await setUp(sound(1, validators));
    await get();
    clock.advance(59 * SECOND_MS);
    await get();
    expect(requests).toHaveLength(1);
    clock.advance(2 * SECOND_MS);
    serve(unchanged);
    expect(await lengthOf(get())).toBe(1000);
    await until(() => requests.length === 2);
    expect(requests[1]?.headers).toMatchObject({
      "if-none-match": '"v1"',
      "if-modified-since": "Mon, 05 Jan 2026 10:00:00 GMT",
    });
  });

  it("is fresh again after a 304", async () => {
    const { get, requests, clock, serve } = await setUp(sound(1, validators));
    await get();
    serve(unchanged);
    clock.advance(2 * HOUR_MS);
    expect(await lengthOf(get())).toBe(1000);
    clock.advance(59 * SECOND_MS);
    await get();
    expect(requests).toHaveLength(2);
  });

  it("is replaced by what the server has now: at the next call, or at once when it was long unused", async () => {
    const { get, requests, clock, serve } = await setUp(sound(1));
    await get();
    serve(sound(2));
    clock.advance(2 * MINUTE_MS);
    expect(await lengthOf(get())).toBe(1000);
    await until(() => requests.length === 2);
    let length = await lengthOf(get());
    while (length === 1000) length = await lengthOf(get());
    expect(length).toBe(2000);
    expect(requests).toHaveLength(2);
    await new Promise((resolve) => setTimeout(resolve, 20));
    serve(sound(3));
    clock.advance(2 * HOUR_MS);
    expect(await lengthOf(get())).toBe(3000);
  });

  it.each<[string, RequestListener]>([
    ["fails", (_, response) => response.writeHead(503).end()],
    ["answers with a page", (_, response) => response.writeHead(200).end("<html>Sign in</html>")],
    ["is gone from the network", (request) => request.socket.destroy()],
  ])("is played on when the server %s, which is not asked again for ten seconds", async (_, broken) => {
    const { get, requests, clock, serve } = await setUp(sound(1));
    await get();
    serve(broken);
    clock.advance(2 * HOUR_MS);
    expect(await lengthOf(get())).toBe(1000);
    const asked = requests.length;
    clock.advance(9 * SECOND_MS);
    expect(await lengthOf(get())).toBe(1000);
    expect(requests).toHaveLength(asked);
    serve(sound(2));
    clock.advance(2 * SECOND_MS);
    expect(await lengthOf(get())).toBe(2000);
  });

  it("is not played any more when the server says that it is gone", async () => {
    const { get, clock, serve, url } = await setUp(sound(1));
    await get();
    serve((_, response) => response.writeHead(404).end());
    clock.advance(2 * HOUR_MS);
    expect(await lengthOf(get())).toBe(`${url}/a.wav answered 404`);
  });
});

describe("audio that cannot be had", () => {
  it("is not tried again for ten seconds: the calls behind fail at once, with the same words", async () => {
    const { get, requests, clock, url, serve } = await setUp((_, response) => response.writeHead(404).end());
    expect(await lengthOf(get())).toBe(`${url}/a.wav answered 404`);
    expect(await lengthOf(get())).toBe(`${url}/a.wav answered 404`);
    expect(requests).toHaveLength(1);
    serve(sound(1));
    clock.advance(11 * SECOND_MS);
    expect(await lengthOf(get())).toBe(1000);
  });

  it.each<[string, RequestListener, string]>([
    ["a redirect", (_, response) => response.writeHead(302, { location: "/b.wav" }).end(), "answered 302"],
    ["an empty answer", (_, response) => response.writeHead(200).end(), "is empty"],
    [
      "an error page with status 200",
      (_, r) => r.writeHead(200).end("<!doctype html>"),
      "is a page of HTML, not audio",
    ],
    [
      "more than it may be",
      (_, r) => r.writeHead(200, { "content-length": MAX_DOWNLOAD_BYTES + 1 }).end("x"),
      "is larger than 10 MiB",
    ],
    [
      "less than it said",
      (_, r) => {
        r.writeHead(200, { "content-length": 100_000 }).write(phoneWav(1000, 1));
        setTimeout(() => r.destroy(), 20);
      },
      "cannot be had: the server closed the connection before its answer was complete",
    ],
    [
      "a file that was cut off before it was stored",
      (_, r) => r.writeHead(200).end(phoneWav(1000, 1).subarray(0, 9000)),
      "is cut off: its head promises 16000 bytes of audio, 8956 are there",
    ],
    [
      "a compressed bomb that nobody asked for",
      (_, r) => r.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync(Buffer.alloc(50 * 1024 * 1024))),
      "is compressed with gzip, which was not asked for: WAV, MP3 and Ogg can be played",
    ],
    ["nothing, and hangs up", (request) => request.socket.destroy(), "cannot be had: the server closed the connection"],
  ])("%s is told in one clause", async (_, handle, expected) => {
    const { get, url } = await setUp(handle);
    const said = String(await lengthOf(get()));
    expect(said).toMatch(new RegExp(`^${url}/a\\.wav `));
    expect(said).toContain(expected);
  });

  it("an endless body is dropped at the limit", async () => {
    let sent = 0;
    const { get, url } = await setUp((request, response) => {
      const chunk = Buffer.alloc(256 * 1024);
      const pour = (): void => {
        while (!request.socket.destroyed && response.write(chunk)) sent += chunk.length;
        if (!request.socket.destroyed) response.once("drain", pour);
      };
      pour();
    });
    expect(await lengthOf(get())).toBe(`${url}/a.wav is larger than 10 MiB`);
    expect(sent).toBeLessThan(4 * MAX_DOWNLOAD_BYTES);
  });

  it("a host that does not answer is asked for four files at a time: others have their turn", async () => {
    const { get, requests } = await setUp(() => undefined);
    const waiting = Array.from({ length: 4 + 64 }, (_, i) => get(`/${i}.wav`));
    await until(() => requests.length === 4);
    expect(await lengthOf(get("/more.wav"))).toMatch(/\/more\.wav has to wait for too many other files$/);
    expect(requests).toHaveLength(4);
    expect(waiting).toHaveLength(68);
  });
});
