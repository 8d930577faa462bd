#!/usr/bin/env node
// No static import here: an older Node can't load the commands, and would print a dependency's stack trace instead of
// this sentence.

/** The oldest Node that runs Plugboard. */
const LEAST_NODE = "24.7";

if (isAtLeast(process.versions.node, LEAST_NODE)) await import("./program.ts");
else {
  process.stderr.write(
    `Plugboard needs Node ${LEAST_NODE} or newer and this is ${process.version}: in a clone, ` +
      "`npm run plugboard -- <command>` brings it along; elsewhere, install it from nodejs.org.\n",
  );
  process.exitCode = 1;
}

function isAtLeast(version: string, least: string): boolean {
  const [[major = 0, minor = 0], [leastMajor = 0, leastMinor = 0]] = [version, least].map((text) =>
    text.split(".").map(Number),
  ) as [number[], number[]];
  return major > leastMajor || (major === leastMajor && minor >= leastMinor);
}
