import { Command } from "commander";
import type { AccountApiOptions } from "./account-api.ts";
import { AccountApi, withAccountOptions } from "./account-api.ts";
import { complain, EXIT_FINDING, EXIT_USAGE } from "./simulate.ts";

interface ListOptions extends AccountApiOptions {
  readonly parked?: boolean;
  readonly json?: boolean;
}

/** One delivery as the API shows it; only what the table needs. */
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

/** `plugboard outbox`: what is owed to the account's servers, and sending again what was given up. */
export function outboxCommand(): Command {
  const command = withAccountOptions(new Command("outbox"))
    .option("--parked", "only what was given up")
    .option("--json", "print each delivery as JSON, one a line")
    .action(async (options: ListOptions) => {
      process.exitCode = await list(options);
    });
  command.addCommand(
    withAccountOptions(new Command("replay"))
      .description("send a delivery that was given up again, under its old id")
      .argument("<id...>", "deliveries")
      .action(async (ids: readonly string[], _options: object, replay: Command) => {
        process.exitCode = await replayAll(ids, replay.optsWithGlobals<AccountApiOptions>());
      }),
  );
  return command;
}

async function list(options: ListOptions): Promise<number> {
  const api = AccountApi.of(options, process.env);
  if (!api.ok) return usage(api.error);
  const state = options.parked === true ? "&state=parked" : "";
  for (let next: string | null = ""; next !== null;) {
    const answer = await api.value.ask(`/outbox?limit=100${state}${next === "" ? "" : `&before=${next}`}`);
    if (!answer.ok) return finding(answer.error.sentence);
    const page = (await answer.value.json()) as DeliveryPage;
    for (const each of page.deliveries)
      process.stdout.write(`${options.json === true ? JSON.stringify(each) : line(each)}\n`);
    ({ next } = page);
  }
  return 0;
}

function line({ id, state, purpose, url, tries, due_at, parked_at, error }: DeliveryLine): string {
  const when = state === "parked" ? `given up ${parked_at ?? ""}` : `due ${due_at ?? ""}`;
  const why = error === null ? "" : `\n    ${error}`;
  return `${id}  ${purpose}  ${when}, ${tries} ${tries === 1 ? "try" : "tries"}  ${url ?? ""}${why}`;
}

async function replayAll(ids: readonly string[], options: AccountApiOptions): Promise<number> {
  const api = AccountApi.of(options, process.env);
  if (!api.ok) return usage(api.error);
  let status = 0;
  for (const id of ids) {
    const answer = await api.value.ask(`/outbox/${encodeURIComponent(id)}/replay`, { method: "POST" });
    if (answer.ok) process.stdout.write(`${id} is sent again\n`);
    else status = finding(answer.error.sentence);
  }
  return status;
}

function usage(sentence: string): number {
  complain(sentence);
  return EXIT_USAGE;
}

function finding(sentence: string): number {
  complain(sentence);
  return EXIT_FINDING;
}
