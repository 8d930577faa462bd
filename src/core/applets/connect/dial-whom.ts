import { FLOW_ANSWER } from "../../call/customer-request.ts";
import type { StepContext } from "../../call/step-context.ts";
import { validateConnectBody, type ConnectVerdict } from "../../contract/answer.ts";
import { type Finding, quote, warning } from "../../contract/finding.ts";
import type { HttpOutcome } from "../../contract/http.ts";
import { validateDialWhomText } from "../../contract/text-answers.ts";
import type { ConnectDocument } from "./schema.ts";

type DialWhom = NonNullable<ConnectDocument["dial_whom"]>;
type Parameters = ConnectDocument["parameters"];

/** APP-7 in the form of an answer: the numbers of the flow, or those of a group; the rest from `parameters`. */
export function dialWhomBody(context: StepContext, whom: DialWhom, parameters: Parameters): Record<string, unknown> {
  return { ...parameters, destination: { numbers: numbersOf(context, whom) } };
}

function numbersOf(context: StepContext, whom: DialWhom): readonly string[] {
  const { numbers, group } = whom;
  if (numbers !== undefined) return numbers;
  if (group === undefined) return [];
  const { groups, users } = context.setup.account;
  const names = Object.hasOwn(groups, group) ? groups[group] : undefined;
  if (names === undefined) {
    context.findings(FLOW_ANSWER, [unknownGroup(group, Object.keys(groups))]);
    return [];
  }
  // A member without a number is reached on their SIP phone or browser.
  return names.map((name) => users.find((user) => user.name === name)?.number ?? `sip:${name}`);
}

/** APP-7: a group that the account does not have dials nobody. */
export function unknownGroup(group: string, known: readonly string[]): Finding {
  const found = quote(group);
  const allowed = known.length === 0 ? "a group of the account, which has none" : `one of ${known.join(", ")}`;
  return warning({ rule: "APP-7", path: "dial_whom.group", found, allowed, consequence: "nobody is dialled" });
}

/** APP-7: the URL's text names the destinations; everything else is in `parameters`, or takes the defaults. */
export function evaluateDialWhomAnswer(
  context: StepContext,
  outcome: HttpOutcome,
  parameters: Parameters,
): ConnectVerdict {
  const { account } = context.setup;
  const { flow } = context;
  const text = validateDialWhomText(outcome, account);
  if (!text.usable) return text;
  const rest = validateConnectBody({ ...parameters, destination: { numbers: [] } }, account, null, flow.validation);
  if (!rest.usable) return rest;
  const findings = [...rest.findings, ...text.findings];
  return { ...rest, answer: { ...rest.answer, destinations: text.destinations }, findings };
}
