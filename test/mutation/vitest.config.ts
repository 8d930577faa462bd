import { defineConfig } from "vitest/config";

/**
 * The tests that `scripts/mutation.mjs` names for the part that it breaks. They share one set of modules: what is tested is
 * pure, and loading it for each file anew takes longer than most tests.
 */
export default defineConfig({
  test: {
    include: JSON.parse(process.env["MUTATION_TESTS"] ?? "[]") as string[],
    testTimeout: 20_000,
    isolate: false,
  },
});
