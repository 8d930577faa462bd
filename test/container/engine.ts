import { spawnSync } from "node:child_process";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "../..");
/** Larger than any log of these containers. */
const OUTPUT_BYTES = 64 * 1024 * 1024;

/** podman or docker. */
export class Engine {
  readonly #program: "podman" | "docker";

  constructor(program: "podman" | "docker") {
    this.#program = program;
  }

  /** Runs a command and returns its standard output; throws with its output if it fails. */
  run(...args: readonly string[]): string {
    const { status, stdout, stderr } = this.attempt(...args);
    if (status !== 0) throw new Error(`${this.#program} ${args.join(" ")} failed: ${stderr}${stdout}`);
    return stdout.trim();
  }

  attempt(...args: readonly string[]): {
    readonly status: number | null;
    readonly stdout: string;
    readonly stderr: string;
  } {
    return spawnSync(this.#program, args, { cwd: ROOT, encoding: "utf8", maxBuffer: OUTPUT_BYTES });
  }

  /** Builds the image of the repository. */
  build(tag: string): void {
    // podman's own format has no health check.
    const format = this.#program === "podman" ? ["--format", "docker"] : [];
    this.run("build", ...format, "--tag", tag, ".");
  }

  /** Everything a container wrote so far. */
  log(container: string): string {
    const { stdout, stderr } = this.attempt("logs", container);
    return stdout + stderr;
  }

  /** The container's address on the bridge, or this machine's. */
  addressOf(container: string, which: "IPAddress" | "Gateway"): string {
    return this.run("inspect", "--format", `{{range .NetworkSettings.Networks}}{{.${which}}}{{end}}`, container);
  }

  /** Runs the health check of the image, for which podman without systemd has no timer. */
  isHealthy(container: string): boolean {
    if (this.#program === "podman") return this.attempt("healthcheck", "run", container).status === 0;
    return this.run("inspect", "--format", "{{.State.Health.Status}}", container) === "healthy";
  }

  /** Only with root's engines can this process reach the containers on the bridge. */
  reachesContainers(): boolean {
    return this.attempt("info").status === 0 && process.getuid?.() === 0;
  }
}

/** The first engine that answers and has its bridge on this machine; null if there is none. */
export function findEngine(): Engine | null {
  const engines = [new Engine("podman"), new Engine("docker")];
  return engines.find((engine) => engine.reachesContainers()) ?? null;
}
