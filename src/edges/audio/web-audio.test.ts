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
import type { CachedClip, Clip } from "./audio-cache.ts";
import { AudioCache } from "./audio-cache.ts";
import { phoneWav, sine, wavFile } from "./testing/sounds.ts";
import type { WebAudioOptions, WebAudioSource } from "./web-audio.ts";
import { MAX_DOWNLOAD_BYTES, WebAudio } from "./web-audio.ts";
import type { Downloaded } from "../http-client/types.ts";
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
  // The fetcher runs on real time.
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
  const get = (path = "/a.wav"): Promise<Result<Clip, string>> =>
    web.get({ url: url + path, account: "acme", allowPrivate: true }, 5_000);
  return { web, clock, url, requests, serve: (next) => (current = next), get };
}

const sound =
  (seconds: number, headers: Record<string, string> = {}): RequestListener =>
  (_, response) =>
    response.writeHead(200, { "content-type": "audio/wav", ...headers }).end(phoneWav(1000, seconds));

/** Waits for what happens in the background. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
}

async function lengthOf(got: Promise<Result<Clip, string>>): Promise<number | string> {
  const result = await got;
  return result.ok ? result.value.durationMs : result.error;
}

describe("customers' audio by URL", () => {
  it("DIAL-9: is downloaded once, no matter how many calls ask for it at once and afterwards", async () => {
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

  it("a file that one account may fetch from inside our network is not played to one that may not", async () => {
    const { get, web, url } = await setUp(sound(1));
    expect((await get()).ok).toBe(true);
    expect(await web.get({ url: `${url}/a.wav`, account: "acme", allowPrivate: false }, 5_000)).toMatchObject({
      ok: false,
    });
  });

  it("credentials in the URL are sent, and never shown", async () => {
    const { web, url, requests } = await setUp((_, response) => response.writeHead(403).end());
    const withSecrets = `${url.replace("://", "://me:s3cret@")}/a.wav?token=t0ken`;
    expect(await lengthOf(web.get({ url: withSecrets, account: "acme", allowPrivate: true }, 5_000))).toBe(
      `${url}/a.wav answered 403`,
    );
    expect(requests[0]?.headers.authorization).toBe(`Basic ${Buffer.from("me:s3cret").toString("base64")}`);
  });
});

describe("audio that was fetched before", () => {
  const validators = { etag: '"v1"', "last-modified": "Mon, 05 Jan 2026 10:00:00 GMT" };
  const unchanged: RequestListener = (_, response) => response.writeHead(304).end();

  it("is played without asking the server for a minute, and then while the server is asked", async () => {
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

  it("is replaced by what the server has now: for the next call, or at once if it has not been used for long", async () => {
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
    ["has vanished from the network", (request) => request.socket.destroy()],
  ])("is still played when the server %s, which is not asked again for ten seconds", async (_, broken) => {
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

  it("is no longer played when the server says that it was deleted", async () => {
    const { get, clock, serve, url } = await setUp(sound(1));
    await get();
    serve((_, response) => response.writeHead(404).end());
    clock.advance(2 * HOUR_MS);
    expect(await lengthOf(get())).toBe(`${url}/a.wav answered 404`);
  });
});

describe("audio that cannot be downloaded", () => {
  it("is not tried again for ten seconds: calls until then fail at once, with the same message", async () => {
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
      "more than is allowed",
      (_, r) => r.writeHead(200, { "content-length": MAX_DOWNLOAD_BYTES + 1 }).end("x"),
      "is larger than 10 MiB",
    ],
    [
      "less than it stated",
      (_, r) => {
        r.writeHead(200, { "content-length": 100_000 }).write(phoneWav(1000, 1));
        setTimeout(() => r.destroy(), 20);
      },
      "cannot be downloaded: the server closed the connection before its answer was complete",
    ],
    [
      "a compressed bomb",
      (_, r) => r.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync(Buffer.alloc(50 * 1024 * 1024))),
      "is compressed with gzip, which was not asked for: convert it to WAV, 8 kHz, 16 bit, mono",
    ],
    [
      "nothing, and hangs up",
      (request) => request.socket.destroy(),
      "cannot be downloaded: the server closed the connection",
    ],
  ])("%s is reported in one clause", async (_, handle, expected) => {
    const { get, url } = await setUp(handle);
    const message = String(await lengthOf(get()));
    expect(message).toMatch(new RegExp(`^${url}/a\\.wav `));
    expect(message).toContain(expected);
  });

  it("an endless body is cut off at the limit", async () => {
    let sent = 0;
    const { get, url } = await setUp((request, response) => {
      const chunk = Buffer.alloc(256 * 1024);
      const writeMore = (): void => {
        while (!request.socket.destroyed && response.write(chunk)) sent += chunk.length;
        if (!request.socket.destroyed) response.once("drain", writeMore);
      };
      writeMore();
    });
    expect(await lengthOf(get())).toBe(`${url}/a.wav is larger than 10 MiB`);
    expect(sent).toBeLessThan(4 * MAX_DOWNLOAD_BYTES);
  });

  it("a host that does not answer is asked for twelve files at a time, so that other hosts have their turn", async () => {
    const { get, requests } = await setUp(() => undefined);
    const waiting = Array.from({ length: 12 + 128 }, (_, i) => get(`/${i}.wav`));
    await until(() => requests.length === 12);
    expect(await lengthOf(get("/more.wav"))).toMatch(/\/more\.wav has to wait for too many other files$/);
    expect(requests).toHaveLength(12);
    expect(waiting).toHaveLength(140);
  });

  it("C11: a file that is shorter than its head says is played as far as it goes", async () => {
    const { get } = await setUp((_, r) => r.writeHead(200).end(phoneWav(1000, 1).subarray(0, 8044)));
    expect(await lengthOf(get())).toBe(500);
  });
});

describe("the check of audio (RES-27)", () => {
  const OPTIONS = {
    purpose: "audio" as const,
    account: "acme",
    deadlineMs: 5_000,
    allowPrivate: true,
    isUsable: () => true,
  };
  const methods = ({ requests }: Stage): (string | undefined)[] => requests.map(({ method }) => method);

  it("RES-27: a good HEAD decides; the file is downloaded at once and played without another request", async () => {
    const stage = await setUp(sound(1));
    const { outcome, format } = await stage.web.check(`${stage.url}/a.wav`, OPTIONS);
    expect(outcome).toMatchObject({ ok: true, status: 200, contentType: "audio/wav" });
    expect(format).toEqual({ name: "WAV, 8 kHz, 16 bit, mono", best: true, problem: null });
    expect(await lengthOf(stage.get())).toBe(1000);
    expect(methods(stage)).toEqual(["HEAD", "GET"]);
  });

  it.each([400, 403, 404, 405, 500, 501])(
    "C5: a URL that answers HEAD with %i and accepts only one GET is asked once, and its file is played",
    async (status) => {
      let gets = 0;
      const stage = await setUp((request, response) => {
        if (request.method === "HEAD") response.writeHead(status).end();
        else if (++gets > 1) response.writeHead(403).end();
        else sound(1)(request, response);
      });
      const checked = await stage.web.check(`${stage.url}/a.wav`, OPTIONS);
      expect(checked.outcome).toMatchObject({ ok: true, status: 200, contentType: "audio/wav" });
      expect(await lengthOf(stage.get())).toBe(1000);
      // The next call within the minute plays it, too.
      expect((await stage.web.check(`${stage.url}/a.wav`, OPTIONS)).outcome).toMatchObject({ ok: true, status: 200 });
      expect(methods(stage)).toEqual(["HEAD", "GET", "HEAD"]);
    },
  );

  it("C4: a HEAD that is never answered leaves GET to decide, within the same deadline", async () => {
    const stage = await setUp((request, response) => {
      if (request.method !== "HEAD") sound(1)(request, response);
    });
    const checking = stage.web.check(`${stage.url}/a.wav`, OPTIONS);
    await until(() => stage.requests.length === 1);
    stage.clock.advance(2_000);
    expect((await checking).outcome).toMatchObject({ ok: true, status: 200 });
    expect(await lengthOf(stage.get())).toBe(1000);
    expect(methods(stage)).toEqual(["HEAD", "GET"]);
  });

  it("RES-27: the answer to GET decides, and one that comes too late is a timeout", async () => {
    const stage = await setUp((_, response) => response.writeHead(404).end());
    expect((await stage.web.check(`${stage.url}/a.wav`, OPTIONS)).outcome).toMatchObject({ ok: true, status: 404 });
    stage.serve((request, response) => {
      if (request.method === "HEAD") response.writeHead(405).end();
    });
    const checking = stage.web.check(`${stage.url}/b.wav`, OPTIONS);
    await until(() => stage.requests.length === 4);
    stage.clock.advance(5_000);
    expect((await checking).outcome).toMatchObject({ ok: false, reason: "timeout" });
  });

  it("RES-27: a check that is cancelled ends at once", async () => {
    const stage = await setUp((request, response) => {
      if (request.method === "HEAD") response.writeHead(405).end();
    });
    const controller = new AbortController();
    const checking = stage.web.check(`${stage.url}/a.wav`, { ...OPTIONS, signal: controller.signal });
    await until(() => stage.requests.length === 2);
    controller.abort();
    expect((await checking).outcome).toMatchObject({ ok: false, reason: "reset" });
  });

  it("RES-27: an answer that cannot be audio is not downloaded", async () => {
    const stage = await setUp((_, response) => response.writeHead(200, { "content-type": "text/html" }).end());
    const { format } = await stage.web.check(`${stage.url}/a.wav`, { ...OPTIONS, isUsable: () => false });
    expect(format).toBeNull();
    expect(methods(stage)).toEqual(["HEAD"]);
  });

  it("RES-27: the guard applies to both", async () => {
    const stage = await setUp(sound(1));
    const { outcome } = await stage.web.check(`${stage.url}/a.wav`, { ...OPTIONS, allowPrivate: false });
    expect(outcome).toMatchObject({ ok: false, reason: "blocked" });
    expect(stage.requests).toHaveLength(0);
  });

  it("RES-27: the format of an error page says nothing about the file that HEAD has found", async () => {
    const stage = await setUp((request, response) => {
      response.writeHead(request.method === "HEAD" ? 200 : 404, { "content-type": "audio/wav" }).end("<html>");
    });
    const { outcome, format } = await stage.web.check(`${stage.url}/a.wav`, OPTIONS);
    expect(outcome).toMatchObject({ ok: true, status: 200 });
    expect(format).toBeNull();
  });

  it("C12: a WAV of 44.1 kHz stereo is reported as such, even when it comes from the cache", async () => {
    const form = { code: 1, bits: 16, rate: 44_100, channels: 2 };
    const file = wavFile(sine(700, 44_100, 0.5), form);
    const stage = await setUp((_, response) => response.writeHead(200, { "content-type": "audio/wav" }).end(file));
    const format = { name: "WAV, 44.1 kHz, 16 bit, stereo", best: false, problem: null };
    expect((await stage.web.check(`${stage.url}/a.wav`, OPTIONS)).format).toEqual(format);
    expect(await lengthOf(stage.get())).toBe(500);
    expect((await stage.web.check(`${stage.url}/a.wav`, OPTIONS)).format).toEqual(format);
    stage.clock.advance(2 * MINUTE_MS);
    stage.serve((request, response) => response.writeHead(request.method === "HEAD" ? 405 : 304).end());
    expect(await stage.web.check(`${stage.url}/a.wav`, OPTIONS)).toMatchObject({ outcome: { status: 200 }, format });
  });

  it("C11: a file that cannot be decoded is reported with the reason before anything is played", async () => {
    const stage = await setUp((_, response) =>
      response.writeHead(200, { "content-type": "audio/mp4" }).end(Buffer.from("\0\0\0 ftypM4A and more", "latin1")),
    );
    const problem = "is an MP4 (AAC) file: convert it to WAV, 8 kHz, 16 bit, mono";
    expect((await stage.web.check(`${stage.url}/a.m4a`, OPTIONS)).format).toMatchObject({ problem });
  });

  it("C12: the format of a slow file is not waited for longer than a second", async () => {
    const stage = await setUp((request, response) => {
      response.writeHead(200, { "content-type": "audio/wav" }).flushHeaders();
      if (request.method === "HEAD") response.end();
    });
    const checking = stage.web.check(`${stage.url}/a.wav`, OPTIONS);
    await until(() => stage.requests.length === 2);
    stage.clock.advance(1_000);
    expect(await checking).toMatchObject({ outcome: { status: 200 }, format: null });
  });
});

describe("downloads that share limited places", () => {
  /** A cache in memory: nothing here waits for the real clock or disk. */
  function memoryCache(): WebAudioOptions["cache"] {
    const clips = new Map<string, CachedClip>();
    return {
      get: (key) => Promise.resolve(clips.get(key) ?? null),
      put: (key, samples, metadata) => {
        const clip = { path: key, durationMs: samples.length / 8, metadata: metadata ?? {} };
        clips.set(key, clip);
        return Promise.resolve(clip);
      },
      annotate: () => Promise.resolve(),
      drop: (key) => void clips.delete(key),
    };
  }

  /** Lets everything happen that takes no time. */
  async function settle(): Promise<void> {
    for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
  }

  /** Files that each take their own time to arrive, in virtual time. */
  function virtual(delayMs: (url: string) => number) {
    const clock = new VirtualClock(1_767_600_000_000);
    const cache = memoryCache();
    const asked: string[] = [];
    const validators = { etag: null, lastModified: null };
    const download = ({ url }: { readonly url: string }): Promise<Downloaded> => {
      asked.push(url);
      const body: Downloaded = { ok: true, status: 200, contentType: "audio/wav", validators, body: phoneWav(1000, 2) };
      return new Promise((resolve) => clock.after(delayMs(url), () => resolve(body)));
    };
    const head = () => Promise.reject(new Error("nothing is checked here"));
    const web = new WebAudio({ fetcher: { download, head }, processor, cache, clock, log: silentLog });
    /** How many of these files are ready within this time. */
    const within = async (ms: number, wanted: readonly WebAudioSource[]): Promise<number> => {
      let ready = 0;
      for (const source of wanted) void web.get(source, ms).then((got) => (ready += got.ok ? 1 : 0));
      for (let passed = 0; passed < ms; passed += 100) {
        await settle();
        clock.advance(100);
      }
      await settle();
      return ready;
    };
    return { web, clock, cache, asked, within };
  }
  const file = (name: string, account = "acme"): WebAudioSource => ({
    url: `https://cdn.example/${name}.wav`,
    account,
    allowPrivate: false,
  });
  const files = (count: number, name: string, account?: string): WebAudioSource[] =>
    Array.from({ length: count }, (_, i) => file(`${name}${i}`, account));

  it("C6: 24 calls at once, each with its own file that takes 1.5 s to arrive: all are there in time", async () => {
    const { within } = virtual(() => 1_500);
    expect(await within(5_000, files(24, "greeting"))).toBe(24);
  });

  it("C6: refreshes that nobody waits for cost a call nothing, no matter how slow they are", async () => {
    const { web, clock, within } = virtual((url) => (url.includes("old") && clock.now() > AT_START ? 25_000 : 100));
    const AT_START = clock.now() + 10_000;
    expect(await within(5_000, files(12, "old"))).toBe(12);
    clock.advance(2 * MINUTE_MS);
    for (const source of files(12, "old")) expect((await web.get(source, 5_000)).ok).toBe(true);
    expect(await within(500, [file("new")])).toBe(1);
  });

  it("a refresh that ends while a call looks for its copy is not made again", async () => {
    const { web, clock, cache, asked, within } = virtual(() => 100);
    await within(500, [file("music")]);
    clock.advance(2 * MINUTE_MS);
    const look = cache.get.bind(cache);
    expect((await web.get(file("music"), 5_000)).ok).toBe(true);
    const looked = Promise.withResolvers<void>();
    Object.assign(cache, {
      get: async (key: string) => {
        const found = await look(key);
        await looked.promise;
        return found;
      },
    });
    const second = web.get(file("music"), 5_000);
    await settle();
    clock.advance(100);
    await settle();
    looked.resolve();
    expect((await second).ok).toBe(true);
    expect(asked).toHaveLength(2);
  });

  it("C6: a refresh in the queue moves up once a call needs it", async () => {
    const { web, clock, asked, within } = virtual((url) => (url.includes("slow") ? 25_000 : 100));
    await within(1_000, files(3, "old"));
    await within(26_000, files(2, "slow"));
    clock.advance(2 * MINUTE_MS);
    for (const source of [...files(2, "slow"), ...files(3, "old")]) await web.get(source, 5_000);
    const before = asked.length;
    clock.advance(HOUR_MS);
    expect(await within(500, files(3, "old"))).toBe(3);
    expect(asked.length).toBe(before + 3);
  });

  it("A4: sixteen slow hosts of one account leave places for the prompts of another", async () => {
    const { within, web } = virtual((url) => (url.includes("slow") ? 25_000 : 100));
    for (let i = 0; i < 64; i++)
      void web.get({ url: `https://slow${i % 16}.example/${i}.wav`, account: "hostile", allowPrivate: false }, 5_000);
    expect(await within(1_000, files(8, "good", "other"))).toBe(8);
  });

  it("M9: a file that one account's full queue refused is not refused to another account", async () => {
    const { within, web } = virtual((url) => (url.includes("slow") ? 25_000 : 100));
    for (const source of files(200, "slow", "hostile")) void web.get(source, 5_000);
    expect(await web.get(file("shared", "hostile"), 5_000)).toMatchObject({ ok: false });
    expect(await within(500, [file("shared", "other")])).toBe(1);
  });
});
