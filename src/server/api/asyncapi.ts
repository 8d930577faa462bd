import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { VERSION } from "../../version.ts";
import type { FeedEventName } from "../exchange/feed/feed-events.ts";
import { FEED_EVENTS, envelopeSchema } from "../exchange/feed/feed-events.ts";
import { typed } from "./openapi/typed-routes.ts";

const NAMES = Object.keys(FEED_EVENTS) as FeedEventName[];

const SCHEMA = {
  operationId: "asyncapi.get",
  summary: "Every event that the platform sends, as an AsyncAPI 3.0 document",
  security: [],
  response: { 200: z.custom<object>() },
};

/** `GET /api/asyncapi.json`: every event that the platform sends, for people and client generators. */
export function asyncapiRoute(app: FastifyInstance): void {
  const document = asyncapiDocument();
  typed(app).get("/api/asyncapi.json", { schema: SCHEMA }, () => document);
}

/** The event feed as an AsyncAPI 3.0 document, made from the schemas that the events are tested against. */
function asyncapiDocument(): object {
  return {
    asyncapi: "3.0.0",
    info: {
      title: "Plugboard events",
      version: VERSION,
      description:
        "Events of one account, numbered 1, 2, 3 … without a gap, in CloudEvents 1.0 envelopes. `GET` with an API key " +
        "streams them as server-sent events (`id` is the number), or pages of JSON with `Accept: application/json`. A " +
        "consumer that reconnects with `Last-Event-ID`, or with `after` in the query, misses nothing.",
    },
    defaultContentType: "application/json",
    channels: { events: channel() },
    operations: {
      sendEvents: {
        action: "send",
        channel: { $ref: "#/channels/events" },
        summary: "The platform sends the account's events.",
        messages: NAMES.map((name) => ({ $ref: `#/channels/events/messages/${keyOf(name)}` })),
      },
    },
    components: {
      messages: Object.fromEntries(NAMES.map((name) => [keyOf(name), message(name)])),
      schemas: Object.fromEntries(NAMES.map((name) => [keyOf(name), z.toJSONSchema(envelopeSchema(name))])),
    },
  };
}

function channel(): object {
  return {
    address: "/api/accounts/{sid}/events",
    parameters: { sid: { description: "The account." } },
    messages: Object.fromEntries(NAMES.map((name) => [keyOf(name), { $ref: `#/components/messages/${keyOf(name)}` }])),
  };
}

function message(name: FeedEventName): object {
  return {
    name: `plugboard.${name}`,
    summary: FEED_EVENTS[name].summary,
    contentType: "application/cloudevents+json",
    payload: { $ref: `#/components/schemas/${keyOf(name)}` },
  };
}

/** Not every generator accepts dots in component keys, so `call.started` becomes `callStarted`. */
function keyOf(name: FeedEventName): string {
  return name.replaceAll(/[._](\w)/g, (_, letter: string) => letter.toUpperCase());
}
