import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { formatNumber } from "../../../core/contract/numbers.ts";
import type { CallSummary, StoredCall } from "../../../edges/store/types.ts";
import type { ApiOptions } from "../api-options.ts";
import { configOf } from "./account.ts";
import { decidingLeg, legStatus, legsOf, onCall, showLeg } from "./call-legs.ts";
import { inBothForms } from "./described.ts";
import { callAnswer, legsAnswer, recordingAnswer } from "./models.ts";
import type { AnswerFormat, Representation } from "./representation.ts";
import { answer, callFields, shownStatus } from "./representation.ts";
import { restException } from "./rest-exception.ts";

interface CallParams {
  account: string;
  callSid: string;
}

const NO_CALL = { 404: "The account has no such call" };
/** Anything but `true` adds nothing; other parameters are ignored, as Exotel does. */
const detailsQuery = z.object({ details: z.string().optional().describe("`true`: with `Details` (API-4)") });

/** One call, its legs and its recording (API-4). */
export function callDetailRoutes(app: FastifyInstance, options: ApiOptions): void {
  const url = "/Calls/:callSid";
  const call = {
    method: "GET",
    url,
    operationId: "exotel.getCall",
    summary: "One call",
    querystring: detailsQuery,
  } as const;
  inBothForms(app, { ...call, answers: callAnswer, refusals: NO_CALL }, (request, reply, format) =>
    withCall(options, request, reply, (stored) => answerCall(options, stored, request, reply, format)),
  );
  // `Uri` of Exotel's own answers has this form.
  app.get<{ Params: CallParams }>("/Calls.json/:callSid", { schema: { hide: true } }, (request, reply) =>
    withCall(options, request, reply, (stored) => answerCall(options, stored, request, reply, "json")),
  );
  const legs = {
    method: "GET",
    url: `${url}/Legs`,
    operationId: "exotel.getLegs",
    summary: "The legs of a call",
  } as const;
  inBothForms(app, { ...legs, answers: legsAnswer, refusals: NO_CALL }, (request, reply, format) =>
    withCall(options, request, reply, (stored) => answerLegs(options, stored, reply, format)),
  );
  const recording = { method: "GET", url: `${url}/Recording`, operationId: "exotel.getRecording" } as const;
  const refusals = { 404: "The account has no such call, or it has no recording that can be played" };
  const summary = "Where the recording of a call can be fetched";
  inBothForms(app, { ...recording, summary, answers: recordingAnswer, refusals }, (request, reply, format) =>
    withCall(options, request, reply, (stored) => answerRecording(options, stored, request, reply, format)),
  );
}

async function withCall(
  { store }: ApiOptions,
  request: FastifyRequest,
  reply: FastifyReply,
  show: (stored: StoredCall) => FastifyReply,
): Promise<FastifyReply> {
  const { account, callSid } = request.params as CallParams;
  const stored = await store.getCall(account, callSid);
  return stored === null
    ? restException(request, reply, 404, `account ${account} has no call ${callSid}`)
    : show(stored);
}

function answerCall(
  options: ApiOptions,
  stored: StoredCall,
  request: FastifyRequest,
  reply: FastifyReply,
  format: AnswerFormat,
): FastifyReply {
  const { call } = stored;
  const { account } = configOf(options, call.account);
  const fields = callFields({ ...call, recordingUrl: recordingUrlOf(options, stored) }, account, format);
  const { details } = request.query as { readonly details?: string };
  return answer(reply, format, { Call: details === "true" ? { ...fields, Details: detailsOf(stored) } : fields });
}

function answerLegs(options: ApiOptions, stored: StoredCall, reply: FastifyReply, format: AnswerFormat): FastifyReply {
  const { account } = configOf(options, stored.call.account);
  const legs = legsOf(stored);
  const shown = legs.map((leg) => showLeg(leg, shownStatus(stored.call), (number) => formatNumber(number, account)));
  return answer(reply, format, { Legs: shown });
}

function answerRecording(
  options: ApiOptions,
  stored: StoredCall,
  request: FastifyRequest,
  reply: FastifyReply,
  format: AnswerFormat,
): FastifyReply {
  const recording = playableOf(stored);
  if (recording === null) return restException(request, reply, 404, `call ${stored.call.callSid} has no recording`);
  const model = {
    Sid: recording.id,
    CallSid: stored.call.callSid,
    Duration: Math.floor(recording.durationMs / 1000),
    Channels: recording.layout === "dual" ? "dual" : "single",
    RecordingUrl: recordingUrlOf(options, stored),
  };
  return answer(reply, format, { Recording: model });
}

/** What `?details=true` adds (API-4). */
function detailsOf(stored: StoredCall): Representation {
  const legs = legsOf(stored);
  const deciding = decidingLeg(legs);
  const shown = [legs[0], deciding].flatMap((leg) => (leg === undefined || leg === null ? [] : [leg]));
  const first = shownStatus(stored.call);
  return {
    ConversationDuration: conversationOf(stored.call),
    Leg1Status: legs[0] === undefined ? first : legStatus(legs[0], first),
    Leg2Status: deciding === null ? null : legStatus(deciding, first),
    Legs: shown.map((leg, index) => ({ Leg: { Id: index + 1, OnCallDuration: onCall(leg) } })),
  };
}

function conversationOf({ cdr }: CallSummary): number {
  return cdr === null ? 0 : ((JSON.parse(cdr) as { readonly conversation_s?: number }).conversation_s ?? 0);
}

/** The recording of a call: the longest that can be played, if there are several. */
function playableOf({ recordings }: StoredCall): StoredCall["recordings"][number] | null {
  const playable = recordings.filter(({ failure }) => failure === null);
  return playable.toSorted((a, b) => b.durationMs - a.durationMs)[0] ?? null;
}

function recordingUrlOf({ directory, links, clock }: ApiOptions, stored: StoredCall): string | null {
  const recording = playableOf(stored);
  if (recording === null) return null;
  const { account } = stored.call;
  return links.link(account, recording.id, directory.account(account)?.recordingLinks ?? null, clock.now());
}
