import { ask, type Asking, type Question, type Reply, weighFlow } from "../../call/asking.ts";
import { MAX_FETCHES_PER_CONNECT } from "../../call/limits.ts";
import type { Turn } from "../../call/turn.ts";
import type { Exophone } from "../../contract/account.ts";
import { type ConnectAnswer, judgeConnectAnswer, judgeConnectBody, withoutAudio } from "../../contract/answer.ts";
import { dialWhomBody, judgeDialWhomAnswer } from "./dial-whom.ts";
import type { ConnectDocument } from "./schema.ts";
import { type ConnectState, hasDialled } from "./state.ts";

/** Asks whom to dial: the Primary URL, the Dial-Whom URL, or the flow document itself. */
export function askWhom(turn: Turn, run: ConnectState, document: ConnectDocument): Reply<ConnectAnswer> {
  const question = questionOf(turn, document);
  const asking: Asking<ConnectAnswer> = { ...run.asking };
  run.asking = asking;
  if (question.primary !== "") {
    // REF-3: a re-fetch names the list before; the attempts so far were learnt when their round closed.
    const numbers = hasDialled(run) ? (run.answer?.destinations ?? null) : null;
    return ask(turn, asking, question, turn.query(numbers));
  }
  const whom = document.dial_whom;
  const body = whom === undefined ? document.parameters : dialWhomBody(turn, whom, document.parameters);
  const { account, flow } = turn.setup;
  return weighFlow(turn, asking, question, judgeConnectBody(body, account, exophoneOf(turn), flow.validation));
}

/** REQ-3: the dynamic URL speaks version 1.0 and says so; the older Dial-Whom URL is told by the absence of the header. */
export function questionOf(turn: Turn, document: ConnectDocument): Question<ConnectAnswer> {
  const { url, dial_whom: whom, parameters } = document;
  const { account, flow } = turn.setup;
  const common = { maxRequests: MAX_FETCHES_PER_CONNECT, withoutAudio };
  if (whom !== undefined) {
    return {
      ...common,
      purpose: "dial_whom",
      primary: whom.url ?? "",
      fallback: null,
      versionHeader: false,
      accept: "text/plain",
      judge: (outcome) => judgeDialWhomAnswer(turn, outcome, parameters),
    };
  }
  return {
    ...common,
    purpose: "connect",
    primary: url?.primary ?? "",
    fallback: url?.fallback ?? null,
    versionHeader: true,
    accept: "application/json",
    judge: (outcome) => judgeConnectAnswer(outcome, account, exophoneOf(turn), flow.validation),
  };
}

/** The ExoPhone of leg 1: the one called, or the one an API call was made from. */
export function exophoneOf(turn: Turn): Exophone {
  const { to } = turn.call;
  const owned = turn.setup.account.exophones.find((each) => each.number === to);
  return owned ?? { number: to, region: null, trunk: null };
}
