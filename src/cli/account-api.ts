import type { Command } from "commander";
import type { Result } from "../base/result.ts";
import { err, ok } from "../base/result.ts";

/** Where a command finds the platform, and for which account it speaks. */
export interface AccountApiOptions {
  readonly url?: string;
  readonly key?: string;
  readonly account?: string;
}

/** Why there is no answer that can be used. */
export interface ApiProblem {
  /** Nothing answered at all: the platform may be starting. */
  readonly isAway: boolean;
  /** One sentence, for people. */
  readonly sentence: string;
}

/** The flags of every command that asks a running platform about an account. */
export function withAccountOptions(command: Command): Command {
  return command
    .option("--account <sid>", "the account (PLUGBOARD_ACCOUNT)")
    .option("--key <key:token>", "an API key of the account (PLUGBOARD_KEY)")
    .option("--url <url>", "the platform's API (PLUGBOARD_URL, http://127.0.0.1:8080)");
}

/** The API of one account of a running platform. */
export class AccountApi {
  readonly #base: string;
  readonly #authorization: string;

  private constructor(base: string, key: string) {
    this.#base = base;
    this.#authorization = `Basic ${Buffer.from(key).toString("base64")}`;
  }

  /** The error is one sentence that names the flag that is missing or wrong. */
  static of(options: AccountApiOptions, env: NodeJS.ProcessEnv): Result<AccountApi, string> {
    const url = (options.url ?? env["PLUGBOARD_URL"] ?? "http://127.0.0.1:8080").replace(/\/+$/, "");
    const account = options.account ?? env["PLUGBOARD_ACCOUNT"];
    const key = options.key ?? env["PLUGBOARD_KEY"];
    if (!URL.canParse(url)) return err(`--url is "${url}", it must be a URL such as http://127.0.0.1:8080`);
    if (account === undefined) return err("which account? Give it with --account, or PLUGBOARD_ACCOUNT");
    if (key === undefined)
      return err("an API key of the account is needed: give key:token with --key, or PLUGBOARD_KEY");
    return ok(new AccountApi(`${url}/api/accounts/${encodeURIComponent(account)}`, key));
  }

  /** Asks for a path below the account's. */
  async ask(path: string, init: RequestInit = {}): Promise<Result<Response, ApiProblem>> {
    const headers = { accept: "application/json", ...(init.headers as object), authorization: this.#authorization };
    try {
      const response = await fetch(`${this.#base}${path}`, { ...init, headers });
      return response.ok ? ok(response) : err({ isAway: false, sentence: await refusal(response) });
    } catch (error) {
      const reason = error instanceof Error && error.cause instanceof Error ? error.cause : error;
      const sentence = `${this.#base} can't be asked (${String(reason)}): is plugboard serve running there?`;
      return err({ isAway: true, sentence });
    }
  }
}

/** What a problem document says. */
async function refusal(response: Response): Promise<string> {
  const text = await response.text();
  try {
    const { detail } = JSON.parse(text) as { detail?: unknown };
    if (typeof detail === "string") return detail;
  } catch {
    // Something else than the platform answers there; its status is all that can be said.
  }
  return `the platform answered ${response.status}`;
}
