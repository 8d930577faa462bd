import { spawnSync } from "node:child_process";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "../..");
/** More than any log of these containers. */
const OUTPUT_BYTES = 64 * 1024 * 1024;

/** podman or docker. */
export class Engine {
  readonly #program: "podman" | "docker";

  constructor(program: "podman" | "docker") {
    this.#program = program;
  }

  /** Standard output of a command; throws with what it wrote if it fails. */
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

  /** Its address on the bridge, or the one that this machine has there. */
  addressOf(container: string, which: "IPAddress" | "Gateway"): string {
    return this.run("inspect", "--format", `{{range .NetworkSettings.Networks}}{{.${which}}}{{end}}`, container);
  }

  /** The health check of the image; podman without systemd has no timer that runs it. */
  isHealthy(container: string): boolean {
    if (this.#program === "podman") return this.attempt("healthcheck", "run", container).status === 0;
    return this.run("inspect", "--format", "{{.State.Health.Status}}", container) === "healthy";
  }

  /** Root's engines put the bridge where this process can reach the containers. */
  reachesContainers(): boolean {
    return this.attempt("info").status === 0 && process.getuid?.() === 0;
  }
}

/** The first engine that answers and whose bridge this machine is on; null if there is none. */
export function findEngine(): Engine | null {
  const engines = [new Engine("podman"), new Engine("docker")];
  return engines.find((engine) => engine.reachesContainers()) ?? null;
}
