import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import type { Result } from "../base/result.ts";
import { err, ok } from "../base/result.ts";
import { OPERATOR, operatorToken } from "../server/configuration/operator.ts";

/** Where a command finds the platform, and as whom it speaks there. */
export interface PlatformOptions {
  readonly url?: string;
  readonly key?: string;
  readonly data?: string;
}

/** ms. Longer than any answer takes: the largest workspace is checked in seconds. */
const ANSWER_LIMIT_MS = 60_000;

/** The flags of every command that asks a running platform. */
export function withPlatformOptions(command: Command): Command {
  return command
    .option("--url <url>", "the platform's API (PLUGBOARD_URL, http://127.0.0.1:8080)")
    .option(
      "--key <key:token>",
      "an API key (PLUGBOARD_KEY); without one the operator's password, from the data folder",
    )
    .option("--data <dir>", "data folder with the platform's secret (PLUGBOARD_DATA, ./data)");
}

/** A problem document as sentences. */
export interface PlatformProblem {
  /** Null: there was no answer. */
  readonly status: number | null;
  readonly messages: readonly string[];
}

/** A running platform, asked over HTTP. */
export class PlatformApi {
  readonly #url: string;
  readonly #authorization: string;

  private constructor(url: string, credentials: string) {
    this.#url = url;
    this.#authorization = `Basic ${Buffer.from(credentials).toString("base64")}`;
  }

  /** The error is one sentence: no key was given, and the platform's secret can't be read. */
  static of({ url, key, data }: PlatformOptions, env: NodeJS.ProcessEnv): Result<PlatformApi, string> {
    const base = (url ?? env["PLUGBOARD_URL"] ?? "http://127.0.0.1:8080").replace(/\/+$/, "");
    if (!URL.canParse(base)) return err(`--url is "${base}", it must be a URL such as http://127.0.0.1:8080`);
    const credentials = key ?? env["PLUGBOARD_KEY"];
    if (credentials !== undefined) return ok(new PlatformApi(base, credentials));
    const secret = secretOf(data ?? env["PLUGBOARD_DATA"] ?? "data", env);
    return secret.ok ? ok(new PlatformApi(base, `${OPERATOR}:${operatorToken(secret.value)}`)) : secret;
  }

  get<T>(path: string): Promise<Result<T, PlatformProblem>> {
    return this.#ask("GET", path);
  }

  post<T>(path: string, body: unknown): Promise<Result<T, PlatformProblem>> {
    return this.#ask("POST", path, JSON.stringify(body));
  }

  async #ask<T>(method: string, path: string, body: string | null = null): Promise<Result<T, PlatformProblem>> {
    const headers = {
      authorization: this.#authorization,
      ...(body !== null && { "content-type": "application/json" }),
    };
    try {
      const response = await fetch(`${this.#url}${path}`, {
        method,
        headers,
        body,
        signal: AbortSignal.timeout(ANSWER_LIMIT_MS),
      });
      const answer: unknown = await response.json();
      return response.ok ? ok(answer as T) : err({ status: response.status, messages: sentencesOf(answer) });
    } catch (error) {
      const reason = error instanceof Error && error.cause instanceof Error ? error.cause : error;
      return err({
        status: null,
        messages: [`${this.#url} can't be asked: ${String(reason)}; is plugboard serve running there?`],
      });
    }
  }
}

function secretOf(folder: string, env: NodeJS.ProcessEnv): Result<string, string> {
  const given = env["PLUGBOARD_SECRET"];
  if (given !== undefined) return ok(given);
  const file = join(folder, "secret");
  try {
    return ok(readFileSync(file, "utf8").trim());
  } catch {
    return err(
      `there is no secret of a platform in ${folder}: name its data folder with --data, or give an API key with --key`,
    );
  }
}

function sentencesOf(answer: unknown): readonly string[] {
  const { detail, errors } = (typeof answer === "object" && answer !== null ? answer : {}) as Record<string, unknown>;
  if (Array.isArray(errors)) return errors.map(String);
  return [typeof detail === "string" ? detail : "the platform gave no reason"];
}
