import { defineConfig } from "vitest/config";

/** `unit` needs nothing outside this process's own sockets and files; the others need what their folder's name says. */
export default defineConfig({
  test: {
    projects: [
      { test: { name: "unit", include: ["src/**/*.test.ts", "test/*.test.ts"], testTimeout: 20_000 } },
      {
        test: {
          name: "wire",
          include: ["test/{packages,starts,interop,wire,chaos}/**/*.test.ts"],
          testTimeout: 120_000,
          hookTimeout: 60_000,
          fileParallelism: false,
          // Scenarios that are played at once; each brings a hundred packets a second and more.
          maxConcurrency: 16,
        },
      },
    ],
  },
});
