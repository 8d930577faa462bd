import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { createServer as createHttpServer } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo, Server, Socket } from "node:net";
import { createServer as createTcpServer } from "node:net";
import { gzipSync } from "node:zlib";
import { afterEach, describe, expect, it, vi } from "vitest";
import { silentLog } from "../../base/log.ts";
import { VirtualClock } from "../../base/virtual-clock.ts";
import { selfSigned } from "./testing/certificate.ts";
import type { FetcherOptions } from "./fetcher.ts";
import { Fetcher } from "./fetcher.ts";
import type { EndedRequest, Fetched, FetchOptions, OutboundRequest, Resolve } from "./types.ts";

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

const INWARD_OK: FetchOptions = { purpose: "connect", account: "acme", deadlineMs: 5_000, allowPrivate: true };
const GUARDED: FetchOptions = { purpose: "connect", account: "acme", deadlineMs: 5_000, allowPrivate: false };

async function listen(server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket.on("close", () => sockets.delete(socket)).on("error", () => undefined));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanUps.push(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return (server.address() as AddressInfo).port;
}

/** An HTTP server on loopback; `connections` counts. */
async function http(handle: RequestListener) {
  const requests: IncomingMessage[] = [];
  let connections = 0;
  const server = createHttpServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    requests.push(request);
    handle(request, response);
  }).on("connection", () => connections++);
  const port = await listen(server);
  return { url: `http://127.0.0.1:${port}/`, port, requests, connections: () => connections };
}

/** A server that sends any bytes. */
async function raw(handle: (socket: Socket, connection: number) => void): Promise<string> {
  let connections = 0;
  const port = await listen(createTcpServer((socket) => handle(socket, ++connections)));
  return `http://127.0.0.1:${port}/`;
}

function fetcher(options: Partial<FetcherOptions> = {}): Fetcher {
  const one = new Fetcher({ version: "1.2.3", log: silentLog, ...options });
  cleanUps.push(() => one.close());
  return one;
}

const get = (url: string, headers: Readonly<Record<string, string>> = {}): OutboundRequest => ({
  method: "GET",
  url,
  headers,
  authorization: null,
});

const reasonOf = ({ outcome }: Fetched): string => (outcome.ok ? `answer ${outcome.status}` : outcome.reason);
const answer = (response: ServerResponse, body: string | Buffer, type = "application/json"): void => {
  response.writeHead(200, { "content-type": type }).end(body);
};

describe("a request", () => {
  it("REQ-1, REQ-4: is a GET without body, with the headers given, our user agent, and the query unchanged", async () => {
    const server = await http((_, response) => answer(response, "{}"));
    const request = {
      ...get(`${server.url}a?t=%22x%22&s=a+b%3Ac&L%5B0%5D=1`, { "Exotel-Version": "1.0" }),
      authorization: "Basic eA==",
    };
    await fetcher().fetch(request, INWARD_OK);
    const [seen] = server.requests;
    expect(seen?.method).toBe("GET");
    expect(seen?.url).toBe("/a?t=%22x%22&s=a+b%3Ac&L%5B0%5D=1");
    expect(seen?.headers).toMatchObject({
      "exotel-version": "1.0",
      "user-agent": "plugboard/1.2.3",
      authorization: "Basic eA==",
    });
    expect(seen?.headers).not.toHaveProperty("content-length");
    expect(seen?.headers).not.toHaveProperty("accept-encoding");
    expect(seen?.rawHeaders).toContain("Exotel-Version");
  });

  it("returns status, content type and text of a complete answer, whatever its status", async () => {
    const body = '{"destination":{"numbers":["+919900000011"]},"ü":"📞"}';
    const server = await http((_, response) =>
      response.writeHead(404, { "Content-Type": "Application/JSON; charset=utf-8" }).end(body),
    );
    const { outcome } = await fetcher().fetch(get(server.url), INWARD_OK);
    expect(outcome).toEqual({ ok: true, status: 404, contentType: "Application/JSON; charset=utf-8", body });
  });

  it("a missing content type is null; a byte order mark is not text; bytes that are not UTF-8 do not throw", async () => {
    const server = await http((_, response) => response.end(Buffer.from([0xef, 0xbb, 0xbf, 0x7b, 0x7d, 0xff])));
    const { outcome } = await fetcher().fetch(get(server.url), INWARD_OK);
    expect(outcome).toEqual({ ok: true, status: 200, contentType: null, body: "{}\uFFFD" });
  });

  it("REQ-5: a redirect is the answer: it is not followed", async () => {
    const server = await http((_, response) => response.writeHead(302, { location: "/again" }).end());
    expect(reasonOf(await fetcher().fetch(get(server.url), INWARD_OK))).toBe("answer 302");
    expect(server.requests).toHaveLength(1);
  });

  it("reuses its connection", async () => {
    const server = await http((_, response) => answer(response, "{}"));
    const one = fetcher();
    for (let i = 0; i < 5; i++) {
      await one.fetch(get(server.url), INWARD_OK);
      // A connection is free again a moment after its answer.
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect([server.requests.length, server.connections()]).toEqual([5, 1]);
  });

  it("can be a POST with a body", async () => {
    let body = "";
    const server = await http((request, response) => {
      request.on("data", (chunk: Buffer) => (body += chunk.toString())).on("end", () => answer(response, ""));
    });
    const request: OutboundRequest = {
      ...get(server.url, { "content-type": "application/json" }),
      method: "POST",
      body: '{"a":"ü"}',
    };
    expect(reasonOf(await fetcher().fetch(request, INWARD_OK))).toBe("answer 200");
    expect([body, server.requests[0]?.headers["content-type"]]).toEqual(['{"a":"ü"}', "application/json"]);
  });

  it("REQ-2: credentials left in a URL are sent as HTTP Basic, not as part of it", async () => {
    const server = await http((_, response) => answer(response, "{}"));
    await fetcher().fetch(get(`http://us%40er:p%3Ass@127.0.0.1:${server.port}/a`), INWARD_OK);
    expect(server.requests[0]?.headers.authorization).toBe(`Basic ${Buffer.from("us@er:p:ss").toString("base64")}`);
  });

  it.each([
    "",
    "app.example",
    "/path",
    "ftp://a.example/",
    "file:///etc/passwd",
    "http://",
    "http://a b/",
    "http://1.2.3.4.5/",
  ])("%j is not a URL we can request", async (url) => {
    expect(reasonOf(await fetcher().fetch(get(url), INWARD_OK))).toBe("bad_url");
  });

  it("a header that HTTP forbids is refused before anything is sent", async () => {
    const server = await http((_, response) => answer(response, "{}"));
    expect(reasonOf(await fetcher().fetch(get(server.url, { a: "b\r\nc: d" }), INWARD_OK))).toBe("bad_url");
    expect(server.requests).toHaveLength(0);
  });

  it("can be cancelled: it ends at once and the connection is dropped", async () => {
    const controller = new AbortController();
    let closed = false;
    const server = await http((request) => {
      request.socket.on("close", () => (closed = true));
      controller.abort();
    });
    expect(reasonOf(await fetcher().fetch(get(server.url), { ...INWARD_OK, signal: controller.signal }))).toBe("reset");
    await expect.poll(() => closed, { interval: 2 }).toBe(true);
    expect(reasonOf(await fetcher().fetch(get(server.url), { ...INWARD_OK, signal: controller.signal }))).toBe("reset");
    expect(server.requests).toHaveLength(1);
  });
});

describe("REQ-6: the deadline", () => {
  /** Runs a fetch against virtual time: nothing at 4,999 ms, a timeout at 5,000. */
  async function expectTimeout(
    url: string,
    ready: () => boolean,
    options: Partial<FetcherOptions> = {},
  ): Promise<string> {
    const clock = new VirtualClock(1_000);
    let found: Fetched | null = null;
    const pending = fetcher({ clock, ...options })
      .fetch(get(url), INWARD_OK)
      .then((fetched) => (found = fetched));
    await expect.poll(ready, { interval: 2 }).toBe(true);
    clock.advance(4_999);
    // M8: changes of the wall clock meanwhile make no difference.
    clock.setWallClock(3_600_000);
    await new Promise((resolve) => setImmediate(resolve));
    expect(found).toBeNull();
    clock.advance(1);
    const { outcome, elapsedMs } = await pending;
    expect(elapsedMs).toBe(5_000);
    return outcome.ok ? "an answer" : `${outcome.reason}: ${outcome.detail}`;
  }

  it("REQ-6, M8: covers a server that accepts the request and does not answer", async () => {
    const server = await http(() => undefined);
    const message = await expectTimeout(server.url, () => server.requests.length === 1);
    expect(message).toBe("timeout: No answer came in time.");
  });

  it("REQ-6: covers headers that come one byte at a time", async () => {
    let sent = 0;
    const url = await raw((socket) => {
      socket.once("data", () => {
        for (const char of "HTTP/1.1 200 OK\r\nx: ") socket.write(char);
        sent++;
      });
    });
    expect(await expectTimeout(url, () => sent === 1)).toMatch(/^timeout/);
  });

  it("REQ-6: covers a body whose last byte never comes, and drops its connection", async () => {
    let closed = false;
    const server = await http((request, response) => {
      request.socket.on("close", () => (closed = true));
      response.writeHead(200, { "content-type": "application/json" }).write("{");
    });
    const clock = new VirtualClock();
    const pending = fetcher({ clock }).fetch(get(server.url), INWARD_OK);
    await expect.poll(() => server.requests.length, { interval: 2 }).toBe(1);
    // Lets the first byte of the body arrive.
    for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
    clock.advance(5_000);
    expect(reasonOf(await pending)).toBe("timeout");
    await expect.poll(() => closed, { interval: 2 }).toBe(true);
  });

  it("REQ-6: covers DNS", async () => {
    let asked = 0;
    const resolve: Resolve = () => {
      asked++;
      return new Promise(() => undefined);
    };
    expect(await expectTimeout("http://app.example/", () => asked === 1, { resolve })).toBe(
      "timeout: No connection could be made in time.",
    );
  });

  it("REQ-6: covers a TLS handshake that never ends", async () => {
    let hello = 0;
    const url = await raw((socket) => void socket.once("data", () => hello++));
    expect(await expectTimeout(url.replace("http:", "https:"), () => hello === 1)).toMatch(/^timeout/);
  });

  it("REQ-6: covers waiting for a free connection; a request that timed out while waiting is never sent", async () => {
    const held: ServerResponse[] = [];
    const server = await http((_, response) => held.push(response));
    const clock = new VirtualClock();
    const one = fetcher({ clock, limits: { socketsPerOrigin: 1 } });
    const first = one.fetch(get(`${server.url}first`), { ...INWARD_OK, deadlineMs: 60_000 });
    await expect.poll(() => held.length, { interval: 2 }).toBe(1);
    const second = one.fetch(get(`${server.url}second`), INWARD_OK);
    clock.advance(5_000);
    expect(reasonOf(await second)).toBe("timeout");
    held[0]?.end("{}");
    expect(reasonOf(await first)).toBe("answer 200");
    const third = one.fetch(get(`${server.url}third`), INWARD_OK);
    await expect.poll(() => held.length, { interval: 2 }).toBe(2);
    held[1]?.end();
    await third;
    expect(server.requests.map(({ url }) => url)).toEqual(["/first", "/third"]);
  });

  it("a timely answer leaves no timer behind", async () => {
    const clock = new VirtualClock();
    const server = await http((_, response) => answer(response, "{}"));
    expect(reasonOf(await fetcher({ clock }).fetch(get(server.url), INWARD_OK))).toBe("answer 200");
    expect(clock.step()).toBe(false);
  });
});

describe("REQ-8: answers that are too large", () => {
  const KIB_64 = 64 * 1024;

  it("REQ-8: 64 KiB are accepted, one byte more is not", async () => {
    const server = await http((request, response) => answer(response, Buffer.alloc(Number(request.url?.slice(1)), 32)));
    const { outcome } = await fetcher().fetch(get(`${server.url}${KIB_64}`), INWARD_OK);
    expect(outcome.ok && outcome.body.length).toBe(KIB_64);
    expect(reasonOf(await fetcher().fetch(get(`${server.url}${KIB_64 + 1}`), INWARD_OK))).toBe("too_large");
  });

  it("REQ-8: a body without a stated length is counted as it arrives", async () => {
    const server = await http((_, response) => {
      response.writeHead(200);
      const more = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(8192))) continue;
      };
      response.on("drain", more).on("error", () => undefined);
      more();
    });
    expect(reasonOf(await fetcher().fetch(get(server.url), INWARD_OK))).toBe("too_large");
  });

  it("REQ-8: compression that was not asked for is not undone: a bomb is just its few bytes", async () => {
    const bomb = gzipSync(Buffer.alloc(10 * 1024 * 1024));
    const server = await http((_, response) => response.writeHead(200, { "content-encoding": "gzip" }).end(bomb));
    const { outcome } = await fetcher().fetch(get(server.url), INWARD_OK);
    expect(outcome.ok && outcome.body.length).toBeLessThan(KIB_64);
  });

  it("headers beyond 16 KiB are too large", async () => {
    const url = await raw((socket) => {
      socket.once("data", () => socket.end(`HTTP/1.1 200 OK\r\n${`x: ${"y".repeat(1000)}\r\n`.repeat(40)}\r\n`));
    });
    expect(reasonOf(await fetcher().fetch(get(url), INWARD_OK))).toBe("too_large");
  });

  it("a download has its own limit, and keeps the bytes", async () => {
    const bytes = Buffer.from([0, 255, 1, 254]);
    const server = await http((_, response) => answer(response, bytes, "audio/wav"));
    const one = fetcher();
    expect(await one.download(get(server.url), 4, INWARD_OK)).toEqual({
      ok: true,
      status: 200,
      contentType: "audio/wav",
      validators: { etag: null, lastModified: null },
      body: bytes,
    });
    expect(await one.download(get(server.url), 3, INWARD_OK)).toMatchObject({ ok: false, reason: "too_large" });
  });

  it("a download reports its validators, and a 304 is an answer without a body", async () => {
    const server = await http((request, response) => {
      response.setHeader("etag", '"v1"').setHeader("last-modified", "Mon, 05 Jan 2026 10:00:00 GMT");
      if (request.headers["if-none-match"] === '"v1"') response.writeHead(304).end();
      else answer(response, Buffer.from("sound"), "audio/wav");
    });
    const validators = { etag: '"v1"', lastModified: "Mon, 05 Jan 2026 10:00:00 GMT" };
    const one = fetcher();
    expect(await one.download(get(server.url), 5, INWARD_OK)).toMatchObject({ status: 200, validators });
    const again = { ...get(server.url), headers: { "if-none-match": '"v1"' } };
    expect(await one.download(again, 5, INWARD_OK)).toMatchObject({ status: 304, validators, body: Buffer.alloc(0) });
  });
});

describe("hostile and broken servers", () => {
  it("a closed port is refused", async () => {
    const server = createTcpServer();
    const port = await listen(server);
    await new Promise((resolve) => server.close(resolve));
    expect(reasonOf(await fetcher().fetch(get(`http://127.0.0.1:${port}/`), INWARD_OK))).toBe("refused");
  });

  it.each([
    ["closes at once", ""],
    ["closes in the middle of the headers", "HTTP/1.1 200 OK\r\ncontent-"],
    ["closes before the length it stated", "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{}"],
    ["closes in the middle of a chunk", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n10\r\n{}"],
    ["does not speak HTTP", "SSH-2.0-OpenSSH_9.9\r\n"],
    ["states two lengths", "HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}"],
    ["switches protocols unasked", "HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n"],
  ])("a server that %s resets", async (_, text) => {
    const url = await raw((socket) => void socket.once("data", () => socket.end(text)));
    expect(reasonOf(await fetcher().fetch(get(url), INWARD_OK))).toBe("reset");
  });

  it("more body than stated is not read as the next answer", async () => {
    let n = 0;
    const extra = "HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\npoison";
    const url = await raw((socket) => {
      socket.on("data", () => socket.write(`HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}${++n === 1 ? extra : ""}`));
    });
    const one = fetcher();
    await one.fetch(get(url), INWARD_OK);
    const { outcome } = await one.fetch(get(url), INWARD_OK);
    expect(outcome.ok && outcome.body).toBe("{}");
  });

  it("interim answers are not the answer", async () => {
    const url = await raw((socket) => {
      socket.once("data", () =>
        socket.end("HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"),
      );
    });
    expect(reasonOf(await fetcher().fetch(get(url), INWARD_OK))).toBe("answer 200");
  });

  it("an idle connection that the server closes just as it is used again does not lose an answer", async () => {
    const url = await raw((socket, connection) => {
      let n = 0;
      socket.on("data", () => {
        if (++n === 1) socket.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}");
        else if (connection === 1) socket.destroy();
      });
    });
    const one = fetcher();
    expect(reasonOf(await one.fetch(get(url), INWARD_OK))).toBe("answer 200");
    expect(reasonOf(await one.fetch(get(url), INWARD_OK))).toBe("answer 200");
  });

  it("a fresh connection that is reset is not tried again: the server may have acted", async () => {
    let requests = 0;
    const url = await raw((socket) => {
      socket.once("data", () => {
        requests++;
        socket.destroy();
      });
    });
    expect(reasonOf(await fetcher().fetch(get(url), INWARD_OK))).toBe("reset");
    expect(requests).toBe(1);
  });

  it("limits the requests to one origin, and the connections in all", async () => {
    const server = await http(() => undefined);
    const other = await http((_, response) => answer(response, "{}"));
    const clock = new VirtualClock();
    const one = fetcher({ clock, limits: { requestsPerOrigin: 2, sockets: 2 } });
    const held = [one.fetch(get(server.url), INWARD_OK), one.fetch(get(server.url), INWARD_OK)];
    await expect.poll(() => server.requests.length, { interval: 2 }).toBe(2);
    expect(reasonOf(await one.fetch(get(server.url), INWARD_OK))).toBe("refused");
    expect(reasonOf(await one.fetch(get(other.url), INWARD_OK))).toBe("refused");
    clock.advance(5_000);
    expect((await Promise.all(held)).map(reasonOf)).toEqual(["timeout", "timeout"]);
    await expect
      .poll(async () => reasonOf(await one.fetch(get(other.url), INWARD_OK)), { interval: 2 })
      .toBe("answer 200");
  });
});

describe("private addresses", () => {
  const names: Resolve = (host) =>
    Promise.resolve(
      host === "mixed.example"
        ? [
            { address: "1.1.1.1", family: 4 },
            { address: "10.0.0.1", family: 4 },
          ]
        : [{ address: "127.0.0.1", family: 4 }],
    );

  it.each(["127.0.0.1", "2130706433", "0x7f.1", "[::1]", "[::ffff:7f00:1]", "0.0.0.0", "169.254.169.254", "[fe80::1]"])(
    "%s in a URL is blocked, unless the account allows it",
    async (host) => {
      const server = await http((_, response) => answer(response, "{}"));
      expect(reasonOf(await fetcher().fetch(get(`http://${host}:${server.port}/`), GUARDED))).toBe("blocked");
      expect(server.connections()).toBe(0);
    },
  );

  it("a name with a private address is blocked, even if it also has public ones", async () => {
    const server = await http((_, response) => answer(response, "{}"));
    const one = fetcher({ resolve: names });
    expect(reasonOf(await one.fetch(get(`http://app.example:${server.port}/`), GUARDED))).toBe("blocked");
    expect(reasonOf(await one.fetch(get(`http://mixed.example:${server.port}/`), GUARDED))).toBe("blocked");
    expect(server.connections()).toBe(0);
    expect(reasonOf(await one.fetch(get(`http://app.example:${server.port}/`), INWARD_OK))).toBe("answer 200");
  });

  it.each([
    "0.0.0.0",
    "::ffff:10.0.0.1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1",
    "::1",
    "fe80::1%eth0",
    "::ffff:0:7f00:1",
  ])("a name that leads to %s is blocked", async (address) => {
    const resolve: Resolve = () => Promise.resolve([{ address, family: address.includes(":") ? 6 : 4 }]);
    expect(reasonOf(await fetcher({ resolve }).fetch(get("http://app.example/"), GUARDED))).toBe("blocked");
  });

  it("a name that was public a moment ago is checked again for the next connection", async () => {
    const asked: string[] = [];
    const resolve: Resolve = (host) => {
      asked.push(host);
      return Promise.resolve([{ address: asked.length === 1 ? "192.0.3.1" : "127.0.0.1", family: 4 }]);
    };
    const clock = new VirtualClock();
    const one = fetcher({ resolve, clock });
    const pending = one.fetch(get("http://app.example:8009/"), GUARDED);
    await expect.poll(() => asked.length, { interval: 2 }).toBe(1);
    clock.advance(5_000);
    expect(reasonOf(await pending)).toMatch(/timeout|refused/);
    expect(reasonOf(await one.fetch(get("http://app.example:8009/again"), GUARDED))).toMatch(/blocked|timeout/);
    expect(reasonOf(await one.fetch(get("http://app.example:8010/"), GUARDED))).toBe("blocked");
  });

  it.each(["localhost.", "LOCALHOST", "127.0.0.1.", "[::ffff:169.254.169.254]", "[64:ff9b::127.0.0.1]", "0", "127.1"])(
    "%s in a URL is blocked, no matter how it is written",
    async (host) => {
      const resolve: Resolve = () => Promise.resolve([{ address: "127.0.0.1", family: 4 }]);
      expect(reasonOf(await fetcher({ resolve }).fetch(get(`http://${host}/`), GUARDED))).toBe("blocked");
    },
  );

  it("a connection made for an account with that permission is never used for one without it", async () => {
    const server = await http((_, response) => answer(response, "{}"));
    const one = fetcher({ resolve: names });
    const url = `http://app.example:${server.port}/`;
    expect(reasonOf(await one.fetch(get(url), INWARD_OK))).toBe("answer 200");
    expect(reasonOf(await one.fetch(get(url), GUARDED))).toBe("blocked");
  });

  it("the checked address is the one connected to: the name is resolved once per connection", async () => {
    const server = await http((_, response) => answer(response, "{}"));
    let asked = 0;
    // A rebinding name: public the first time, private from then on.
    const resolve: Resolve = () => Promise.resolve([{ address: ++asked === 1 ? "192.0.2.1" : "127.0.0.1", family: 4 }]);
    const clock = new VirtualClock();
    const pending = fetcher({ resolve, clock }).fetch(get(`http://app.example:${server.port}/`), INWARD_OK);
    await expect.poll(() => asked, { interval: 2 }).toBe(1);
    for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
    clock.advance(5_000);
    expect(reasonOf(await pending)).toMatch(/timeout|refused/);
    expect([asked, server.connections()]).toEqual([1, 0]);
  });

  it("a redirect to a private address is not followed", async () => {
    const inner = await http((_, response) => answer(response, "secret"));
    const server = await http((_, response) => response.writeHead(307, { location: inner.url }).end());
    expect(reasonOf(await fetcher().fetch(get(server.url), INWARD_OK))).toBe("answer 307");
    expect(inner.connections()).toBe(0);
  });

  it.each([
    ["does not exist", Object.assign(new Error("x"), { code: "ENOTFOUND" }), "The host name does not exist."],
    ["has silent name servers", Object.assign(new Error("x"), { code: "ETIMEOUT" }), "The name server did not answer."],
    ["cannot be resolved for another reason", new Error("secret inside"), "The host name could not be resolved."],
  ])("a name that %s is a DNS failure", async (_, error, detail) => {
    const { outcome } = await fetcher({ resolve: () => Promise.reject(error) }).fetch(
      get("http://app.example/"),
      GUARDED,
    );
    expect(outcome).toEqual({ ok: false, reason: "dns", detail });
  });

  it("a name without addresses is a DNS failure", async () => {
    expect(
      reasonOf(await fetcher({ resolve: () => Promise.resolve([]) }).fetch(get("http://a.example/"), GUARDED)),
    ).toBe("dns");
  });
});

describe("TLS", () => {
  const names: Resolve = () => Promise.resolve([{ address: "127.0.0.1", family: 4 }]);
  const secured = async (host: string) => {
    const pair = selfSigned(host);
    const port = await listen(createHttpsServer(pair, (_, response) => answer(response, "{}")));
    return { port, ca: pair.cert };
  };

  it("a certificate of an authority we know, for that name, is accepted; its connection is reused", async () => {
    const { port, ca } = await secured("app.example");
    const one = fetcher({ resolve: names, ca });
    expect(reasonOf(await one.fetch(get(`https://app.example:${port}/`), INWARD_OK))).toBe("answer 200");
    expect(reasonOf(await one.fetch(get(`https://app.example:${port}/`), INWARD_OK))).toBe("answer 200");
  });

  it("a self-signed certificate, another host's, or no TLS at all is a TLS failure", async () => {
    const { port, ca } = await secured("app.example");
    const plain = await http((_, response) => answer(response, "{}"));
    expect(reasonOf(await fetcher({ resolve: names }).fetch(get(`https://app.example:${port}/`), INWARD_OK))).toBe(
      "tls",
    );
    const one = fetcher({ resolve: names, ca });
    expect(reasonOf(await one.fetch(get(`https://other.example:${port}/`), INWARD_OK))).toBe("tls");
    expect(reasonOf(await one.fetch(get(`https://app.example:${plain.port}/`), INWARD_OK))).toBe("tls");
  });
});

describe("audio checks", () => {
  it("RES-27: HEAD, without a body", async () => {
    const server = await http((_, response) => response.writeHead(200, { "content-type": "audio/wav" }).end());
    const { outcome } = await fetcher().checkAudio(server.url, INWARD_OK);
    expect(outcome).toEqual({ ok: true, status: 200, contentType: "audio/wav", body: "" });
    expect(server.requests.map(({ method }) => method)).toEqual(["HEAD"]);
  });

  it.each([405, 501, 400, 403, 404, 500, 204, 302])(
    "C4: a HEAD answered with %i proves nothing: GET decides, and its body is not read (RES-27)",
    async (status) => {
      let closed = false;
      const server = await http((request, response) => {
        if (request.method === "HEAD") {
          response.writeHead(status).end();
          return;
        }
        response.on("close", () => (closed = true)).on("error", () => undefined);
        response.writeHead(200, { "content-type": "audio/wav", "content-length": "100000000" }).write("RIFF");
      });
      const { outcome } = await fetcher().checkAudio(server.url, INWARD_OK);
      expect(outcome).toEqual({ ok: true, status: 200, contentType: "audio/wav", body: "" });
      expect(server.requests.map(({ method }) => method)).toEqual(["HEAD", "GET"]);
      await expect.poll(() => closed, { interval: 2 }).toBe(true);
    },
  );

  it("C4: a HEAD that is never answered leaves GET the time to decide (RES-27)", async () => {
    const clock = new VirtualClock();
    const server = await http((request, response) => {
      if (request.method !== "HEAD") answer(response, "RIFF", "audio/wav");
    });
    const pending = fetcher({ clock }).checkAudio(server.url, INWARD_OK);
    await expect.poll(() => server.requests.length, { interval: 2 }).toBe(1);
    clock.advance(2_000);
    expect(reasonOf(await pending)).toBe("answer 200");
    expect(server.requests.map(({ method }) => method)).toEqual(["HEAD", "GET"]);
  });

  it("RES-27: a HEAD that is only slow still counts, if GET is no faster", async () => {
    const clock = new VirtualClock();
    const server = await http((request, response) => {
      if (request.method === "HEAD") setTimeout(() => response.writeHead(200, { "content-type": "audio/x" }).end(), 50);
    });
    const pending = fetcher({ clock }).checkAudio(server.url, INWARD_OK);
    await expect.poll(() => server.requests.length, { interval: 2 }).toBe(1);
    clock.advance(2_000);
    expect((await pending).outcome).toMatchObject({ status: 200, contentType: "audio/x" });
  });

  it("C4: a HEAD whose connection is closed leaves GET to decide (RES-27)", async () => {
    const server = await http((request, response) => {
      if (request.method === "HEAD") request.socket.destroy();
      else answer(response, "RIFF", "audio/wav");
    });
    expect(reasonOf(await fetcher().checkAudio(server.url, INWARD_OK))).toBe("answer 200");
  });

  it("RES-27: the answer to GET decides", async () => {
    const server = await http((_, response) => response.writeHead(404).end());
    expect(reasonOf(await fetcher().checkAudio(server.url, INWARD_OK))).toBe("answer 404");
    expect(server.requests.map(({ method }) => method)).toEqual(["HEAD", "GET"]);
  });

  it("RES-27: HEAD and GET share the deadline, and the guard", async () => {
    const clock = new VirtualClock();
    const server = await http((request, response) => {
      if (request.method !== "HEAD") return;
      clock.advance(4_000);
      response.writeHead(405).end();
    });
    const pending = fetcher({ clock }).checkAudio(server.url, INWARD_OK);
    await expect.poll(() => server.requests.length, { interval: 2 }).toBe(2);
    clock.advance(1_000);
    expect(await pending).toMatchObject({ outcome: { ok: false, reason: "timeout" }, elapsedMs: 5_000 });
    expect(reasonOf(await fetcher().checkAudio(server.url, GUARDED))).toBe("blocked");
    expect(server.requests).toHaveLength(2);
  });
});

describe("several accounts", () => {
  const names: Resolve = () => Promise.resolve([{ address: "127.0.0.1", family: 4 }]);
  const OTHER: FetchOptions = { ...INWARD_OK, account: "other" };

  it("A4: an account that names a new host in every request leaves the others their connections", async () => {
    const server = await http((_, response) => answer(response, "{}"));
    const one = fetcher({ resolve: names, limits: { sockets: 8, socketsPerAccount: 6 } });
    for (let i = 0; i < 40; i++)
      expect(reasonOf(await one.fetch(get(`http://h${i}.example:${server.port}/`), INWARD_OK))).toBe("answer 200");
    expect(one.usage.sockets).toBeLessThanOrEqual(6);
    expect(reasonOf(await one.fetch(get(server.url), OTHER))).toBe("answer 200");
    expect(one.usage.refused).toBe(0);
  });

  it("A4: when all connections are taken, idle ones of the account that holds the most are closed first", async () => {
    const server = await http((_, response) => answer(response, "{}"));
    const one = fetcher({ resolve: names, limits: { sockets: 4, socketsPerAccount: 4 } });
    await one.fetch(get(server.url), OTHER);
    for (let i = 0; i < 3; i++) await one.fetch(get(`http://h${i}.example:${server.port}/`), INWARD_OK);
    const third = { ...INWARD_OK, account: "third" };
    expect(reasonOf(await one.fetch(get(server.url), third))).toBe("answer 200");
    const before = server.connections();
    await one.fetch(get(server.url), OTHER);
    expect(server.connections()).toBe(before);
  });

  it("M9: hosts that hang cost their own account its share, and others nothing", async () => {
    const warnings: object[] = [];
    const log = { ...silentLog, warn: (fields: object) => void warnings.push(fields) };
    const silent = await http(() => undefined);
    const server = await http((_, response) => answer(response, "{}"));
    const one = fetcher({ log, resolve: names, limits: { sockets: 8, socketsPerAccount: 6, requestsPerAccount: 7 } });
    const held = Array.from({ length: 6 }, (_, i) => one.fetch(get(`http://h${i}.example:${silent.port}/`), INWARD_OK));
    await expect.poll(() => silent.requests.length, { interval: 2 }).toBe(6);
    const seventh = await one.fetch(get(`http://h7.example:${silent.port}/`), INWARD_OK);
    const detail = "The account already has 6 connections open, all in use.";
    expect(seventh.outcome).toEqual({ ok: false, reason: "refused", detail });
    expect(reasonOf(await one.fetch(get(server.url), OTHER))).toBe("answer 200");
    expect(warnings).toEqual([{ account: "acme", reason: detail, refused: 1 }]);
    await one.close();
    expect((await Promise.all(held)).map(reasonOf)).toEqual(Array.from({ length: 6 }, () => "reset"));
  });

  it("M9: an account also has its share of the waiting requests", async () => {
    const silent = await http(() => undefined);
    const one = fetcher({ limits: { requestsPerAccount: 2, requests: 3 } });
    const held = [one.fetch(get(silent.url), INWARD_OK), one.fetch(get(`${silent.url}b`), INWARD_OK)];
    const refused = await one.fetch(get(silent.url), INWARD_OK);
    expect(refused.outcome).toMatchObject({ detail: "2 requests of this account are already running." });
    held.push(one.fetch(get(silent.url), OTHER));
    const full = await one.fetch(get(silent.url), OTHER);
    expect(full.outcome).toMatchObject({ detail: "3 requests are already running." });
    await one.close();
    await Promise.all(held);
  });

  it("M9: thousands of host names that lead nowhere leave nothing behind", async () => {
    const resolve: Resolve = () => Promise.reject(Object.assign(new Error("x"), { code: "ENOTFOUND" }));
    const one = fetcher({ resolve });
    for (let i = 0; i < 2_000; i += 100)
      await Promise.all(
        Array.from({ length: 100 }, (_, j) =>
          one.fetch(get(`http://h${i + j}.example/`), { ...INWARD_OK, account: `${j}` }),
        ),
      );
    expect(one.usage).toEqual({ sockets: 0, requests: 0, pools: 0, refused: 0 });
  });
});

it("closing ends running requests, and nothing is sent afterwards", async () => {
  const server = await http(() => undefined);
  const one = new Fetcher({ version: "1", log: silentLog });
  const pending = one.fetch(get(server.url), INWARD_OK);
  await expect.poll(() => server.requests.length, { interval: 2 }).toBe(1);
  await one.close();
  expect(reasonOf(await pending)).toBe("reset");
  expect(reasonOf(await one.fetch(get(server.url), INWARD_OK))).toBe("reset");
});

it("REQ-2: neither credentials nor queries reach the log", async () => {
  const lines: string[] = [];
  const note = (fields: object, message: string): void => void lines.push(JSON.stringify(fields) + message);
  const log = { debug: note, info: note, warn: note, error: note };
  const one = fetcher({ log });
  vi.spyOn(console, "log").mockImplementation(() => undefined);
  for (const url of ["http://user:hunter2@127.0.0.1/a?q=hunter2", "http://user:hunter2@[::1]:1/?hunter2", "hunter2://"])
    await one.fetch({ ...get(url), authorization: "Basic hunter2" }, GUARDED);
  expect(lines.length).toBeGreaterThan(0);
  expect(lines.filter((line) => line.includes("hunter2"))).toEqual([]);
  vi.restoreAllMocks();
});

it("tells of each request that is over: purpose, host, class of the status or why there was none", async () => {
  const { url, port } = await http((request, response) =>
    response.writeHead(request.url?.startsWith("/no") === true ? 503 : 204).end(),
  );
  const one = fetcher();
  const ended: EndedRequest[] = [];
  one.onEnded((request) => ended.push(request));
  const get = (target: string): OutboundRequest => ({ method: "GET", url: target, headers: {}, authorization: null });
  await one.fetch(get(url), INWARD_OK);
  await one.fetch(get(`${url}no?secret=1`), { ...INWARD_OK, purpose: "dial_event" });
  await one.fetch(get(url), GUARDED);
  await one.fetch(get("nonsense"), INWARD_OK);
  const host = `127.0.0.1:${port}`;
  expect(ended).toMatchObject([
    { purpose: "connect", host, result: "2xx" },
    { purpose: "dial_event", host, result: "5xx" },
    { purpose: "connect", host, result: "blocked" },
    { purpose: "connect", host: null, result: "bad_url" },
  ]);
  expect(ended.every(({ elapsedMs }) => elapsedMs >= 0 && elapsedMs < 5000)).toBe(true);
});
