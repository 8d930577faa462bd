import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { readPostmaster, serves } from "../../src/edges/store/embedded/postmaster.ts";
import { until } from "./wait.ts";

declare module "vitest" {
  export interface ProvidedContext {
    /** The folder in which test files start their database servers. */
    databaseServers: string;
  }
}

/** Most ms that a server takes to end when it is told to drop everything. */
const STOP_LIMIT_MS = 10_000;

/** Ends the database servers that test files leave running: the files of a worker share one, so no file can end it. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), "plugboard-databases-"));
  project.provide("databaseServers", folder);
  return async () => {
    await Promise.all((await readdir(folder)).map((name) => endServer(join(folder, name, "cluster"))));
    await rm(folder, { recursive: true, force: true });
  };
}

async function endServer(cluster: string): Promise<void> {
  const pid = (await readPostmaster(cluster))?.pid;
  if (pid === undefined || !(await serves(pid, cluster))) return;
  process.kill(pid, "SIGQUIT");
  await until("the database server has ended", async () => !(await serves(pid, cluster)), STOP_LIMIT_MS);
}
