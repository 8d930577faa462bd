import type { ChildProcess } from "node:child_process";
import { fork } from "node:child_process";
import type { Log } from "../../base/log.ts";

export interface ManagedProcessOptions {
  readonly name: string;
  readonly module: string;
  readonly args: readonly string[];
  /** Command line options for Node. */
  readonly nodeOptions: readonly string[];
  /** Called at each start. */
  env(): Readonly<Record<string, string>>;
  readonly stdout: "inherit" | "ignore";
  /**
   * Runs in its own session: Ctrl-C at the terminal does not reach it, and the scheduler (autogroup) gives it its own share,
   * so that a busy machine causes no gaps in conversations.
   */
  readonly ownSession: boolean;
  readonly log: Log;
  /** Called after each start, restarts included. */
  onStart?(pid: number): void;
  /** Called with each message of the child over its IPC channel. */
  onMessage(message: unknown): void;
  /** Called when it ends without `stop`. */
  onExit(): void;
}

/** First wait before a dead process is restarted, short because calls wait for it; doubles up to the longest. */
const FIRST_RESTART_MS = 20;
const LONGEST_RESTART_MS = 5000;
/** A process that lived this long had started properly: whatever ended it, the next wait is the first one again. */
const STEADY_MS = 1000;
/** SIGKILL follows SIGTERM after this long. */
const KILL_AFTER_MS = 5000;

/** Keeps a process alive: restarts it with back-off when it dies, until it is stopped. */
export class ManagedProcess {
  readonly #options: ManagedProcessOptions;
  #process: ChildProcess | null = null;
  #restartMs = FIRST_RESTART_MS;
  #stopping = false;

  constructor(options: ManagedProcessOptions) {
    this.#options = options;
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  start(): void {
    const { module, args, name, log, stdout } = this.#options;
    const startedAt = performance.now();
    const child = fork(module, args, {
      env: { ...process.env, ...this.#options.env() },
      detached: this.#options.ownSession,
      execArgv: [...this.#options.nodeOptions],
      stdio: ["ignore", stdout, "inherit", "ipc"],
    });
    this.#process = child;
    if (child.pid !== undefined) this.#options.onStart?.(child.pid);
    child.on("message", (message) => this.#options.onMessage(message));
    child.on("error", (error) => log.error({ err: error, process: name }, "process could not be started"));
    child.once("exit", (code, signal) => {
      this.#process = null;
      if (!this.#stopping) this.#options.onExit();
      if (this.#stopping) return;
      this.#restartMs = performance.now() - startedAt > STEADY_MS ? FIRST_RESTART_MS : this.#restartMs;
      log.error({ process: name, code, signal, restartMs: this.#restartMs }, "process died, starting it again");
      setTimeout(() => this.#stopping || this.start(), this.#restartMs);
      this.#restartMs = Math.min(this.#restartMs * 2, LONGEST_RESTART_MS);
    });
  }

  /** Sends SIGTERM, then SIGKILL if it has not ended after `graceMs`. Resolves when it has ended. */
  async stop(graceMs = KILL_AFTER_MS): Promise<void> {
    this.#stopping = true;
    const child = this.#process;
    if (child === null || child.exitCode !== null) return;
    await new Promise<void>((resolve) => {
      const kill = setTimeout(() => child.kill("SIGKILL"), graceMs);
      child.once("exit", () => {
        clearTimeout(kill);
        resolve();
      });
      child.kill("SIGTERM");
    });
  }
}
