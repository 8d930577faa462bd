import { join } from "node:path";
import { RepeatedLine } from "../../base/repeated-line.ts";
import { systemClock } from "../../base/system-clock.ts";
import type { Log } from "../../base/log.ts";
import type { Embedded } from "../../edges/store/embedded/embedded.ts";
import { startEmbedded } from "../../edges/store/embedded/embedded.ts";
import { isAlive } from "../../edges/store/embedded/postmaster.ts";

/** The embedded database of a data folder, started again when it dies. */
export interface WatchedDatabase {
  readonly url: string;
  /** Of the server now; changes when it is started again. */
  pid(): number;
  stop(): Promise<void>;
}

/** How often we look whether the server is alive, ms. On a full disk it is also how often a start is tried. */
const CHECK_MS = 500;

/** Starts the database and watches it. Rejects with one sentence when it can't be started the first time. */
export async function startWatchedDatabase(dataDir: string, log: Log): Promise<WatchedDatabase> {
  const options = { dataDir: join(dataDir, "postgres"), log };
  const died = new RepeatedLine(systemClock, (fields) => log.error(fields, "database server died, starting it again"));
  const failed = new RepeatedLine(systemClock, (fields) =>
    log.error(fields, "database server could not be started again"),
  );
  let server: Embedded = await startEmbedded(options);
  let restarting: Promise<void> | null = null;
  const restart = async (): Promise<void> => {
    died.note({ pid: server.pid });
    try {
      server = await startEmbedded(options);
    } catch (error) {
      failed.note({ err: error });
    }
    restarting = null;
  };
  const watch = setInterval(() => {
    if (!isAlive(server.pid)) restarting ??= restart();
  }, CHECK_MS);
  return {
    url: server.url,
    pid: () => server.pid,
    stop: async () => {
      clearInterval(watch);
      await restarting;
      await server.stop();
    },
  };
}
