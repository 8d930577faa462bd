import { defineConfig } from "vitest/config";

/**
 * The tests that `scripts/mutation.mjs` names for the part it breaks. They share one set of modules: the tested code is
 * pure, and loading it again for each file takes longer than most tests.
 */
export default defineConfig({
  test: {
    include: JSON.parse(process.env["MUTATION_TESTS"] ?? "[]") as string[],
    testTimeout: 20_000,
    isolate: false,
  },
});
