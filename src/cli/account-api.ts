import type { Command } from "commander";
import type { Result } from "../base/result.ts";
import { err, ok } from "../base/result.ts";
import { keysOfWorkspace } from "./workspace-keys.ts";
import { complain, EXIT_FINDING, EXIT_USAGE } from "./simulate.ts";

/** Where a command finds the platform, and for which account it speaks. */
export interface AccountApiOptions {
  readonly server?: string;
  readonly key?: string;
  readonly account?: string;
  readonly workspace?: string;
}

/** Why there is no answer that can be used. */
export interface ApiProblem {
  /** Nothing answered at all: the platform may be starting. */
  readonly isAway: boolean;
  /** One sentence, for people. */
  readonly sentence: string;
}

const DEFAULT_SERVER = "http://127.0.0.1:8080";

/** The flags of every command that asks a running platform about an account. */
export function withAccountOptions(command: Command): Command {
  return command
    .option("--url, --server <url>", `the platform's API (PLUGBOARD_SERVER or PLUGBOARD_URL, ${DEFAULT_SERVER})`)
    .option("--account <sid>", "the account (PLUGBOARD_ACCOUNT)")
    .option("--key <key:token>", "an API key of the account (PLUGBOARD_KEY)")
    .option("--workspace <file>", "take account and key from this workspace file");
}

/** Runs a command that asks the platform; its exit status. The command's own problem is one sentence; null: none. */
export async function runWithApi(
  options: AccountApiOptions,
  run: (api: AccountApi) => Promise<string | null>,
): Promise<number> {
  const api = AccountApi.of(options, process.env);
  if (!api.ok) {
    complain(api.error);
    return EXIT_USAGE;
  }
  const problem = await run(api.value);
  if (problem === null) return 0;
  complain(problem);
  return EXIT_FINDING;
}

/** The API of one account of a running platform. */
export class AccountApi {
  readonly server: string;
  readonly account: string;
  readonly #authorization: string;

  private constructor(server: string, account: string, key: string) {
    this.server = server;
    this.account = account;
    this.#authorization = `Basic ${Buffer.from(key).toString("base64")}`;
  }

  /** The error is one sentence that names the flag that is missing or wrong. */
  static of(options: AccountApiOptions, env: NodeJS.ProcessEnv): Result<AccountApi, string> {
    const given = options.server ?? env["PLUGBOARD_SERVER"] ?? env["PLUGBOARD_URL"];
    const server = (given ?? DEFAULT_SERVER).replace(/\/+$/, "");
    if (!/^https?:\/\//.test(server) || !URL.canParse(server))
      return err(`--url is "${server}", it must be a URL such as ${DEFAULT_SERVER}`);
    const found = credentialsOf(options, env);
    return found.ok ? ok(new AccountApi(server, found.value.account, found.value.key)) : found;
  }

  /** Asks for a path below the account's. */
  ask(path: string, init: RequestInit = {}): Promise<Result<Response, ApiProblem>> {
    return this.#ask(`/api/accounts/${encodeURIComponent(this.account)}${path}`, init);
  }

  async #ask(path: string, init: RequestInit): Promise<Result<Response, ApiProblem>> {
    const headers = { accept: "application/json", ...(init.headers as object), authorization: this.#authorization };
    try {
      const response = await fetch(this.server + path, { ...init, headers });
      return response.ok ? ok(response) : err({ isAway: false, sentence: await this.#refusal(response) });
    } catch (error) {
      const reason = error instanceof Error && error.cause instanceof Error ? error.cause : error;
      const text = reason instanceof Error && reason.message !== "" ? reason.message : String(reason);
      const sentence = `nothing answers at ${this.server} (${text}): is plugboard serve running there? See --server`;
      return err({ isAway: true, sentence });
    }
  }

  /** The JSON at a path below the account's. */
  async json<T>(path: string): Promise<Result<T, ApiProblem>> {
    return this.#jsonOf(await this.ask(path));
  }

  /** The JSON at a path below the account's in the API of Exotel's shape. */
  async v1Json<T>(path: string, init: RequestInit = {}): Promise<Result<T, ApiProblem>> {
    return this.#jsonOf(await this.#ask(`/v1/Accounts/${encodeURIComponent(this.account)}${path}`, init));
  }

  async #jsonOf<T>(answer: Result<Response, ApiProblem>): Promise<Result<T, ApiProblem>> {
    if (!answer.ok) return answer;
    try {
      return ok((await answer.value.json()) as T);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      return err({ isAway: false, sentence: `what answers at ${this.server} is not Plugboard's API: see --server` });
    }
  }

  async #refusal(response: Response): Promise<string> {
    if (response.status === 401)
      return `the platform at ${this.server} knows no such key of account ${this.account}: see --account and --key`;
    const text = await response.text();
    try {
      const problem = JSON.parse(text) as { detail?: unknown; RestException?: { Message?: unknown } };
      const sentence = problem.detail ?? problem.RestException?.Message;
      if (typeof sentence === "string") return sentence;
    } catch {
      // Something else than the platform answers there; its status is all that can be said.
    }
    return `${this.server} answered ${response.status}: is it Plugboard's API? See --server`;
  }
}

interface Credentials {
  readonly account: string;
  readonly key: string;
}

function credentialsOf(options: AccountApiOptions, env: NodeJS.ProcessEnv): Result<Credentials, string> {
  if (options.workspace !== undefined) {
    const found = keysOfWorkspace(options.workspace, options.account, env);
    return found.ok ? ok({ ...found.value, key: options.key ?? found.value.key }) : found;
  }
  const account = options.account ?? env["PLUGBOARD_ACCOUNT"];
  const key = options.key ?? env["PLUGBOARD_KEY"];
  if (account === undefined) return err("which account? Give it with --account, PLUGBOARD_ACCOUNT or --workspace");
  if (key?.includes(":") !== true)
    return err("an API key of the account is needed: give key:token with --key, PLUGBOARD_KEY or --workspace");
  return ok({ account, key });
}
