import { Command } from "commander";
import type { Result } from "../base/result.ts";
import type { AccountApi, AccountApiOptions } from "./account-api.ts";
import { runWithApi, withAccountOptions } from "./account-api.ts";
import type { ApiProblem } from "./api-client.ts";
import { say } from "./terminal.ts";

interface ListOptions extends AccountApiOptions {
  readonly parked?: boolean;
  readonly json?: boolean;
}

/** One delivery as the API shows it, with only the fields the table needs. */
interface DeliveryLine {
  readonly id: string;
  readonly state: string;
  readonly purpose: string;
  readonly url: string | null;
  readonly tries: number;
  readonly due_at: string | null;
  readonly parked_at: string | null;
  readonly error: string | null;
}

interface DeliveryPage {
  readonly deliveries: readonly DeliveryLine[];
  readonly next: string | null;
}

/** `plugboard outbox`: deliveries to the account's servers, and resending those that were given up. */
export function outboxCommand(): Command {
  const command = withAccountOptions(new Command("outbox"))
    .option("--parked", "only deliveries that were given up")
    .option("--json", "print each delivery as JSON, one per line")
    .action(async (options: ListOptions) => {
      process.exitCode = await runWithApi(options, (api) => list(api, options));
    });
  command.addCommand(
    withAccountOptions(new Command("replay"))
      .description("resend a delivery that was given up, under the same id")
      .argument("<id...>", "deliveries")
      .action(async (ids: readonly string[], _options: object, replay: Command) => {
        const options = replay.optsWithGlobals<AccountApiOptions>();
        process.exitCode = await runWithApi(options, (api) => replayAll(api, ids));
      }),
  );
  return command;
}

async function list(api: AccountApi, { parked, json }: ListOptions): Promise<readonly string[]> {
  const state = parked === true ? "&state=parked" : "";
  for (let next: string | null = ""; next !== null;) {
    const page: Result<DeliveryPage, ApiProblem> = await api.json(
      `/outbox?limit=100${state}${next === "" ? "" : `&before=${next}`}`,
    );
    if (!page.ok) return page.error.sentences;
    for (const each of page.value.deliveries) say(json === true ? JSON.stringify(each) : line(each));
    ({ next } = page.value);
  }
  return [];
}

function line({ id, state, purpose, url, tries, due_at, parked_at, error }: DeliveryLine): string {
  const when = state === "parked" ? `given up ${parked_at ?? ""}` : `due ${due_at ?? ""}`;
  const why = error === null ? "" : `\n    ${error}`;
  return `${id}  ${purpose}  ${when}, ${tries} ${tries === 1 ? "try" : "tries"}  ${url ?? ""}${why}`;
}

async function replayAll(api: AccountApi, ids: readonly string[]): Promise<readonly string[]> {
  const problems: string[] = [];
  for (const id of ids) {
    const answer = await api.json(`/outbox/${encodeURIComponent(id)}/replay`, { method: "POST" });
    if (answer.ok) say(`${id} is sent again`);
    else problems.push(...answer.error.sentences);
  }
  return problems;
}
