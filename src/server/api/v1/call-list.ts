import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { z } from "zod";
import type { CallPage, CallSummary } from "../../../edges/store/types.ts";
import type { AccountConfig } from "../../exchange/account-config.ts";
import type { ApiOptions } from "../api-options.ts";
import { configOf } from "./account.ts";
import { cursorOf, filterOf, listQuery } from "./call-list-query.ts";
import { inBothForms } from "./described.ts";
import { callPageAnswer } from "./models.ts";
import type { AnswerFormat, PageMetadata, Representation } from "./representation.ts";
import { answer, callFields, page } from "./representation.ts";
import { restException } from "./rest-exception.ts";

type Query = z.output<typeof listQuery>;

/** The list of calls (API-5), live ones included. */
export function callListRoutes(app: FastifyInstance, options: ApiOptions): void {
  const route = {
    method: "GET",
    url: "/Calls",
    operationId: "exotel.listCalls",
    summary: "Calls, newest first",
  } as const;
  const description =
    "A page is found relative to a call, not by a number, so that new calls don't shift it. " +
    "Parameters not listed here are ignored, as Exotel does.";
  inBothForms(
    app,
    { ...route, description, querystring: listQuery, answers: callPageAnswer },
    (request, reply, format) => list(options, request, reply, format),
  );
}

async function list(
  options: ApiOptions,
  request: FastifyRequest,
  reply: FastifyReply,
  format: AnswerFormat,
): Promise<FastifyReply> {
  const { account: sid } = request.params as { readonly account: string };
  const config = configOf(options, sid);
  const query = request.query as Query;
  const filter = filterOf(query, config.account);
  if (!filter.ok) return restException(request, reply, 400, filter.error);
  const [found, total] = await Promise.all([
    options.store.pageOfCalls(sid, filter.value),
    options.store.countCalls(sid, filter.value),
  ]);
  const metadata = { total, pageSize: query.PageSize, ...linksOf(request, query, found) };
  return answer(reply, format, page(metadata, "Calls", await shown(options, config, found.calls, format)));
}

async function shown(
  { store, links, clock }: ApiOptions,
  { account, recordingLinks }: AccountConfig,
  calls: readonly CallSummary[],
  format: AnswerFormat,
): Promise<readonly Representation[]> {
  const sids = calls.map(({ callSid }) => callSid);
  const recordings = await store.playableRecordings(account.sid, sids);
  return calls.map((call) => {
    const id = recordings.get(call.callSid);
    const recordingUrl = id === undefined ? null : links.link(account.sid, id, recordingLinks, clock.now());
    return callFields({ ...call, recordingUrl }, account, format);
  });
}

type Links = Pick<PageMetadata, "firstPageUri" | "prevPageUri" | "nextPageUri">;

/** A page requested relative to another one has that neighbour; reading the page tells whether it has a further one. */
function linksOf(request: FastifyRequest, query: Query, { calls, hasMore }: CallPage): Links {
  const [first, last] = [calls[0], calls.at(-1)];
  const hasPrevious = query.Before === undefined ? query.After !== undefined : hasMore;
  const hasNext = query.Before === undefined ? hasMore : true;
  return {
    firstPageUri: uriOf(request, {}),
    prevPageUri: first === undefined || !hasPrevious ? null : uriOf(request, { Before: cursorOf(first) }),
    nextPageUri: last === undefined || !hasNext ? null : uriOf(request, { After: cursorOf(last) }),
  };
}

/** The URI of the request with another cursor. */
function uriOf(request: FastifyRequest, cursor: Readonly<Record<string, string>>): string {
  const [path = "", query = ""] = request.url.split("?", 2);
  const parameters = new URLSearchParams(query);
  for (const name of ["Before", "After"]) parameters.delete(name);
  for (const [name, value] of Object.entries(cursor)) parameters.set(name, value);
  return parameters.size === 0 ? path : `${path}?${parameters.toString()}`;
}
