import type { Command } from "commander";
import type { Result } from "../base/result.ts";
import { err, ok } from "../base/result.ts";
import { complain, EXIT_FINDING, EXIT_USAGE } from "./simulate.ts";

/** Where a command finds the platform. */
export interface ApiServerOptions {
  readonly server?: string;
}

/** Why there is no usable answer. */
export interface ApiProblem {
  /** Null: nothing answered; the platform may be starting. */
  readonly status: number | null;
  /** Complete sentences for people. */
  readonly sentences: readonly string[];
}

const DEFAULT_SERVER = "http://127.0.0.1:8080";
/** ms. Longer than any answer takes: even the largest workspace is checked in seconds. */
const ANSWER_LIMIT_MS = 60_000;

/** Adds the flag of every command that asks a running platform. */
export function withServerOption(command: Command): Command {
  return command.option(
    "--url, --server <url>",
    `the platform's API (PLUGBOARD_SERVER or PLUGBOARD_URL, ${DEFAULT_SERVER})`,
  );
}

/** Prints what is wrong; returns the exit status. No answer at all counts as wrong usage, a refusal as a finding. */
export function complainOf({ status, sentences }: ApiProblem): number {
  for (const sentence of sentences) complain(sentence);
  return status === null ? EXIT_USAGE : EXIT_FINDING;
}

/** A client of a running platform's HTTP API, with a key. */
export class ApiClient {
  /** Without a trailing slash. */
  readonly server: string;
  readonly #authorization: string;

  constructor(server: string, key: string) {
    this.server = server;
    this.#authorization = `Basic ${Buffer.from(key).toString("base64")}`;
  }

  /** The server from `--server`, otherwise from the environment. The error is one sentence. */
  static serverOf({ server }: ApiServerOptions, env: NodeJS.ProcessEnv): Result<string, string> {
    const url = (server ?? env["PLUGBOARD_SERVER"] ?? env["PLUGBOARD_URL"] ?? DEFAULT_SERVER).replace(/\/+$/, "");
    return /^https?:\/\//.test(url) && URL.canParse(url)
      ? ok(url)
      : err(`--url is "${url}", it must be a URL such as ${DEFAULT_SERVER}`);
  }

  /** Requests a path and waits for the head of the answer; `signal` may end the rest. */
  async ask(path: string, init: RequestInit = {}): Promise<Result<Response, ApiProblem>> {
    const headers = { accept: "application/json", ...(init.headers as object), authorization: this.#authorization };
    try {
      const response = await fetch(this.server + path, { ...init, headers });
      return response.ok ? ok(response) : err({ status: response.status, sentences: await this.#refusal(response) });
    } catch (error) {
      return err(this.#away(error));
    }
  }

  /** The JSON at a path. */
  async json<T>(path: string, init: RequestInit = {}): Promise<Result<T, ApiProblem>> {
    const answer = await this.ask(path, { ...init, signal: AbortSignal.timeout(ANSWER_LIMIT_MS) });
    if (!answer.ok) return answer;
    try {
      return ok((await answer.value.json()) as T);
    } catch (error) {
      if (!(error instanceof SyntaxError)) return err(this.#away(error));
      const sentence = `what answers at ${this.server} is not Plugboard's API: see --server`;
      return err({ status: answer.value.status, sentences: [sentence] });
    }
  }

  #away(error: unknown): ApiProblem {
    const reason = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const text = reason instanceof Error && reason.message !== "" ? reason.message : String(reason);
    const sentence = `nothing answers at ${this.server} (${text}): is plugboard serve running there? See --server`;
    return { status: null, sentences: [sentence] };
  }

  /** The sentences of a problem document, or of an error in Exotel's form. */
  async #refusal(response: Response): Promise<readonly string[]> {
    const text = await response.text();
    try {
      const {
        errors,
        detail,
        RestException: exception,
      } = JSON.parse(text) as {
        errors?: unknown;
        detail?: unknown;
        RestException?: { Message?: unknown };
      };
      if (Array.isArray(errors)) return errors.map(String);
      const sentence = detail ?? exception?.Message;
      if (typeof sentence === "string") return [sentence];
    } catch {
      // Something other than the platform answered; only its status is known.
    }
    return [`${this.server} answered ${response.status}: is it Plugboard's API? See --server`];
  }
}
