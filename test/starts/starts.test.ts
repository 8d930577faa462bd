import type { ChildProcess } from "node:child_process";
import { spawn, spawnSync } from "node:child_process";
import { cpSync, existsSync, lstatSync, readFileSync, readdirSync } from "node:fs";
import { chmod, mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { freePort, rtpRange } from "../support/ports.ts";

/**
 * `npm start` from the places where people put a clone. The clone is what git would make, with the packages that npm would
 * install and the output of the build: both are done before the tests, as they need the network or a minute.
 */
const REPOSITORY = join(import.meta.dirname, "..", "..");
const root = process.getuid?.() === 0;
/** A user who owns nothing, has no home and may not become root. */
const ORDINARY_UID = 65534;
/** Enough for a new database and three processes on a busy machine. */
const START_LIMIT_MS = 60_000;

interface Case {
  readonly title: string;
  /** Path of the clone below the test's folder. */
  readonly clone: string;
  readonly dataDir?: string;
  /** Mode of all folders created above the clone. */
  readonly folderMode?: number;
  /** Readable only by its owner, as with a umask of 077. */
  readonly private?: boolean;
  readonly uid?: number;
  readonly cloneOwner?: number;
}

const cases: readonly Case[] = [
  { title: "as root below a folder that only root may enter", clone: "closed/clone", folderMode: 0o700 },
  { title: "under a restrictive umask", clone: "clone", private: true },
  { title: "in a folder with spaces and letters of other scripts", clone: "my phones/Übung नमस्ते/clone" },
  { title: "with its data on another file system", clone: "clone", dataDir: "/dev/shm" },
  {
    title: "as an ordinary user",
    clone: "clone",
    uid: ORDINARY_UID,
    cloneOwner: ORDINARY_UID,
  },
  { title: "from a clone that it may only read", clone: "clone", uid: ORDINARY_UID, dataDir: "" },
];

let folder: string;
let packed: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "plugboard-clones-"));
  packed = join(folder, "packed");
  await copyClone(packed);
}, 120_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("npm start", () => {
  let place: string;
  const running: ChildProcess[] = [];
  const folders: string[] = [];

  beforeEach(async () => {
    place = await mkdtemp(join(tmpdir(), "plugboard-place-"));
    await chmod(place, 0o755);
    folders.push(place);
  });
  afterEach(async () => {
    for (const child of running.splice(0)) child.kill("SIGKILL");
    for (const one of folders.splice(0)) await rm(one, { recursive: true, force: true });
  });

  it.each(cases.filter(({ uid }) => root || uid === undefined))("M1: serves $title", async (given) => {
    const clone = join(place, given.clone);
    await mkdir(dirname(clone), { recursive: true, mode: given.folderMode ?? 0o755 });
    await rename(packed, clone);
    try {
      if (given.private === true) sh("chmod", "-R", "go-rwx", clone);
      if (given.cloneOwner !== undefined) sh("chown", "-R", `${given.cloneOwner}:${given.cloneOwner}`, clone);
      const home = await ownFolder(join(tmpdir(), "plugboard-home-"), given.uid);
      folders.push(home);
      const dataDir = await dataFolder(given, home);
      if (dataDir !== null) folders.push(dataDir);
      const flags = dataDir === null ? [] : ["--data", join(dataDir, "data")];
      const { child, url, output } = await start(clone, { uid: given.uid, home, umask: given.private === true }, flags);
      running.push(child);
      expect(url, output()).not.toBeNull();
      expect((await fetch(`${url}/healthz`)).status).toBe(200);
      const data = join(dataDir ?? clone, "data");
      expect(existsSync(join(data, "postgres", "cluster"))).toBe(true);
      expect(openPaths(data), "M11: readable for other users").toEqual([]);
      const ended = new Promise((resolve) => child.once("close", resolve));
      child.kill("SIGTERM");
      await ended;
    } finally {
      if (given.private === true) sh("chmod", "-R", "go+rX", clone);
      if (given.cloneOwner !== undefined) sh("chown", "-R", "0:0", clone);
      await rm(join(clone, "data"), { recursive: true, force: true });
      await rename(clone, packed);
    }
  });
});

/** The data folder; null: the clone's default. */
async function dataFolder({ dataDir, uid }: Case, home: string): Promise<string | null> {
  if (dataDir === undefined) return null;
  return dataDir === "" ? home : ownFolder(join(dataDir, "plugboard-data-"), uid);
}

async function ownFolder(prefix: string, uid: number | undefined): Promise<string> {
  const made = await mkdtemp(prefix);
  if (uid !== undefined) sh("chown", `${uid}:${uid}`, made);
  return made;
}

/** What others could enter or read in a data folder they can reach. For the database: only its folder's content. */
function openPaths(data: string): readonly string[] {
  const inside = readdirSync(data, { recursive: true, encoding: "utf8" });
  // Root's database goes from the cluster to its socket through this folder, whose group has one member.
  const closed = (path: string): number => (path === "postgres" ? 0o067 : 0o077);
  return ["", ...inside]
    .filter((path) => (lstatSync(join(data, path)).mode & closed(path)) !== 0)
    .filter(
      (path) => !lstatSync(join(data, path)).isSymbolicLink() && !path.startsWith(join("postgres", "socket", "")),
    );
}

interface As {
  readonly uid: number | undefined;
  readonly home: string;
  readonly umask: boolean;
}

/** Runs `npm start` until it says that it takes calls, or exits. */
async function start(clone: string, { uid, home, umask }: As, flags: readonly string[]) {
  const ports = ["--http", `127.0.0.1:${await freePort()}`, "--sip", `127.0.0.1:${await freePort()}`];
  const args = ["start", "--", ...ports, "--rtp", await rtpRange(100), "--media-processes", "1", ...flags];
  const own = uid === undefined ? {} : { uid, gid: uid };
  const script = `${umask ? "umask 077; " : ""}exec npm "$@"`;
  const child = spawn("/bin/sh", ["-c", script, "sh", ...args], {
    cwd: clone,
    env: { PATH: pathWithoutTools(), HOME: home, npm_config_cache: join(home, "npm") },
    stdio: ["ignore", "pipe", "pipe"],
    ...own,
  });
  let text = "";
  const url = await new Promise<string | null>((resolve) => {
    const read = (chunk: string): void => {
      text += chunk;
      if (text.includes("first call")) resolve(/^API +(\S+)/m.exec(text)?.[1] ?? null);
    };
    child.stdout.setEncoding("utf8").on("data", read);
    child.stderr.setEncoding("utf8").on("data", read);
    child.once("close", () => resolve(null));
    setTimeout(() => resolve(null), START_LIMIT_MS);
  });
  return { child, url, output: () => text };
}

/** The PATH of an ordinary terminal: this clone's tools must come only from npm. */
function pathWithoutTools(): string {
  return (process.env["PATH"] ?? "")
    .split(":")
    .filter((entry) => !entry.includes("node_modules"))
    .join(":");
}

/** Copies everything that `npm start` needs. */
async function copyClone(target: string): Promise<void> {
  await mkdir(join(target, "node_modules"), { recursive: true });
  const files = ["package.json", "package-lock.json", "tsconfig.json", "tsconfig.build.json", ".npmrc"];
  for (const name of [...files, "scripts", "src", "web", "examples", "dist", "node_modules/.package-lock.json"])
    cpSync(join(REPOSITORY, name), join(target, name), { recursive: true });
  const { packages } = JSON.parse(readFileSync(join(REPOSITORY, "package-lock.json"), "utf8")) as {
    packages: Record<string, { dev?: boolean; devOptional?: boolean }>;
  };
  for (const [path, { dev, devOptional }] of Object.entries(packages)) {
    // Nested packages are copied with those they are nested in.
    if (!/^node_modules\/(?:@[^/]+\/)?[^/]+$/.test(path) || dev === true || devOptional === true) continue;
    if (!existsSync(join(REPOSITORY, path))) continue;
    await mkdir(join(target, dirname(path)), { recursive: true });
    sh("cp", "-rL", "--reflink=auto", join(REPOSITORY, path), join(target, path));
  }
  sh("chmod", "-R", "go+rX", target);
}

function sh(program: string, ...args: readonly string[]): void {
  const { status, stderr } = spawnSync(program, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${program} ${args[0] ?? ""}: ${stderr}`);
}
