// `npm run mutation [-- PART…]`: does every small fault in contract/, engine/ and applets/ fail a test? Stryker plants them
// one at a time and runs the tests that reach them; what survives must be explained in test/mutation/explained.json.
// A fault caught in the last run is not planted again while code and test are unchanged; with `--afresh` it is.
// With `--report` the reports of the last run are evaluated again, and nothing is run.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ensureInstalled, productEnv, root, runForeground, runScript, Unmet } from "./ensure.mjs";

/** What is broken, and the tests that should notice: those closest to it, so that an hour is enough for all. */
const proofs = "src/core/applets/**/{bounds,example-script,review}.ts";
const parts = {
  contract: {
    mutate: ["src/core/contract/*.ts"],
    tests: [
      "src/core/contract/*.test.ts",
      "src/server/exchange/workspace.test.ts",
      "src/tools/simulator/scenario/scenario.test.ts",
    ],
  },
  applets: {
    mutate: ["src/core/applets/**/*.ts", "!src/core/applets/connect/*.ts", `!${proofs}`],
    tests: ["src/core/{engine,applets,flow}/**/*.test.ts"],
  },
  connect: {
    mutate: ["src/core/applets/connect/*.ts", `!${proofs}`],
    tests: ["src/core/{engine,applets,flow}/**/*.test.ts", "src/tools/simulator/scenario/scenarios.test.ts"],
  },
  // What applets report for the verification of a flow; its tests take ten times as long as all others.
  proofs: {
    mutate: [proofs],
    tests: [
      "src/core/{engine,applets,flow}/**/*.test.ts",
      "src/tools/simulator/{scenario/scenarios,verify/verify}.test.ts",
    ],
  },
  engine: {
    mutate: ["src/core/engine/*.ts"],
    tests: ["src/core/{engine,applets}/**/*.test.ts", "src/tools/simulator/scenario/scenarios.test.ts"],
  },
};

/** A fault without any observable effect is not a gap; more than this share of survivors is a sign of poor tests. */
const MAX_SURVIVING_SHARE = 0.1;
const reports = join(root, "reports", "mutation");

await runScript(async () => {
  const words = process.argv.slice(2);
  const named = words.filter((word) => word !== "--report" && word !== "--afresh");
  const unknown = named.find((name) => !(name in parts));
  if (unknown !== undefined)
    throw new Unmet(`${unknown} is not a part; the parts are ${Object.keys(parts).join(", ")}.`);
  const chosen = named.length === 0 ? Object.keys(parts) : named;
  if (!words.includes("--report")) {
    await ensureInstalled();
    for (const name of chosen) await plant(name, words.includes("--afresh"));
  }
  return judge(chosen);
});

async function plant(name, afresh) {
  const { mutate, tests } = parts[name];
  mkdirSync(reports, { recursive: true });
  if (afresh) rmSync(reportOf(name), { force: true });
  else forgetSurvivors(reportOf(name));
  const config = join(reports, `${name}.config.json`);
  const settings = {
    testRunner: "vitest",
    vitest: { configFile: "test/mutation/vitest.config.ts" },
    mutate: [...mutate, "!src/**/*.test.ts"],
    ignorePatterns: ["dist", "reports", "bench"],
    coverageAnalysis: "perTest",
    // A module's constant is read once: finding out which test noticed would take a separate process for each.
    ignoreStatic: true,
    disableTypeChecks: true,
    // This compiler has no programming interface; the runner strips types.
    tsconfigFile: "none.json",
    timeoutMS: 8000,
    concurrency: 2,
    reporters: ["progress-append-only"],
    incremental: true,
    incrementalFile: reportOf(name),
  };
  writeFileSync(config, JSON.stringify(settings, null, 2));
  const env = { ...productEnv(), MUTATION_TESTS: JSON.stringify(tests) };
  const status = await runForeground(["stryker", "run", config], { env });
  if (status !== 0) throw new Unmet(`Stryker did not get through ${name} (above).`);
}

/** Forgets survivors, so that they are planted again: a test that got another assertion keeps its name. */
function forgetSurvivors(file) {
  if (!existsSync(file)) return;
  const report = JSON.parse(readFileSync(file, "utf8"));
  for (const entry of Object.values(report.files))
    entry.mutants = entry.mutants.filter(({ status }) => status === "Killed" || status === "Timeout");
  writeFileSync(file, JSON.stringify(report));
}

function judge(chosen) {
  let [planted, surviving, unexplained] = [0, 0, 0];
  const known = JSON.parse(readFileSync(join(root, "test", "mutation", "explained.json"), "utf8"));
  for (const name of chosen) {
    if (!existsSync(reportOf(name))) throw new Unmet(`No report of ${name} yet: run \`npm run mutation ${name}\`.`);
    const { files } = JSON.parse(readFileSync(reportOf(name), "utf8"));
    for (const [file, { source, mutants }] of Object.entries(files)) {
      const counted = mutants.filter(({ status }) => status !== "Ignored" && status !== "CompileError");
      const alive = counted.filter(({ status }) => status === "Survived" || status === "NoCoverage");
      planted += counted.length;
      surviving += alive.length;
      for (const mutant of alive) {
        const [where, what] = describe(source, mutant);
        if (known[file]?.[what] !== undefined) continue;
        unexplained += 1;
        process.stdout.write(`${file}:${where} ${what}\n`);
      }
    }
  }
  const share = surviving / Math.max(1, planted);
  const percent = (100 * share).toFixed(1);
  process.stdout.write(
    `${planted} faults, ${surviving} survived (${percent} %), ${unexplained} without an explanation\n`,
  );
  return unexplained === 0 && share < MAX_SURVIVING_SHARE ? 0 : 1;
}

/** Where a fault is, and a description that survives changes elsewhere in the file. */
function describe(source, { location: { start, end }, replacement }) {
  const lines = source.split("\n").slice(start.line - 1, end.line);
  lines[lines.length - 1] = lines.at(-1).slice(0, end.column - 1);
  lines[0] = lines[0].slice(start.column - 1);
  const short = (text) => text.replaceAll(/\s+/g, " ").trim().slice(0, 100);
  return [`${start.line}:${start.column}`, `${short(lines.join(" "))} => ${short(replacement)}`];
}

function reportOf(name) {
  return join(reports, `${name}.json`);
}
