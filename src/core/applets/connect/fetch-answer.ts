import {
  sendRequest,
  type CustomerRequestState,
  type RequestPolicy,
  type RequestOutcome,
  evaluateFlowAnswer,
} from "../../call/customer-request.ts";
import { MAX_CALL_MS, MAX_FETCHES_PER_CONNECT } from "../../call/limits.ts";
import type { StepContext } from "../../call/step-context.ts";
import type { Exophone } from "../../contract/account.ts";
import { type ConnectAnswer, validateConnectAnswer, validateConnectBody, withoutAudio } from "../../contract/answer.ts";
import type { CallPlacement, SecondNumber } from "../../contract/placed-call.ts";
import { ACCEPT_JSON, ACCEPT_TEXT } from "../../contract/request.ts";
import { dialWhomBody, evaluateDialWhomAnswer } from "./dial-whom.ts";
import type { ConnectDocument } from "./schema.ts";
import { type ConnectState, hasDialled } from "./state.ts";

/** Asks whom to dial: the Primary URL, the Dial-Whom URL, or the flow document itself. */
export function requestAnswer(
  context: StepContext,
  state: ConnectState,
  document: ConnectDocument,
): RequestOutcome<ConnectAnswer> {
  const policy = requestPolicy(context, document);
  const request: CustomerRequestState<ConnectAnswer> = { ...state.request };
  state.request = request;
  if (policy.primary !== "") {
    // REF-3: a re-fetch names the previous list; the attempts so far became facts when their round closed.
    const numbers = hasDialled(state) ? (state.answer?.destinations ?? null) : null;
    return sendRequest(context, request, policy, context.query(numbers));
  }
  const { placed } = context.call;
  if (isOfPlacedCall(document) && placed?.second != null) return answerOf(placed, placed.second);
  const whom = document.dial_whom;
  const body = whom === undefined ? document.parameters : dialWhomBody(context, whom, document.parameters);
  const { account } = context.setup;
  const { flow } = context;
  return evaluateFlowAnswer(
    context,
    request,
    policy,
    validateConnectBody(body, account, exophoneOf(context), flow.validation),
  );
}

/** Whether this is the Connect of a call by API that connects two numbers: a customer's document always has a source. */
function isOfPlacedCall({ url, parameters, dial_whom }: ConnectDocument): boolean {
  return url === undefined && parameters === undefined && dial_whom === undefined;
}

/**
 * API-2: the parameters of the API request, in the form of a URL's answer. Audio that cannot be played is replaced or
 * skipped (DIAL-7, DIAL-8).
 */
function answerOf(placed: CallPlacement, second: SecondNumber): RequestOutcome<ConnectAnswer> {
  const { destination, record, recordingChannels, waitUrl, playback } = second;
  const answer: ConnectAnswer = {
    fetchAfterAttempt: false,
    destinations: [destination],
    outgoingPhoneNumber: null,
    record,
    recordingChannels,
    maxRingingDurationS: placed.ringLimitMs / 1000,
    // `TimeLimit` applies to the whole call.
    maxConversationDurationS: MAX_CALL_MS / 1000,
    musicOnHold: waitUrl === null ? { type: "default_tone" } : { type: "custom_tone", url: waitUrl },
    parallel: { activate: false, maxAttempts: 1 },
    dialEventUrl: null,
    startCallPlayback: playback,
  };
  return { kind: "answer", id: REQUEST, answer };
}

/** The source of an answer that came from neither a URL nor the flow. */
const REQUEST = "api";

/** REQ-3: requests to the dynamic URL carry the version header (1.0); the older Dial-Whom URL is recognised by its absence. */
export function requestPolicy(context: StepContext, document: ConnectDocument): RequestPolicy<ConnectAnswer> {
  const { url, dial_whom: whom, parameters } = document;
  const { account } = context.setup;
  const { flow } = context;
  const common = { maxRequests: MAX_FETCHES_PER_CONNECT, withoutAudio };
  if (whom !== undefined) {
    return {
      ...common,
      purpose: "dial_whom",
      primary: whom.url ?? "",
      fallback: null,
      versionHeader: false,
      accept: ACCEPT_TEXT,
      evaluate: (outcome) => evaluateDialWhomAnswer(context, outcome, parameters),
    };
  }
  return {
    ...common,
    purpose: "connect",
    primary: url?.primary ?? "",
    fallback: url?.fallback ?? null,
    versionHeader: true,
    accept: ACCEPT_JSON,
    evaluate: (outcome) => validateConnectAnswer(outcome, account, exophoneOf(context), flow.validation),
  };
}

/** The ExoPhone of leg 1: the one called, or the one an API call was made from. */
export function exophoneOf(context: StepContext): Exophone {
  const { to } = context.call;
  const owned = context.setup.account.exophones.find((each) => each.number === to);
  return owned ?? { number: to, region: null, trunk: null };
}
