import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import type { Result } from "../base/result.ts";
import { err, ok } from "../base/result.ts";
import { setting } from "../base/setting.ts";
import { OPERATOR, operatorToken } from "../server/configuration/operator.ts";
import type { ApiServerOptions } from "./api-client.ts";
import { ApiClient, withServerOption } from "./api-client.ts";

/** Where a command finds the platform, and its credentials there. */
export interface PlatformOptions extends ApiServerOptions {
  readonly key?: string;
  readonly data?: string;
}

/** Adds the flags of every command that asks a running platform about all of its accounts. */
export function withPlatformOptions(command: Command): Command {
  return withServerOption(command)
    .option(
      "--key <key:token>",
      "an API key (PLUGBOARD_KEY); without one the operator's password, from the data folder",
    )
    .option("--data <dir>", "data folder with the platform's secret (PLUGBOARD_DATA, ./data)");
}

/**
 * A client with the given key, or else with the operator's password. The error is one sentence: no key was given, and the
 * platform's secret can't be read.
 */
export function platformClient(options: PlatformOptions, env: NodeJS.ProcessEnv): Result<ApiClient, string> {
  const server = ApiClient.serverOf(options, env);
  if (!server.ok) return server;
  const key = options.key ?? env["PLUGBOARD_KEY"];
  if (key !== undefined) return ok(new ApiClient(server.value, key));
  const secret = secretOf(options.data ?? env["PLUGBOARD_DATA"] ?? "data", env);
  return secret.ok ? ok(new ApiClient(server.value, `${OPERATOR}:${operatorToken(secret.value)}`)) : secret;
}

function secretOf(folder: string, env: NodeJS.ProcessEnv): Result<string, string> {
  const given = setting(env, "PLUGBOARD_SECRET");
  if (given !== undefined) return ok(given);
  const file = join(folder, "secret");
  try {
    return ok(readFileSync(file, "utf8").trim());
  } catch {
    return err(
      `there is no platform secret in ${folder}: name its data folder with --data, or give an API key with --key`,
    );
  }
}
