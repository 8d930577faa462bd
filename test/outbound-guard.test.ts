import { mkdtempSync, rmSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo, Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Clock } from "../src/base/clock.ts";
import type { Log } from "../src/base/log.ts";
import { systemClock } from "../src/base/system-clock.ts";
import { Fetcher } from "../src/edges/http-client/fetcher.ts";
import type { OutboundPurpose } from "../src/edges/http-client/purpose.ts";
import { PURPOSES } from "../src/edges/http-client/purpose.ts";
import type { ResolvedAddress } from "../src/edges/http-client/types.ts";
import { filesUnder, importsOf, isTest, isNode, nodesOf } from "./source.ts";
import type { Outside } from "./support/outbound-senders.ts";
import { SENDERS } from "./support/outbound-senders.ts";

/**
 * The OWASP Server-Side Request Forgery Prevention Cheat Sheet, and known bypasses of such guards, for every purpose of
 * request that the platform makes.
 */

/** Deadlines of 5 and 30 s pass in a tenth of the time. */
const FASTER = 10;
const fast: Clock = {
  now: () => systemClock.now(),
  elapsed: () => systemClock.elapsed() * FASTER,
  after: (ms, run) => systemClock.after(ms / FASTER, run),
};

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** A service inside our network: anything that reaches it is a hole. */
class Inside {
  readonly #servers: Server[] = [];
  readonly requests: string[] = [];
  answer: Answer = (_, response) => response.writeHead(200, { "content-type": "text/plain" }).end("secret");
  port = 0;

  async start(): Promise<void> {
    this.port = await this.#listen("127.0.0.1", 0);
    // The same port on IPv6 loopback, if there is one.
    await this.#listen("::1", this.port).catch(() => 0);
  }

  #listen(host: string, port: number): Promise<number> {
    const server = createServer((request, response) => {
      this.requests.push(request.url ?? "");
      response.on("error", () => undefined);
      this.answer(request, response);
    });
    return new Promise((resolve, reject) => {
      server.on("error", reject).listen(port, host, () => {
        this.#servers.push(server);
        resolve((server.address() as AddressInfo).port);
      });
    });
  }

  async stop(): Promise<void> {
    for (const server of this.#servers) {
      if ("closeAllConnections" in server) (server.closeAllConnections as () => void).call(server);
      await new Promise((resolve) => server.close(resolve));
    }
  }
}

const inside = new Inside();
let folder: string;
let lines: string[] = [];

const write = (fields: object, message: string): void => void lines.push(`${message} ${JSON.stringify(fields)}`);
const log: Log = { debug: write, info: write, warn: write, error: write };

/** Names and what they resolve to at each look-up. */
const NAMES: Readonly<Record<string, readonly (readonly ResolvedAddress[])[]>> = {
  "loopback.example": [[{ address: "127.0.0.1", family: 4 }]],
  "loopback6.example": [[{ address: "::1", family: 6 }]],
  "mapped.example": [[{ address: "::ffff:127.0.0.1", family: 6 }]],
  "metadata.google.internal": [[{ address: "169.254.169.254", family: 4 }]],
  "lan.example": [[{ address: "192.168.1.1", family: 4 }]],
  // One address of each side: it would be chance which one is connected to.
  "mixed.example": [
    [
      { address: "192.0.1.1", family: 4 },
      { address: "127.0.0.1", family: 4 },
    ],
  ],
  localhost: [[{ address: "127.0.0.1", family: 4 }]],
  "localhost.": [[{ address: "127.0.0.1", family: 4 }]],
  // The guard sees one address, and a second look-up would return another (DNS rebinding).
  "rebinding.example": [[{ address: "10.0.0.7", family: 4 }], [{ address: "127.0.0.1", family: 4 }]],
  "public.example": [[{ address: "192.0.1.1", family: 4 }]],
};
const asked: string[] = [];

async function withOutside<T>(allowPrivate: boolean, run: (outside: Outside) => Promise<T>): Promise<T> {
  const times = new Map<string, number>();
  const fetcher = new Fetcher({
    version: "1.0",
    log,
    clock: fast,
    resolve: (host) => {
      asked.push(host);
      const answers = NAMES[host];
      const time = times.get(host) ?? 0;
      times.set(host, time + 1);
      const found = answers?.[Math.min(time, answers.length - 1)];
      return found === undefined
        ? Promise.reject(Object.assign(new Error("no"), { code: "ENOTFOUND" }))
        : Promise.resolve(found);
    },
  });
  const cache = mkdtempSync(join(folder, "cache-"));
  try {
    return await run({ fetcher, clock: fast, allowPrivate, folder: cache });
  } finally {
    await fetcher.close();
  }
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "plugboard-guard-"));
  await inside.start();
});
afterAll(async () => {
  await inside.stop();
  rmSync(folder, { recursive: true });
});
beforeEach(() => {
  inside.requests.length = 0;
  inside.answer = (_, response) => response.writeHead(200, { "content-type": "text/plain" }).end("secret");
  lines = [];
  asked.length = 0;
});

const ALL = Object.keys(PURPOSES) as OutboundPurpose[];
const CUSTOMERS = ALL.filter((purpose) => PURPOSES[purpose] === "customer");

/** Every spelling of an internal address; PORT is where the service inside listens. */
const INWARD: readonly string[] = [
  // Loopback, in the forms that URL parsers read as addresses.
  "http://127.0.0.1:PORT/",
  "http://127.0.0.1.:PORT/",
  "http://127.1:PORT/",
  "http://127.0.1:PORT/",
  "http://2130706433:PORT/",
  "http://0x7f000001:PORT/",
  "http://0x7f.0.0.1:PORT/",
  "http://0177.0.0.1:PORT/",
  "http://0177.0x0.0.1:PORT/",
  "http://017700000001:PORT/",
  "http://127.0.0.01:PORT/",
  "http://127.127.127.127:PORT/",
  "http://0:PORT/",
  "http://0.0.0.0:PORT/",
  "http://①②⑦.⓪.⓪.①:PORT/",
  "http://１２７.0.0.1:PORT/",
  "http://127。0。0。1:PORT/",
  "http://127%2e0%2e0%2e1:PORT/",
  "http://%31%32%37.0.0.1:PORT/",
  // IPv6, and forms that carry IPv4.
  "http://[::1]:PORT/",
  "http://[0:0:0:0:0:0:0:1]:PORT/",
  "http://[::]:PORT/",
  "http://[::ffff:127.0.0.1]:PORT/",
  "http://[::ffff:7f00:1]:PORT/",
  "http://[::127.0.0.1]:PORT/",
  "http://[64:ff9b::7f00:1]:PORT/",
  "http://[::ffff:0:7f00:1]:PORT/",
  "http://[2002:7f00:1::]:PORT/",
  "http://[2001:0:7f00:1::1]:PORT/",
  "http://[fc00::1]:PORT/",
  "http://[fe80::1]:PORT/",
  "http://[fec0::1]:PORT/",
  "http://[ff02::1]:PORT/",
  // Private networks, and cloud metadata services.
  "http://10.0.0.1/",
  "http://172.16.0.1/",
  "http://192.168.0.1/",
  "http://100.64.0.1/",
  "http://198.18.0.1/",
  "http://192.0.0.192/",
  "http://169.254.169.254/latest/meta-data/",
  "http://0xa9fea9fe/latest/meta-data/",
  "http://[::ffff:a9fe:a9fe]/latest/meta-data/",
  "http://[fd00:ec2::254]/latest/meta-data/",
  "http://100.100.100.200/latest/meta-data/",
  "http://255.255.255.255/",
  "http://224.0.0.1/",
  // By name.
  "http://localhost:PORT/",
  "http://LOCALHOST:PORT/",
  "http://localhost.:PORT/",
  "http://loopback.example:PORT/",
  "http://loopback6.example:PORT/",
  "http://mapped.example:PORT/",
  "http://mixed.example:PORT/",
  "http://rebinding.example:PORT/",
  "http://lan.example/",
  "http://metadata.google.internal/computeMetadata/v1/",
  // Userinfo and separators, read differently by different parsers.
  "http://public.example@127.0.0.1:PORT/",
  "http://public.example:80@127.0.0.1:PORT/",
  "http://user:pass@127.0.0.1:PORT/",
  "http://public.example%40127.0.0.1:PORT@127.0.0.1:PORT/",
  "http://a@public.example@127.0.0.1:PORT/",
  "http://127.0.0.1:PORT#@public.example/",
  "http://127.0.0.1:PORT?@public.example/",
  "http://127.0.0.1:PORT\\@public.example/",
  "http:\\\\127.0.0.1:PORT/",
  "http:/127.0.0.1:PORT/",
  "http:127.0.0.1:PORT/",
  "http:////127.0.0.1:PORT/",
  " http://127.0.0.1:PORT/",
  "http://127.0.0.\t1:PORT/",
  "ht\ntp://127.0.0.1:PORT/",
  "HTTP://127.0.0.1:PORT/",
  "https://127.0.0.1:PORT/",
  "http://127.0.0.1:PORT/\r\nHost: public.example",
];

/** Other protocols, and texts that are no URL at all. */
const NO_HTTP: readonly string[] = [
  "file:///etc/passwd",
  "ftp://127.0.0.1:PORT/",
  "gopher://127.0.0.1:PORT/_GET%20/",
  "dict://127.0.0.1:PORT/info",
  "ldap://127.0.0.1:PORT/",
  "sftp://127.0.0.1:PORT/",
  "tftp://127.0.0.1:PORT/x",
  "jar:http://127.0.0.1:PORT!/",
  "netdoc:///etc/passwd",
  "data:text/plain,secret",
  "javascript:alert(1)",
  "blob:http://127.0.0.1:PORT/x",
  "ws://127.0.0.1:PORT/",
  "view-source:http://127.0.0.1:PORT/",
  "//127.0.0.1:PORT/",
  "127.0.0.1:PORT",
  "/etc/passwd",
  "http://",
  "http://256.256.256.256/",
  "http://[::1/",
  "http://public.example:99999/",
  "",
];

/** Services that understand enough of an HTTP request to be misused. */
const PORTS = [0, 22, 25, 53, 110, 143, 389, 465, 587, 993, 2049, 5060, 5061, 6000, 6667];

async function outcomes(purpose: OutboundPurpose, urls: readonly string[]): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  await withOutside(false, async (outside) => {
    for (const url of urls) {
      const target = url.replaceAll("PORT", String(inside.port));
      found[url] = await SENDERS[purpose](target, outside).catch((error: unknown) => `threw ${String(error)}`);
    }
  });
  return found;
}

describe.each(CUSTOMERS)("OWASP: a URL that a customer names for %s", (purpose) => {
  it("never leads to an internal address, however it is written", async () => {
    const found = await outcomes(purpose, INWARD);
    expect(Object.entries(found).filter(([, word]) => word !== "blocked" && word !== "bad_url")).toEqual([]);
    expect(inside.requests).toEqual([]);
  });

  it("may only be http or https", async () => {
    const found = await outcomes(purpose, NO_HTTP);
    expect(Object.entries(found).filter(([, word]) => word !== "bad_url")).toEqual([]);
    expect(inside.requests).toEqual([]);
    expect(asked).toEqual([]);
  });

  it("never reaches the port of another service", async () => {
    const found = await outcomes(
      purpose,
      PORTS.map((port) => `http://public.example:${port}/`),
    );
    expect(Object.entries(found).filter(([, word]) => word !== "blocked")).toEqual([]);
    expect(asked, "not even the name is looked up").toEqual([]);
  });

  it("is counted, and logged without its credentials, if it leads to an internal address", async () => {
    await withOutside(false, async (outside) => {
      for (let i = 0; i < 5; i += 1) await SENDERS[purpose]("http://user:hunter2@10.0.0.1/?token=hunter2", outside);
      expect(outside.fetcher.blocked.get(purpose)).toBeGreaterThanOrEqual(5);
    });
    const blocked = lines.filter((line) => line.startsWith("a request was not sent"));
    expect(blocked).toHaveLength(1);
    expect(blocked[0]).toContain(`"purpose":"${purpose}"`);
    expect(lines.join("\n")).not.toContain("hunter2");
  });
});

/** 40 MB of zeros, compressed once for all who ask. */
const BOMB = gzipSync(Buffer.alloc(40_000_000));

/** Answers meant to harm the client. Each is given another address to send the client to. */
const HOSTILE: readonly (readonly [name: string, answer: (elsewhere: string) => Answer])[] = [
  ...[301, 302, 303, 307, 308].map(
    (status) =>
      [
        `redirects with ${status}`,
        (elsewhere: string): Answer =>
          (_, response) =>
            response.writeHead(status, { location: elsewhere }).end(),
      ] as const,
  ),
  [
    "redirects by Refresh, Content-Location, Link and Alt-Svc",
    (elsewhere) => (_, response) =>
      response
        .writeHead(200, {
          refresh: `0;url=${elsewhere}`,
          "content-location": elsewhere,
          link: `<${elsewhere}>; rel=preload`,
          "alt-svc": `h2="${new URL(elsewhere).host}"`,
          "content-type": "text/plain",
        })
        .end("x"),
  ],
  ["redirects to a file", () => (_, response) => response.writeHead(302, { location: "file:///etc/passwd" }).end()],
  [
    "is a gzip bomb",
    () => (_, response) =>
      response.writeHead(200, { "content-type": "application/json", "content-encoding": "gzip" }).end(BOMB),
  ],
  ["says it is huge", () => (_, response) => response.writeHead(200, { "content-length": "99999999999" }).write("x")],
  [
    "never ends",
    () => (request, response) => {
      response.writeHead(200, { "content-type": "audio/wav" });
      const chunk = Buffer.alloc(65_536);
      const more = (): void => {
        if (!response.destroyed && response.write(chunk)) setImmediate(more);
      };
      request.socket.on("error", () => undefined);
      response.on("drain", more);
      more();
    },
  ],
  [
    "has 100 KiB of headers",
    () => (_, response) => {
      response
        .writeHead(200, Object.fromEntries(Array.from({ length: 100 }, (__, i) => [`x-${i}`, "y".repeat(1024)])))
        .end();
    },
  ],
  ["is not HTTP", () => (request) => void request.socket.end("220 smtp.example ESMTP\r\n")],
  [
    "ends in the middle",
    () => (request, response) => {
      response.writeHead(200, { "content-length": "100" }).write("x");
      setTimeout(() => request.socket.destroy(), 5);
    },
  ],
];

/** Those that every purpose waits for until its deadline: at the same time. */
const SLOW: typeof HOSTILE = [
  ["never begins", () => () => undefined],
  [
    "comes one byte at a time",
    () => (_, response) => {
      response.writeHead(200, { "content-type": "application/json" });
      const timer = setInterval(() => response.write(" "), 5);
      response.on("close", () => clearInterval(timer));
    },
  ],
  [
    "has endless early hints",
    () => (_, response) => {
      const timer = setInterval(() => response.writeEarlyHints({ link: "</x>; rel=preload" }), 5);
      response.on("close", () => clearInterval(timer));
    },
  ],
];

/** For all purposes together. Decoded, the bomb alone would be 40 MB for each; a download may be at most 20 MiB (speech). */
const MAX_GROWTH_BYTES = 300_000_000;

describe("OWASP: an answer", () => {
  const title = "that %s leads nowhere else, and costs bounded time and memory, for every purpose";
  const isHarmless = async (_: string, answer: (elsewhere: string) => Answer): Promise<void> => {
    const before = process.memoryUsage().rss;
    const seen = await Promise.all(ALL.map(async (purpose) => [purpose, await harmed(purpose, answer)] as const));
    expect(seen.filter(([, { sent, elsewhere }]) => sent === 0 || elsewhere > 0)).toEqual([]);
    expect(process.memoryUsage().rss - before).toBeLessThan(MAX_GROWTH_BYTES);
  };
  it.each(HOSTILE)(title, isHarmless);
  it.concurrent.each(SLOW)(title, isHarmless);
});

/** How many requests came to a server with that answer, and to the place where it would send a client. */
async function harmed(purpose: OutboundPurpose, answer: (elsewhere: string) => Answer) {
  const [server, elsewhere] = [new Inside(), new Inside()];
  await Promise.all([server.start(), elsewhere.start()]);
  try {
    server.answer = answer(`http://127.0.0.1:${elsewhere.port}/`);
    await withOutside(true, (outside) => SENDERS[purpose](`http://127.0.0.1:${server.port}/x`, outside));
    return { sent: server.requests.length, elsewhere: elsewhere.requests.length };
  } finally {
    await Promise.all([server.stop(), elsewhere.stop()]);
  }
}

describe.each(ALL)("OWASP: a request for %s", (purpose) => {
  it("carries the credentials of its URL in a header, and no log line has them", async () => {
    const seen: (string | undefined)[] = [];
    inside.answer = (request, response) => {
      seen.push(request.headers.authorization, request.url);
      response.writeHead(200, { "content-type": "text/plain" }).end("x");
    };
    await withOutside(true, (outside) => SENDERS[purpose](`http://me:hunter2@127.0.0.1:${inside.port}/x`, outside));
    expect(seen[0]).toBe(`Basic ${Buffer.from("me:hunter2").toString("base64")}`);
    expect(seen.filter((text) => text?.includes("hunter2"))).toEqual([]);
    expect(lines.join("\n")).not.toContain("hunter2");
  });

  it("goes out even with a stray % in the credentials", async () => {
    const word = withOutside(true, (outside) => SENDERS[purpose](`http://me:100%@127.0.0.1:${inside.port}/x`, outside));
    await expect(word).resolves.toBeTypeOf("string");
    expect(inside.requests.length).toBeGreaterThan(0);
  });
});

describe("the only way out", () => {
  const source = filesUnder("src", [".ts"]).filter((file) => !isTest(file) && !file.path.includes("/testing/"));
  /** The operator's programs, which talk to their own server, and the other side of the wire. */
  const OWN = [/^src\/(?:cli|client)\//, /^src\/tools\/softphone\//];

  it("is edges/http-client: nothing else in the product makes an HTTP request", () => {
    const clients = ["undici", "node:https", "https", "http", "axios", "got", "node-fetch"];
    const wrong = source
      .filter(({ path }) => !path.startsWith("src/edges/http-client/") && !OWN.some((own) => own.test(path)))
      .flatMap((file) => {
        const imports = importsOf(file).map(({ from }) => from);
        const calls = nodesOf(file).filter(
          ({ type, callee }) => type === "CallExpression" && isNode(callee) && callee["name"] === "fetch",
        );
        return [...imports.filter((from) => clients.includes(from)), ...calls.map(() => "fetch()")].map(
          (what) => `${file.path}: ${what}`,
        );
      });
    expect(wrong).toEqual([]);
  });
});
