// `npm test`: everything that can be wrong, cheapest first, and the counts in the last line.
// `--checks-only` stops before the tests that run code.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureBuilt, ensureInstalled, ensurePrograms, productEnv, run, runForeground, runScript } from "./ensure.mjs";

/** CI waits ten minutes; leave time to say which step hung. */
const WHOLE_LIMIT_MS = 9.5 * 60_000;

/** Independent peers that the wire tests talk to, and the tool they measure sound with: program → Debian package. */
const programs = { sipp: "sip-tester", baresip: "baresip-core", sox: "sox" };

const checks = [
  { heading: "Formatting", command: ["oxfmt", "--check", "."] },
  // One program for both: lint with types builds all that the compiler's own check would build again.
  {
    heading: "Lint and types",
    command: ["oxlint", "--type-aware", "--type-check"],
    env: { GOGC: "off", GOMEMLIMIT: "2GiB" },
  },
  { heading: "Types of the pure folders, without Node", command: ["tsc", "-p", "tsconfig.pure.json"] },
  { heading: "Dead code", command: ["knip"] },
];

const suites = [
  { heading: "Unit tests", project: "unit" },
  { heading: "Start, interop and chaos tests", project: "chaos" },
  { heading: "Wire tests", project: "wire" },
];

const count = { passed: 0, failed: 0 };

await runScript(async () => {
  const checksOnly = process.argv.includes("--checks-only");
  const overtime = AbortSignal.timeout(WHOLE_LIMIT_MS);
  await ensureInstalled();
  // A download takes as long as the checks.
  const [checked] = await Promise.all([runChecks(overtime), checksOnly || ensurePrograms(programs)]);
  const good = checked && (checksOnly || (await runSuites(overtime)));
  if (overtime.aborted) process.stdout.write("Out of time: the step above did not end.\n");
  process.stdout.write(`${count.passed} passed, ${count.failed} failed\n`);
  return good ? 0 : 1;
});

/** Runs all checks at once, as each uses one core for a few seconds; reports them in order, and the first failure ends the rest. */
async function runChecks(overtime) {
  const enough = new AbortController();
  const signal = AbortSignal.any([enough.signal, overtime]);
  const running = checks.map((check) => ({
    ...check,
    done: run(check.command, { env: { ...productEnv(), ...check.env }, signal }),
  }));
  for (const { heading, done } of running) {
    const { status, output } = await done;
    process.stdout.write(`\n== ${heading}: ${status === 0 ? "good" : "failed"}\n`);
    count[status === 0 ? "passed" : "failed"] += 1;
    if (status === 0) continue;
    process.stdout.write(output);
    enough.abort();
    return false;
  }
  return true;
}

/** Runs the suites one after the other: the first two use both cores, and the wire tests need the machine to themselves. */
async function runSuites(overtime) {
  await ensureBuilt();
  const reports = mkdtempSync(join(tmpdir(), "plugboard-test-"));
  try {
    for (const { heading, project } of suites) {
      process.stdout.write(`\n== ${heading}\n`);
      if (!(await runSuite(project, join(reports, `${project}.json`), overtime))) return false;
    }
    return true;
  } finally {
    rmSync(reports, { recursive: true, force: true });
  }
}

async function runSuite(project, report, signal) {
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
  const status = await runForeground(["vitest", "run", "--project", project, ...reporters], {
    env: productEnv(),
    signal,
  });
  const { numPassedTests, numFailedTests } = readReport(report);
  count.passed += numPassedTests;
  // A file that could not be loaded, or an error outside a test, fails the run without failing a test.
  count.failed += status === 0 ? numFailedTests : Math.max(1, numFailedTests);
  return status === 0;
}

function readReport(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return { numPassedTests: 0, numFailedTests: 0 };
  }
}
