import { Readable } from "node:stream";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import type { Result } from "../../base/result.ts";
import { err, ok } from "../../base/result.ts";
import type { FeedAnswer } from "../exchange/feed/feed.ts";
import { DEFAULT_RETENTION } from "../exchange/retention-schema.ts";
import type { RenderedEvent } from "../exchange/feed/rendered-event.ts";
import type { AccountParams, ApiOptions } from "./api-options.ts";
import { accountParams, onlyThese, wholeNumber as pageSize } from "./openapi/parameters.ts";
import { typed } from "./openapi/typed-routes.ts";
import { problem } from "./problem.ts";

const PAGE_EVENTS = 100;
const MAX_PAGE_EVENTS = 1000;
/** ms without an event after which a comment is sent: proxies close connections that are silent for a minute. */
const HEARTBEAT_MS = 15_000;
/** ms that a reader may take to receive what was sent; after that it must come back with its cursor. */
const STALLED_MS = 60_000;
/** ms after which a client that lost its connection should reconnect. */
const RECONNECT_MS = 1000;
/** Limit on concurrent streams: each holds a connection, of which a process has about a thousand. */
const STREAMS_PER_ACCOUNT = 64;
const STREAMS = 256;

const eventsQuery = onlyThese(
  {
    after: z
      .string()
      .refine((text) => !Number.isNaN(wholeNumber(text, 0, Number.MAX_SAFE_INTEGER)), {
        error: "the id of an event, or 0",
      })
      .transform(Number)
      .optional()
      .describe("The last event seen; those after it follow. `Last-Event-ID` means the same"),
    limit: pageSize(1, MAX_PAGE_EVENTS).default(PAGE_EVENTS).describe("Events per page"),
  },
  "parameter",
);

const eventsPage = z
  .object({
    events: z.array(
      z
        .looseObject({ id: z.string(), type: z.string(), time: z.string() })
        .meta({ id: "AccountEvent", description: "CloudEvents 1.0" }),
    ),
    next: z.string().describe("`after` for the next page"),
    newest: z.string(),
  })
  .meta({ id: "EventPage" });

const SCHEMA = {
  operationId: "events.list",
  summary: "The account's events: a page of JSON if only that is accepted, otherwise a stream",
  params: accountParams,
  querystring: eventsQuery,
  response: {
    200: { content: { "application/json": { schema: eventsPage }, "text/event-stream": { schema: z.string() } } },
  },
  refusals: {
    409: "There is no such event yet",
    410: "The events after that one have been deleted; `detail` says which is the oldest",
    429: "Too many streams are open",
  },
};

type EventOptions = Pick<ApiOptions, "feed" | "clock" | "directory">;

type EventRequest = FastifyRequest<{ Params: AccountParams; Querystring: z.output<typeof eventsQuery> }>;

/** What a request for events asks for. */
interface FeedQuery {
  /** Null: none was given. */
  readonly after: number | null;
  readonly limit: number;
}

/** The account's events: a stream of server-sent events, or pages of JSON if the client accepts nothing else. */
export function eventRoutes(app: FastifyInstance, options: EventOptions): void {
  const streams = new EventStreams(options);
  typed(app).get("/events", { schema: SCHEMA }, async (request, reply) => {
    const query = readQuery(request);
    if (!query.ok) return problem(reply, 400, query.error);
    return wantsPage(request) ? page(options, request, reply, query.value) : streams.open(request, reply, query.value);
  });
}

/** A stream is the default if the client accepts both: it never has to ask again. */
function wantsPage({ headers: { accept = "" } }: Pick<EventRequest, "headers">): boolean {
  return /application\/(?:cloudevents-batch\+)?json/i.test(accept) && !/text\/event-stream/i.test(accept);
}

/** `Last-Event-ID` takes precedence: a reconnecting browser sends it with the original URL. */
function readQuery({ headers, query }: Pick<EventRequest, "headers" | "query">): Result<FeedQuery, string> {
  const { after = null, limit } = query;
  const header = headers["last-event-id"];
  if (header === undefined) return ok({ after, limit });
  const cursor = wholeNumber(header, 0, Number.MAX_SAFE_INTEGER);
  if (!Number.isNaN(cursor)) return ok({ after: cursor, limit });
  return err(`Last-Event-ID is ${JSON.stringify(header)}, it must be the id of an event, or 0`);
}

/** NaN if it is not a whole number in this range. */
function wholeNumber(value: unknown, least: number, most: number): number {
  const number = typeof value === "string" && /^\d{1,16}$/.test(value) ? Number(value) : Number.NaN;
  return number >= least && number <= most ? number : Number.NaN;
}

async function page(
  options: EventOptions,
  request: Pick<EventRequest, "params">,
  reply: FastifyReply,
  { after, limit }: FeedQuery,
): Promise<FastifyReply> {
  const { account } = request.params;
  const answer = await options.feed.page(account, after, limit);
  if (answer.kind !== "events") return lostCursor(options, account, reply, after ?? 0, answer);
  const { events, newest } = answer;
  const next = events.at(-1)?.seq ?? after ?? newest;
  const list = events.map(({ json }) => json).join(",");
  return reply.type("application/json").send(`{"events":[${list}],"next":"${next}","newest":"${newest}"}`);
}

/** Answers why events after this number are not available. */
function lostCursor(
  { directory }: EventOptions,
  account: string,
  reply: FastifyReply,
  after: number,
  answer: Exclude<FeedAnswer, { kind: "events" }>,
): FastifyReply {
  if (answer.kind === "ahead") {
    const detail = `there is no event ${after}: the newest one is ${answer.newest}, and the database may be an older copy`;
    return problem(reply, 409, detail);
  }
  if (answer.kind === "lost") {
    const { resume } = answer;
    const detail = `event ${after} was lost when the database was restored from a backup: the last one before that is ${resume}, continue with after=${resume}`;
    return problem(reply, 409, detail);
  }
  const { oldest } = answer;
  const { eventsDays: days } = directory.account(account)?.retention ?? DEFAULT_RETENTION;
  const detail = `events are kept for ${days} days and those after ${after} were deleted: ${oldest} is the oldest, continue with after=${oldest - 1}`;
  return problem(reply, 410, detail);
}

/** The streams open in this process. */
class EventStreams {
  readonly #options: EventOptions;
  readonly #open = new Map<string, number>();
  #total = 0;

  constructor(options: EventOptions) {
    this.#options = options;
  }

  /** Opens a stream from the cursor on or, without one, from now on. */
  async open(
    { params: { account } }: Pick<EventRequest, "params">,
    reply: FastifyReply,
    { after }: FeedQuery,
  ): Promise<FastifyReply> {
    const { feed } = this.#options;
    if (this.#total >= STREAMS || (this.#open.get(account) ?? 0) >= STREAMS_PER_ACCOUNT)
      return problem(reply.header("retry-after", "10"), 429, "too many event streams are open: close one of them");
    const from = after ?? (await feed.newest(account));
    const answer = after === null ? null : await feed.page(account, after, 1);
    if (answer !== null && answer.kind !== "events") return lostCursor(this.#options, account, reply, from, answer);
    this.#count(account, 1);
    const signal = closed(reply);
    const frames = Readable.from(this.#frames(account, from, signal, reply));
    frames.once("close", () => this.#count(account, -1));
    return reply
      .type("text/event-stream; charset=utf-8")
      .header("cache-control", "no-store")
      .header("x-accel-buffering", "no") // nginx would hold events back
      .send(frames);
  }

  /** Makes a frame once the connection has taken the previous one, so that a slow reader costs only one read of the feed. */
  async *#frames(account: string, from: number, signal: AbortSignal, reply: FastifyReply): AsyncGenerator<string> {
    const { feed, clock } = this.#options;
    // Sends the cursor before the first event, too, so that a client that loses its connection early returns to the same place.
    yield `retry: ${RECONNECT_MS}\nid: ${from}\n\n`;
    for await (const events of feed.follow(account, from, HEARTBEAT_MS, signal)) {
      const stalled = clock.after(STALLED_MS, () => reply.raw.destroy());
      try {
        yield events.length === 0 ? ":\n\n" : events.map(frame).join("");
      } finally {
        stalled.cancel();
      }
    }
  }

  #count(account: string, by: 1 | -1): void {
    const open = (this.#open.get(account) ?? 0) + by;
    this.#total += by;
    if (open === 0) this.#open.delete(account);
    else this.#open.set(account, open);
  }
}

function frame({ seq, json }: RenderedEvent): string {
  return `id: ${seq}\ndata: ${json}\n\n`;
}

function closed(reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  reply.raw.once("close", () => controller.abort());
  return controller.signal;
}
