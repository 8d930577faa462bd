import { Command } from "commander";
import type { AccountApi, AccountApiOptions } from "./account-api.ts";
import { runWithApi, withAccountOptions } from "./account-api.ts";
import { say } from "./terminal.ts";

interface Options extends AccountApiOptions {
  readonly yes?: true;
  readonly json?: true;
}

/** What the command shows of a call. */
interface CallHead {
  readonly from: string;
  readonly to: string;
  readonly started_at: string;
}

/** The API's answer. */
interface Erased {
  readonly calls: number;
  readonly steps: number;
  readonly deliveries: number;
  readonly recordings: number;
}

/** `plugboard erase`: erases one call, or every call of one phone number, permanently. */
export function eraseCommand(): Command {
  return new Command("erase")
    .addCommand(erases("call", "<sid>", "a call with its trace, deliveries and recordings", eraseCall))
    .addCommand(erases("number", "<number>", "every call in which a number in E.164 appears", eraseNumber));
}

type Erase = (api: AccountApi, what: string, options: Options) => Promise<readonly string[]>;

function erases(name: string, argument: string, summary: string, erase: Erase): Command {
  return withAccountOptions(new Command(name))
    .description(`erase ${summary}`)
    .argument(argument)
    .option("--yes", "really erase; without this the command only says what it would erase")
    .option("--json", "print what was erased as JSON")
    .action(async (what: string, options: Options) => {
      process.exitCode = await runWithApi(options, (api) => erase(api, what, options));
    });
}

async function eraseCall(api: AccountApi, callSid: string, options: Options): Promise<readonly string[]> {
  const path = `/calls/${encodeURIComponent(callSid)}`;
  if (options.yes === true) return send(api, path, { method: "DELETE" }, options);
  const call = await api.json<CallHead>(path);
  if (!call.ok) return call.error.sentences;
  const { from, to, started_at } = call.value;
  say(`the call from ${from} to ${to} at ${started_at}. Nothing has been erased: --yes erases it permanently.`);
  return [];
}

async function eraseNumber(api: AccountApi, number: string, options: Options): Promise<readonly string[]> {
  if (options.yes === true) {
    const body = JSON.stringify({ number });
    return send(api, "/erasures", { method: "POST", body, headers: { "content-type": "application/json" } }, options);
  }
  say(
    `every call of account ${api.account} in which ${number} appears. Nothing has been erased: --yes erases them permanently.`,
  );
  return [];
}

async function send(api: AccountApi, path: string, init: RequestInit, { json }: Options): Promise<readonly string[]> {
  const erased = await api.json<Erased>(path, init);
  if (!erased.ok) return erased.error.sentences;
  const { calls, steps, deliveries, recordings } = erased.value;
  if (json === true) say(JSON.stringify(erased.value));
  else say(`erased: ${calls} calls, ${steps} journal entries, ${deliveries} deliveries, ${recordings} recordings`);
  return [];
}
