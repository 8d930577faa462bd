import type { Turn } from "../../call/turn.ts";
import { judgeConnectBody, type Verdict } from "../../contract/answer.ts";
import type { HttpOutcome } from "../../contract/http.ts";
import { judgeDialWhomText } from "../../contract/text-answers.ts";
import type { ConnectDocument } from "./schema.ts";

type DialWhom = NonNullable<ConnectDocument["dial_whom"]>;
type Parameters = ConnectDocument["parameters"];

/** APP-7 in the shape of an answer: the numbers of the flow, or those of a group; the rest from `parameters`. */
export function dialWhomBody(turn: Turn, whom: DialWhom, parameters: Parameters): Record<string, unknown> {
  return { ...parameters, destination: { numbers: numbersOf(turn, whom) } };
}

function numbersOf(turn: Turn, whom: DialWhom): readonly string[] {
  const { numbers, group } = whom;
  if (numbers !== undefined) return numbers;
  if (group === undefined) return [];
  const { groups, users } = turn.setup.account;
  const names = Object.hasOwn(groups, group) ? groups[group] : undefined;
  if (names === undefined) {
    turn.decide("APP-7", `The account has no group "${group}": nobody is dialled.`);
    return [];
  }
  // A member without a number of his own is reached at his phone or browser.
  return names.map((name) => users.find((user) => user.name === name)?.number ?? `sip:${name}`);
}

/** APP-7: the URL's text names the destinations; everything else stands in `parameters`, or takes the defaults. */
export function judgeDialWhomAnswer(turn: Turn, outcome: HttpOutcome, parameters: Parameters): Verdict {
  const { account, flow } = turn.setup;
  const text = judgeDialWhomText(outcome, account);
  if (!text.usable) return text;
  const rest = judgeConnectBody({ ...parameters, destination: { numbers: [] } }, account, null, flow.validation);
  if (!rest.usable) return rest;
  const findings = [...rest.findings, ...text.findings];
  return { ...rest, answer: { ...rest.answer, destinations: text.destinations }, findings };
}
