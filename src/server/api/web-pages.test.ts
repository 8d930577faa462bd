import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brotliCompressSync, brotliDecompressSync, gunzipSync, gzipSync } from "node:zlib";
import type { FastifyInstance } from "fastify";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { silentLog } from "../../base/log.ts";
import type { ApiOptions } from "./api-options.ts";
import { buildApi } from "./server.ts";
import { accessWithoutStore } from "./testing/access.ts";
import { idleExchange } from "./testing/test-api.ts";

const PAGE = `<!doctype html><title>Plugboard</title>${" ".repeat(1000)}`;
const SCRIPT = `console.log("${"x".repeat(1000)}")`;
const BROWSER = { accept: "text/html,application/xhtml+xml,*/*;q=0.8" };

const folder = mkdtempSync(join(tmpdir(), "plugboard-web-"));
let app: FastifyInstance;
let unbuilt: FastifyInstance;

async function api(webFolder: string): Promise<FastifyInstance> {
  const options = { exchange: idleExchange(), directory: { account: () => undefined }, webFolder, log: silentLog };
  return buildApi({ ...options, access: await accessWithoutStore() } as Partial<ApiOptions> as ApiOptions);
}

beforeAll(async () => {
  mkdirSync(join(folder, "assets"));
  const files = { "index.html": PAGE, "theme.js": "{}", "assets/index-a1.js": SCRIPT, "assets/inter-b2.woff2": "font" };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  writeFileSync(join(folder, "assets/index-a1.js.br"), brotliCompressSync(SCRIPT));
  writeFileSync(join(folder, "assets/index-a1.js.gz"), gzipSync(SCRIPT));
  writeFileSync(join(folder, "..", "secret-beside-the-build"), "secret");
  app = await api(folder);
  unbuilt = await api(join(folder, "nothing"));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
  rmSync(join(folder, "..", "secret-beside-the-build"));
});

describe("the dashboard", () => {
  it.each(["/", "/sign-in", "/a/acme/calls/abc?x=1", "/a/acme/calls/v1.2"])("opens at %s", async (url) => {
    const answer = await app.inject({ url, headers: BROWSER });
    expect([answer.statusCode, answer.headers["content-type"], answer.body]).toEqual([
      200,
      "text/html; charset=utf-8",
      PAGE,
    ]);
    expect(answer.headers["cache-control"]).toBe("no-cache");
  });

  it("lets its pages run only their own files, and be embedded in no other page", async () => {
    const { headers } = await app.inject({ url: "/", headers: BROWSER });
    const policy = String(headers["content-security-policy"]).split("; ");
    expect(policy).toEqual(
      expect.arrayContaining(["default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'"]),
    );
    expect(policy.join(" ")).not.toMatch(/unsafe|data:|https?:|\*/);
    expect(headers).toMatchObject({
      "x-content-type-options": "nosniff",
      "x-frame-options": "DENY",
      "referrer-policy": "same-origin",
      "cross-origin-opener-policy": "same-origin",
    });
  });

  it("lets browsers cache files whose names change with their content indefinitely", async () => {
    const { statusCode, headers, body } = await app.inject("/assets/index-a1.js");
    expect([statusCode, body]).toEqual([200, SCRIPT]);
    expect(headers).toMatchObject({
      "content-type": "text/javascript; charset=utf-8",
      "cache-control": "public, max-age=31536000, immutable",
      vary: "accept-encoding",
    });
    expect((await app.inject("/assets/inter-b2.woff2")).headers["content-type"]).toBe("font/woff2");
  });

  it("sends files as the build compressed them to clients that accept that", async () => {
    const get = (encodings: string) =>
      app.inject({ url: "/assets/index-a1.js", headers: { "accept-encoding": encodings } });
    const [brotli, gzip, neither] = await Promise.all(["gzip, deflate, br;q=1.0", "deflate, gzip", "zstd"].map(get));
    expect(brotliDecompressSync(brotli?.rawPayload ?? "").toString()).toBe(SCRIPT);
    expect(gunzipSync(gzip?.rawPayload ?? "").toString()).toBe(SCRIPT);
    expect(neither?.body).toBe(SCRIPT);
    expect([brotli, gzip, neither].map((each) => each?.headers["content-encoding"])).toEqual(["br", "gzip", undefined]);
  });

  it("does not resend what a browser already has", async () => {
    const { headers } = await app.inject("/theme.js");
    const again = await app.inject({ url: "/theme.js", headers: { "if-none-match": String(headers["etag"]) } });
    expect([again.statusCode, again.body]).toEqual([304, ""]);
    const other = await app.inject({ url: "/theme.js", headers: { "if-none-match": '"other"' } });
    expect([other.statusCode, other.body]).toEqual([200, "{}"]);
  });

  it.each([
    "/assets/index-old.js",
    "/theme.css",
    "/assets/index-a1.js.br",
    "/assets/../index.htm",
    "/%2e%2e/secret-beside-the-build",
    "/..%2fsecret-beside-the-build",
    "/assets/%2e%2e%2f%2e%2e%2fsecret-beside-the-build",
  ])("has nothing at %s", async (url) => {
    const answer = await app.inject({ url, headers: { accept: "*/*" } });
    expect([answer.statusCode, answer.headers["content-type"]]).toEqual([
      404,
      "application/problem+json; charset=utf-8",
    ]);
  });

  it.each(["/api/nothing", "/v1/nothing", "/v2_beta/nothing", "/docs/nothing", "/metrics/nothing", "/healthz/x"])(
    "leaves %s to programs",
    async (url) => {
      const answer = await app.inject({ url, headers: BROWSER });
      expect([answer.statusCode, answer.body.includes("<!doctype")]).toEqual([404, false]);
    },
  );

  it("accepts no request that would change something", async () => {
    expect((await app.inject({ method: "POST", url: "/", headers: BROWSER })).statusCode).toBe(404);
    expect((await app.inject({ method: "HEAD", url: "/", headers: BROWSER })).body).toBe("");
  });
});

describe("a checkout without a built dashboard", () => {
  it("says so, and how to build it", async () => {
    const { statusCode, body, headers } = await unbuilt.inject({ url: "/a/acme", headers: BROWSER });
    expect([statusCode, body]).toEqual([503, expect.stringContaining("npm run build")]);
    expect(headers["content-security-policy"]).toContain("default-src 'none'");
  });

  it("answers programs as usual", async () => {
    expect((await unbuilt.inject("/healthz")).statusCode).toBe(200);
    expect((await unbuilt.inject("/nothing")).statusCode).toBe(404);
  });
});
