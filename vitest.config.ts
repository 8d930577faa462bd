import { join } from "node:path";
import { defineConfig } from "vitest/config";

// Processes of the platform are started a hundred times: with what they load compiled already, each takes half the CPU.
process.env["NODE_COMPILE_CACHE"] ??= join(import.meta.dirname, "node_modules", ".cache", "node-compile");

/** The one of the independent peers that is judged by what it hears. */
const LISTENS = "test/interop/baresip.test.ts";
/** Calls over the wire that can bear others beside them. */
const PATIENT = "test/wire/{inbound,public-clients}.test.ts";
const globalSetup = "test/support/database-servers.ts";
const wholePlatform = { globalSetup, testTimeout: 120_000, hookTimeout: 60_000 };

/** `unit` needs nothing outside this process's own sockets and files; the others need what their folder's name says. */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: ["src/**/*.test.ts", "test/*.test.ts"],
          globalSetup,
          testTimeout: 20_000,
          // A hook that starts a database, on a machine with other work.
          hookTimeout: 60_000,
          // Loading the modules for each file anew takes longer than most tests; no file leaves anything behind in them.
          isolate: false,
          maxWorkers: "100%",
        },
      },
      {
        test: {
          ...wholePlatform,
          name: "chaos",
          include: ["test/{packages,starts,chaos,interop}/**/*.test.ts", PATIENT],
          exclude: [LISTENS],
          // These wait for restarts, leases and time limits more than they compute.
          maxWorkers: 3,
          sequence: { groupOrder: 1 },
        },
      },
      // Builds the image: not part of `npm test`.
      {
        test: {
          name: "container",
          include: ["test/container/**/*.test.ts"],
          testTimeout: 300_000,
          hookTimeout: 1_200_000,
        },
      },
      {
        test: {
          ...wholePlatform,
          name: "web",
          include: ["test/web/**/*.test.ts"],
          // Two browsers at once leave nothing of this machine for the platforms they look at.
          maxWorkers: 1,
          sequence: { groupOrder: 2 },
        },
      },
      {
        test: {
          ...wholePlatform,
          name: "wire",
          // What depends on milliseconds, or listens: each has the machine for itself.
          include: ["test/wire/**/*.test.ts", LISTENS],
          exclude: [PATIENT],
          fileParallelism: false,
          // Scenarios that are played at once; each brings a hundred packets a second and more.
          maxConcurrency: 16,
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
});
