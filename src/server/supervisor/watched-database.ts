import { join } from "node:path";
import { RepeatedLine } from "../../base/repeated-line.ts";
import { systemClock } from "../../base/system-clock.ts";
import type { Log } from "../../base/log.ts";
import type { Embedded } from "../../edges/store/embedded/embedded.ts";
import { startEmbedded } from "../../edges/store/embedded/embedded.ts";
import { isAlive } from "../../edges/store/embedded/postmaster.ts";

/** The embedded database of a data folder, restarted if it dies. */
export interface WatchedDatabase {
  readonly url: string;
  /** The server's current pid; changes when it is restarted. */
  pid(): number;
  stop(): Promise<void>;
}

/** ms between checks whether the server is alive; on a full disk, also between attempts to start it. */
const CHECK_MS = 500;

/** Starts the database and watches it. Rejects with one sentence if the first start fails. */
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
