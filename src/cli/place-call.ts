import { randomUUID } from "node:crypto";
import type { Command } from "commander";
import type { Result } from "../base/result.ts";
import { err, ok } from "../base/result.ts";
import type { AccountApi, AccountApiOptions } from "./account-api.ts";
import { runWithApi, withAccountOptions } from "./account-api.ts";
import type { ApiProblem } from "./api-client.ts";
import { complain, EXIT_USAGE } from "./simulate.ts";
import { say } from "./terminal.ts";

interface PlaceOptions extends AccountApiOptions {
  readonly from?: string;
  readonly flow?: string;
  readonly callerId?: string;
  readonly customField?: string;
  readonly json?: true;
}

interface PlacedByApi {
  readonly Call: { readonly Sid: string; readonly From: string; readonly To: string; readonly Status: string };
}

interface Numbers {
  readonly IncomingPhoneNumbers: readonly {
    readonly IncomingPhoneNumber: { readonly PhoneNumber: string; readonly VoiceUrl: string | null };
  }[];
}

/** `plugboard call TO`: places a call through a running platform. */
export function placesCall(command: Command): Command {
  return withAccountOptions(command)
    .argument("[to]", "the number to call")
    .option("--from <number>", "call this number first, then connect it to <to>")
    .option("--flow <id>", "connect <to> to this flow (default: the flow of the ExoPhone)")
    .option("--caller-id <number>", "the ExoPhone shown as caller ID (default: the account's first one)")
    .option("--custom-field <text>", "CustomField of all requests of the call")
    .option("--json", "print the call as JSON")
    .action(async (to: string | undefined, options: PlaceOptions) => {
      if (to === undefined) command.help({ error: true });
      process.exitCode = await run(to, options);
    });
}

async function run(to: string, options: PlaceOptions): Promise<number> {
  if (options.from !== undefined && options.flow !== undefined) {
    complain("--from connects two numbers, --flow puts one into a flow: give one of them.");
    return EXIT_USAGE;
  }
  return runWithApi(options, async (api) => {
    const placed = await place(api, to, options);
    if (!placed.ok) return placed.error.sentences;
    const { Call: call } = placed.value;
    say(
      options.json === true ? JSON.stringify(call, null, 2) : `${call.Sid}  ${call.From} → ${call.To}  ${call.Status}`,
    );
    return [];
  });
}

async function place(api: AccountApi, to: string, options: PlaceOptions): Promise<Result<PlacedByApi, ApiProblem>> {
  const target = await targetOf(api, to, options);
  if (!target.ok) return target;
  const body = new URLSearchParams(target.value);
  if (options.customField !== undefined) body.set("CustomField", options.customField);
  // A request repeated by a proxy must not ring twice.
  const headers = { "idempotency-key": randomUUID() };
  return api.v1Json("/Calls/connect.json", { method: "POST", body, headers });
}

/** Who is called first, and where the call then goes. */
async function targetOf(
  api: AccountApi,
  to: string,
  { from, flow, callerId }: PlaceOptions,
): Promise<Result<Record<string, string>, ApiProblem>> {
  const given = flow === undefined ? null : urlOf(api, flow);
  if (callerId !== undefined && from !== undefined) return ok({ From: from, To: to, CallerId: callerId });
  if (callerId !== undefined && given !== null) return ok({ From: to, CallerId: callerId, Url: given });
  const numbers = await api.v1Json<Numbers>("/IncomingPhoneNumbers.json");
  if (!numbers.ok) return numbers;
  const all = numbers.value.IncomingPhoneNumbers.map((each) => each.IncomingPhoneNumber);
  const shown = callerId === undefined ? all[0] : all.find(({ PhoneNumber }) => sameDigits(PhoneNumber, callerId));
  if (shown === undefined) return refusal(`the account has no ExoPhone${callerId === undefined ? "" : ` ${callerId}`}`);
  const CallerId = shown.PhoneNumber;
  if (from !== undefined) return ok({ From: from, To: to, CallerId });
  const Url = given ?? shown.VoiceUrl;
  return Url === null
    ? refusal(`${CallerId} points at no flow: give --flow or --from`)
    : ok({ From: to, CallerId, Url });
}

function refusal(sentence: string): Result<never, ApiProblem> {
  return err({ status: 404, sentences: [sentence] });
}

function urlOf({ server, account }: AccountApi, flow: string): string {
  return `${server}/${account}/exoml/start_voice/${flow}`;
}

/** The account may write its numbers nationally. */
function sameDigits(a: string, b: string): boolean {
  return lastDigits(a) === lastDigits(b);
}

const SIGNIFICANT_DIGITS = 10;

function lastDigits(text: string): string {
  return text.replaceAll(/\D/g, "").slice(-SIGNIFICANT_DIGITS);
}
