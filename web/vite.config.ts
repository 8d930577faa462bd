import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import react from "@vitejs/plugin-react";
import type { Plugin } from "vite";
import { defineConfig } from "vite";

/** The platform that `npm run web` talks to. */
const PLATFORM = process.env["PLUGBOARD_SERVER"] ?? "http://127.0.0.1:8080";
const PROXIED = ["/api", "/v1", "/v2_beta", "/docs", "/healthz", "/readyz", "/metrics"];

/** Browsers that know what the pages use without translation: `light-dark()`, nesting, `color-mix()`. */
const BROWSERS = ["chrome123", "edge123", "firefox121", "safari17.5"];

/** Smaller files gain nothing from compression. */
const LEAST_COMPRESSED_BYTES = 512;
const COMPRESSED = /\.(?:js|css|html|svg|json|wasm)$/;

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react(), compressed()],
  build: {
    outDir: join(import.meta.dirname, "../dist/web"),
    emptyOutDir: true,
    target: BROWSERS,
    cssTarget: BROWSERS,
    // A file inside another could not be kept by browsers, and the policy of the pages allows no `data:`.
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    modulePreload: { polyfill: false },
  },
  worker: { format: "es" },
  server: {
    port: 5173,
    strictPort: true,
    proxy: Object.fromEntries(PROXIED.map((path) => [path, { target: PLATFORM }])),
  },
});

/** Compresses at build time, so that the process that handles calls never does (src/server/api/web-files.ts sends these). */
function compressed(): Plugin {
  return {
    name: "plugboard-compressed",
    apply: "build",
    writeBundle({ dir = "" }, bundle) {
      for (const name of ["index.html", "theme.js", "favicon.svg", ...Object.keys(bundle)]) {
        if (!COMPRESSED.test(name)) continue;
        const body = readFileSync(join(dir, name));
        if (body.length < LEAST_COMPRESSED_BYTES) continue;
        writeFileSync(`${join(dir, name)}.gz`, gzipSync(body, { level: 9 }));
        const params = { [constants.BROTLI_PARAM_QUALITY]: 10, [constants.BROTLI_PARAM_SIZE_HINT]: body.length };
        writeFileSync(`${join(dir, name)}.br`, brotliCompressSync(body, { params }));
      }
    },
  };
}
