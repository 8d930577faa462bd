import Fastify from "fastify";
import { expect, it } from "vitest";
import { FEED_EVENTS } from "../exchange/feed/feed-events.ts";
import { asyncapiRoute } from "./asyncapi.ts";

interface Part {
  readonly [key: string]: Part;
}

async function document(): Promise<Part> {
  const app = Fastify();
  asyncapiRoute(app);
  const response = await app.inject("/api/asyncapi.json");
  expect([response.statusCode, response.headers["content-type"]]).toEqual([200, "application/json; charset=utf-8"]);
  return response.json<Part>();
}

/** The target of a reference; undefined: none. */
function follow(root: Part, reference: string): Part | undefined {
  let part: Part | undefined = root;
  for (const key of reference.replace(/^#\//, "").split("/")) part = part?.[key];
  return part;
}

function target(root: Part, part: Part | undefined): Part | undefined {
  const [reference = ""] = referencesIn(part);
  return follow(root, reference);
}

function referencesIn(part: unknown): readonly string[] {
  if (typeof part !== "object" || part === null) return [];
  return Object.entries(part).flatMap(([key, value]) =>
    key === "$ref" && typeof value === "string" ? [value] : referencesIn(value),
  );
}

it("every reference in the AsyncAPI document has a target", async () => {
  const root = await document();
  const references = referencesIn(root);
  expect(references.length).toBeGreaterThan(3 * Object.keys(FEED_EVENTS).length - 1);
  expect(references.filter((reference) => follow(root, reference) === undefined)).toEqual([]);
});

it("it names every kind of event in the feed, with the schema of its envelope", async () => {
  const root = await document();
  const operation = root["operations"]?.["sendEvents"];
  const found = Object.values(operation?.["messages"] ?? {}).map((message) => {
    const shared = target(root, target(root, message));
    const schema = target(root, shared?.["payload"]);
    expect(schema?.["properties"]).toMatchObject({ type: { const: shared?.["name"] }, specversion: { const: "1.0" } });
    expect(Object.keys(schema?.["properties"]?.["data"]?.["properties"] ?? {}).length).toBeGreaterThan(0);
    return shared?.["name"];
  });
  expect(found).toEqual(Object.keys(FEED_EVENTS).map((name) => `plugboard.${name}`));
});
