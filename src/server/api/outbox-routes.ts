import type { FastifyInstance } from "fastify";
import type { Result } from "../../base/result.ts";
import { err, ok } from "../../base/result.ts";
import { maskCredentials } from "../../core/contract/query.ts";
import type { OutboxEntry, OutboxFilter } from "../../edges/store/types.ts";
import type { AccountParams, ApiOptions } from "./api-options.ts";
import { problem } from "./problem.ts";

const PAGE_SIZE = 50;
const MAX_PAGE_SIZE = 100;

interface OutboxRoute {
  Params: AccountParams;
  Querystring: Record<string, unknown>;
}

/** What is still owed to the account's servers, what was given up, and sending that again. */
export function outboxRoutes(app: FastifyInstance, { store }: Pick<ApiOptions, "store">): void {
  app.get<OutboxRoute>("/outbox", async ({ params, query }, reply) => {
    const filter = readFilter(query);
    if (!filter.ok) return problem(reply, 400, filter.error);
    const entries = await store.listOutbox(params.account, filter.value);
    const last = entries.at(-1);
    const isFull = entries.length === (filter.value.limit ?? PAGE_SIZE);
    return { deliveries: entries.map(delivery), next: isFull && last !== undefined ? String(last.seq) : null };
  });
  app.post<{ Params: AccountParams & { id: string } }>("/outbox/:id/replay", async ({ params }, reply) => {
    const { account, id } = params;
    const outcome = await store.unpark(account, id);
    if (outcome === "unknown") return problem(reply, 404, `account ${account} owes no delivery ${id}`);
    if (outcome === "waited_already")
      return problem(reply, 409, `delivery ${id} was not given up: it is tried again by itself`);
    return reply.code(202).send({ id });
  });
}

function delivery(entry: OutboxEntry): object {
  const { id, callSid, purpose, order, tries, createdAt, dueAt, parkedAt, error } = entry;
  return {
    id,
    call_sid: callSid,
    purpose,
    order,
    state: parkedAt === null ? "waiting" : "parked",
    ...request(entry),
    tries,
    created_at: new Date(createdAt).toISOString(),
    due_at: parkedAt === null ? new Date(Math.max(dueAt, createdAt)).toISOString() : null,
    parked_at: parkedAt === null ? null : new Date(parkedAt).toISOString(),
    error,
  };
}

/** Of the request only what helps to find it: never credentials, and no body. */
function request({ request: json }: OutboxEntry): { readonly method: string | null; readonly url: string | null } {
  const unreadable = { method: null, url: null };
  try {
    const { method, url } = JSON.parse(json) as { method?: unknown; url?: unknown };
    if (typeof method !== "string" || typeof url !== "string") return unreadable;
    return { method, url: maskCredentials(url) };
  } catch {
    return unreadable;
  }
}

/** What is not here is refused by name, as in the list of calls. */
function readFilter(query: Readonly<Record<string, unknown>>): Result<OutboxFilter, string> {
  const { state, before, limit = String(PAGE_SIZE), ...others } = query;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) return err(`there is no filter "${unknown}": state, before, limit are known`);
  if (state !== undefined && state !== "parked" && state !== "waiting")
    return err(`state is ${JSON.stringify(state)}, it must be one of parked, waiting`);
  if (before !== undefined && !(typeof before === "string" && /^\d{1,15}$/.test(before)))
    return err(`before is ${JSON.stringify(before)}, it must be the "next" of an earlier page`);
  const size = typeof limit === "string" && /^\d{1,3}$/.test(limit) ? Number(limit) : 0;
  if (size < 1 || size > MAX_PAGE_SIZE)
    return err(`limit is ${JSON.stringify(limit)}, it must be a whole number from 1 to ${MAX_PAGE_SIZE}`);
  return ok({ limit: size, ...(state && { state }), ...(before !== undefined && { before: Number(before) }) });
}
