import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { extname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

/** Where `npm run build` puts the dashboard; the same place in a checkout and in the published package. */
export const BUILT_WEB = fileURLToPath(new URL("../../../dist/web/", import.meta.url));

/** One file of the dashboard, held in memory: all files are about a megabyte, and no path of a request ever reaches the disk. */
export interface WebFile {
  readonly body: Buffer;
  /** The content as the build compressed it; empty for files that don't shrink. */
  readonly encoded: Readonly<Partial<Record<WebEncoding, Buffer>>>;
  readonly type: string;
  readonly etag: string;
  /** True: the file's name changes with its content. */
  readonly isImmutable: boolean;
}

export type WebEncoding = keyof typeof ENCODINGS;

/** Encodings, best first, with the endings of the build's compressed files. */
export const ENCODINGS = { br: ".br", gzip: ".gz" } as const;

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".woff2": "font/woff2",
  ".wasm": "application/wasm",
  ".wav": "audio/wav",
};

/** Every file of a build by its path in the address, such as `/assets/index-Bx3k.js`; null: there is no build. */
export function readWebFiles(folder: string): ReadonlyMap<string, WebFile> | null {
  if (!existsSync(join(folder, "index.html"))) return null;
  const suffixes = Object.values(ENCODINGS);
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !suffixes.some((suffix) => entry.name.endsWith(suffix)))
    .map((entry) => join(entry.parentPath, entry.name));
  return new Map(files.map((file) => [`/${relative(folder, file).split(sep).join("/")}`, readWebFile(file)]));
}

function readWebFile(file: string): WebFile {
  const body = readFileSync(file);
  const encoded = Object.entries(ENCODINGS)
    .filter(([, suffix]) => existsSync(file + suffix))
    .map(([encoding, suffix]) => [encoding, readFileSync(file + suffix)]);
  return {
    body,
    encoded: Object.fromEntries(encoded) as WebFile["encoded"],
    type: TYPES[extname(file)] ?? "application/octet-stream",
    etag: `"${createHash("sha256").update(body).digest("base64url").slice(0, 22)}"`,
    isImmutable: file.split(sep).includes("assets"),
  };
}
