import type { FastifyReply, FastifyRequest } from "fastify";
import { pathOf } from "./problem.ts";
import type { WebEncoding, WebFile } from "./web-files.ts";
import { BUILT_WEB, ENCODINGS, readWebFiles } from "./web-files.ts";

/** Allows only content from this platform, and runs nothing that is written into a page. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "font-src 'self'",
  "connect-src 'self'",
  "media-src 'self' blob:",
  "worker-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join("; ");

const SECURITY_HEADERS = {
  "content-security-policy": CONTENT_SECURITY_POLICY,
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "same-origin",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": "camera=(), geolocation=(), payment=(), usb=()",
} as const;

/** Seconds that browsers cache a file whose name changes with its content. */
const YEAR_S = 31_536_000;

/** Paths for programs and for the documentation. */
const NOT_OURS = /^\/(?:api|v\d\w*|docs|healthz|readyz|metrics)(?:\/|$)/;

const NOT_BUILT = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Plugboard</title>
<h1>The dashboard has not been built</h1>
<p>The platform is running, and its API answers. To build the dashboard, run <code>npm run build</code> in the checkout,
then start the platform again. <code>npm start</code> does both.</p>
</html>
`;

/** Answers a request that matched no route; null: it is not for the dashboard. */
export type AnswerPage = (request: FastifyRequest, reply: FastifyReply) => FastifyReply | null;

/**
 * The dashboard: files of the build under their own names, and its one page for every address that a person opens, so that links
 * into it work. Programs' requests and files that don't exist are left to the caller. `folder`: the build.
 */
export function webPages(folder: string = BUILT_WEB): AnswerPage {
  const files = readWebFiles(folder);
  return (request, reply) => {
    const path = pathOf(request);
    if (!["GET", "HEAD"].includes(request.method) || NOT_OURS.test(path)) return null;
    const file = files?.get(path);
    if (file !== undefined) return sendFile(request, reply, file);
    if (!isPage(request, path)) return null;
    const index = files?.get("/index.html");
    if (index !== undefined) return sendFile(request, reply, index);
    return reply.code(503).headers(SECURITY_HEADERS).type("text/html; charset=utf-8").send(NOT_BUILT);
  };
}

/** Browsers request HTML when a person opens an address; scripts, styles and programs don't. */
function isPage({ headers: { accept = "" } }: FastifyRequest, path: string): boolean {
  return path === "/" || (accept.includes("text/html") && !path.startsWith("/assets/"));
}

function sendFile(request: FastifyRequest, reply: FastifyReply, file: WebFile): FastifyReply {
  const { etag, type, isImmutable } = file;
  const caching = isImmutable ? `public, max-age=${YEAR_S}, immutable` : "no-cache";
  void reply.headers({ ...SECURITY_HEADERS, etag, "cache-control": caching, vary: "accept-encoding" }).type(type);
  if (request.headers["if-none-match"] === etag) return reply.code(304).send();
  const encoding = encodingFor(request, file);
  if (encoding === null) return reply.send(file.body);
  return reply.header("content-encoding", encoding).send(file.encoded[encoding]);
}

/** The best encoding that both sides support. */
function encodingFor(request: FastifyRequest, { encoded }: WebFile): WebEncoding | null {
  const accepted = (request.headers["accept-encoding"] ?? "").split(",").map((each) => each.split(";", 1)[0]?.trim());
  const all = Object.keys(ENCODINGS) as WebEncoding[];
  return all.find((encoding) => accepted.includes(encoding) && encoded[encoding] !== undefined) ?? null;
}
