// `node scripts/complete-lock.mjs`: after a change of dependencies, adds the optional packages of other platforms that the
// registry in use did not offer to package-lock.json. Without them `npm ci` refuses the lock file everywhere.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root, runForeground, runScript, Unmet } from "./ensure.mjs";

/** Names of such packages: `…-linux-x64`, `…-linux-arm64-musl`, `…/darwin-arm64`. */
const platformName =
  /(android|darwin|freebsd|linux|openharmony|win32)-(arm64|arm|x64|ia32|ppc64|riscv64|s390x)(?:-(.+))?$/;

await runScript(async () => {
  const file = join(root, "package-lock.json");
  const lock = JSON.parse(readFileSync(file, "utf8"));
  for (const entry of Object.values(lock.packages)) {
    for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
      lock.packages[`node_modules/${name}`] ??= entryOf(name, version, entry.dev);
    }
  }
  writeFileSync(file, JSON.stringify(lock, null, 2));
  // npm puts the new entries into its own order and form.
  return runForeground(["npm", "install", "--package-lock-only", "--loglevel=error"], { env: process.env });
});

function entryOf(name, version, dev) {
  const [, os, cpu, library] = platformName.exec(name) ?? [];
  if (os === undefined)
    throw new Unmet(
      `${name} is missing in package-lock.json, and its name does not say which platform it is for: add it by hand.`,
    );
  const libc = os === "linux" && library !== undefined ? { libc: [library.startsWith("musl") ? "musl" : "glibc"] } : {};
  return { version, cpu: [cpu], ...(dev ? { dev } : {}), ...libc, optional: true, os: [os] };
}
