import type { Command } from "commander";
import type { Result } from "../base/result.ts";
import { err, ok } from "../base/result.ts";
import type { PlugboardApi } from "../client/client.ts";
import { createPlugboard } from "../client/client.ts";
import type { ApiProblem, ApiServerOptions } from "./api-client.ts";
import { ApiClient, withServerOption } from "./api-client.ts";
import { complain, EXIT_FINDING, EXIT_USAGE } from "./simulate.ts";
import { keysOfWorkspace } from "./workspace-keys.ts";

/** Where a command finds the platform, and which account it is for. */
export interface AccountApiOptions extends ApiServerOptions {
  readonly key?: string;
  readonly account?: string;
  readonly workspace?: string;
}

/** Adds the flags of every command that asks a running platform about an account. */
export function withAccountOptions(command: Command): Command {
  return withServerOption(command)
    .option("--account <sid>", "the account (PLUGBOARD_ACCOUNT)")
    .option("--key <key:token>", "an API key of the account (PLUGBOARD_KEY)")
    .option("--workspace <file>", "take account and key from this workspace file");
}

/** Runs a command that asks the platform; returns its exit status. `run` returns one sentence for each error, if any. */
export async function runWithApi(
  options: AccountApiOptions,
  run: (api: AccountApi) => Promise<readonly string[]>,
): Promise<number> {
  const api = AccountApi.of(options, process.env);
  if (!api.ok) {
    complain(api.error);
    return EXIT_USAGE;
  }
  const problems = await run(api.value);
  for (const problem of problems) complain(problem);
  return problems.length === 0 ? 0 : EXIT_FINDING;
}

/** The API of one account of a running platform. */
export class AccountApi {
  readonly account: string;
  readonly #client: ApiClient;

  private constructor(client: ApiClient, account: string) {
    this.#client = client;
    this.account = account;
  }

  /** The error is one sentence naming the missing or wrong flag. */
  static of(options: AccountApiOptions, env: NodeJS.ProcessEnv): Result<AccountApi, string> {
    const server = ApiClient.serverOf(options, env);
    if (!server.ok) return server;
    const found = credentialsOf(options, env);
    return found.ok ? ok(new AccountApi(new ApiClient(server.value, found.value.key), found.value.account)) : found;
  }

  get server(): string {
    return this.#client.server;
  }

  /** Requests a path below the account's; the answer may be endless. */
  async ask(path: string, init: RequestInit = {}): Promise<Result<Response, ApiProblem>> {
    return this.#named(await this.#client.ask(this.#below("/api/accounts", path), init));
  }

  /** The JSON at a path below the account's. */
  async json<T>(path: string, init: RequestInit = {}): Promise<Result<T, ApiProblem>> {
    return this.#named(await this.#client.json<T>(this.#below("/api/accounts", path), init));
  }

  /** The JSON at a path below the account's in the API of Exotel's shape. */
  async v1Json<T>(path: string, init: RequestInit = {}): Promise<Result<T, ApiProblem>> {
    return this.#named(await this.#client.json<T>(this.#below("/v1/Accounts", path), init));
  }

  #below(accounts: string, path: string): string {
    return `${accounts}/${encodeURIComponent(this.account)}${path}`;
  }

  /** Adds to an unknown key's refusal which account was meant, which the platform can't say. */
  #named<T>(answer: Result<T, ApiProblem>): Result<T, ApiProblem> {
    if (answer.ok || answer.error.status !== 401) return answer;
    const sentence = `the platform at ${this.server} knows no such key of account ${this.account}: see --account and --key`;
    return err({ status: 401, sentences: [sentence] });
  }
}

/** The typed client of the account. The error is one sentence that names the flag that is missing or wrong. */
export function plugboardOf(options: AccountApiOptions, env: NodeJS.ProcessEnv): Result<PlugboardApi, string> {
  const server = ApiClient.serverOf(options, env);
  if (!server.ok) return server;
  const found = credentialsOf(options, env);
  if (!found.ok) return found;
  const [, key = "", token = ""] = /^([^:]*):(.*)$/s.exec(found.value.key) ?? [];
  return ok(createPlugboard({ url: server.value, account: found.value.account, key, token }));
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
