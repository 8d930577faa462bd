import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { maskCredentials } from "../../core/contract/query.ts";
import type { OutboxEntry } from "../../edges/store/types.ts";
import type { ApiOptions } from "./api-options.ts";
import { accountParams, beforeRow, onlyThese, wholeNumber } from "./openapi/parameters.ts";
import { typed } from "./openapi/typed-routes.ts";
import { problem } from "./problem.ts";

const PAGE_SIZE = 50;
const MAX_PAGE_SIZE = 100;

/** Unknown parameters are refused by name, as in the list of calls. */
const outboxQuery = onlyThese(
  {
    state: z.enum(["parked", "waiting"]).optional(),
    before: beforeRow(),
    limit: wholeNumber(1, MAX_PAGE_SIZE).default(PAGE_SIZE),
  },
  "filter",
);

const deliveryModel = z
  .object({
    id: z.string(),
    call_sid: z.string(),
    purpose: z.string(),
    order: z.string().describe("Deliveries of one call with the same `order` are sent one after the other"),
    state: z.enum(["waiting", "parked"]),
    method: z.string().nullable(),
    url: z.string().nullable().describe("Without credentials"),
    tries: z.int(),
    created_at: z.iso.datetime(),
    due_at: z.iso.datetime().nullable(),
    parked_at: z.iso.datetime().nullable(),
    error: z.string().nullable(),
  })
  .meta({ id: "Delivery" });

const LIST = {
  operationId: "outbox.list",
  summary: "Deliveries to the account's servers that are pending, and those that were given up",
  params: accountParams,
  querystring: outboxQuery,
  response: {
    200: z.object({ deliveries: z.array(deliveryModel), next: z.string().nullable() }).meta({ id: "Outbox" }),
  },
};
const REPLAY = {
  operationId: "outbox.replay",
  summary: "Resends a delivery that was given up",
  params: accountParams.extend({ id: z.string() }),
  response: { 202: z.object({ id: z.string() }) },
  refusals: { 404: "The account has no such delivery", 409: "It was not given up: it is retried automatically" },
};

/** Deliveries to the account's servers: pending ones, those given up, and resending these. */
export function outboxRoutes(app: FastifyInstance, { store }: Pick<ApiOptions, "store">): void {
  const routes = typed(app);
  routes.get("/outbox", { schema: LIST }, ({ params, query }) => pageOf(store, params.account, query));
  routes.post("/outbox/:id/replay", { schema: REPLAY }, async ({ params }, reply) => {
    const { account, id } = params;
    const outcome = await store.unpark(account, id);
    if (outcome === "unknown") return problem(reply, 404, `account ${account} owes no delivery ${id}`);
    if (outcome === "waited_already")
      return problem(reply, 409, `delivery ${id} was not given up: it is retried automatically`);
    return reply.code(202).send({ id });
  });
}

async function pageOf(store: ApiOptions["store"], account: string, query: z.output<typeof outboxQuery>) {
  const { state, before, limit } = query;
  const filter = { limit, ...(state && { state }), ...(before !== undefined && { before }) };
  const entries = await store.listOutbox(account, filter);
  const last = entries.at(-1);
  const next = entries.length === limit && last !== undefined ? String(last.seq) : null;
  return { deliveries: entries.map(delivery), next };
}

function delivery(entry: OutboxEntry) {
  const { id, callSid, purpose, order, tries, createdAt, dueAt, parkedAt, error } = entry;
  return {
    id,
    call_sid: callSid,
    purpose,
    order,
    state: parkedAt === null ? ("waiting" as const) : ("parked" as const),
    ...request(entry),
    tries,
    created_at: new Date(createdAt).toISOString(),
    due_at: parkedAt === null ? new Date(Math.max(dueAt, createdAt)).toISOString() : null,
    parked_at: parkedAt === null ? null : new Date(parkedAt).toISOString(),
    error,
  };
}

/** Only what helps to identify the request: never credentials, and no body. */
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
