import { defineConfig } from "vitest/config";

/** The tests that `scripts/mutation.mjs` names for the part that it breaks. */
export default defineConfig({
  test: { include: JSON.parse(process.env["MUTATION_TESTS"] ?? "[]") as string[], testTimeout: 20_000 },
});
