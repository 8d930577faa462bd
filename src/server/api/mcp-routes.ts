import type { McpHttpHandler } from "@modelcontextprotocol/server";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { systemRandom } from "../../base/system-random.ts";
import type { PlugboardApi } from "../../client/client.ts";
import { createPlugboard } from "../../client/client.ts";
import { basicOf } from "./authenticate.ts";
import { accountParams, onlyThese } from "./openapi/parameters.ts";
import { typed } from "./openapi/typed-routes.ts";
import { problem } from "./problem.ts";

/** Enough for the largest draft that can be proposed. */
const MAX_MESSAGE_BYTES = 1024 * 1024;

const anyMessage = z.unknown().describe("JSON-RPC 2.0, as in the Model Context Protocol");

const MESSAGE = {
  operationId: "mcp.send",
  summary: "The Model Context Protocol over Streamable HTTP, for AI assistants: see docs/mcp.md",
  params: accountParams,
  querystring: onlyThese(
    { numbers: z.enum(["shown"]).optional().describe("Callers' numbers are masked unless this is `shown`") },
    "parameter",
  ),
  body: z.union([z.looseObject({}), z.array(z.unknown())]).describe("JSON-RPC 2.0"),
  response: {
    200: { content: { "application/json": { schema: anyMessage }, "text/event-stream": { schema: z.string() } } },
    202: { description: "A notification was accepted", content: { "text/plain": { schema: z.string() } } },
  },
  refusals: {
    403: "A signed-in session can't be used for this: use an API key",
    404: "The server keeps no sessions",
    406: "`Accept` must name application/json and text/event-stream",
    415: "The body is not JSON",
  },
};

/**
 * MCP for the holder of a key. Every tool calls the platform's own routes with that key, so an assistant may do what the key may do
 * and nothing more.
 */
export function mcpRoutes(app: FastifyInstance): void {
  const config = { scope: "read" } as const;
  const limits = { bodyLimit: MAX_MESSAGE_BYTES, config };
  typed(app).post("/mcp", { schema: MESSAGE, ...limits }, async (request, reply) => {
    const { account } = request.params;
    const given = basicOf(request.headers.authorization);
    if (given === null) return problem(reply, 403, "an assistant needs an API key of the account (HTTP Basic)");
    const fetch = withinApp(app, request.ip);
    const api = createPlugboard({ url: "http://plugboard.invalid", account, ...given, fetch });
    const handler = await handlerOf(api, request.query.numbers === "shown");
    try {
      return await passOn(await handler.fetch(webRequest(request), { parsedBody: request.body }), reply);
    } finally {
      await handler.close();
    }
  });
  // No streams from the server, and no sessions to end: clients try, and expect this status.
  app.route({
    method: ["GET", "DELETE"],
    url: "/mcp",
    schema: { hide: true },
    handler: (request, reply) =>
      problem(reply.header("allow", "POST"), 405, `${request.method} is not supported here: POST messages`),
  });
}

/** Loads the server with the first message: most platforms never get one. */
async function handlerOf(api: PlugboardApi, showsNumbers: boolean): Promise<McpHttpHandler> {
  const [{ createMcpHandler }, { mcpServer }] = await Promise.all([
    import("@modelcontextprotocol/server"),
    import("../../tools/mcp/mcp-server.ts"),
  ]);
  return createMcpHandler(() => mcpServer({ api, showsNumbers, random: systemRandom() }));
}

function webRequest({ method, url, headers }: FastifyRequest): Request {
  const pairs = Object.entries(headers).flatMap(([name, value]): [string, string][] =>
    typeof value === "string" && !/^(?:content-length|transfer-encoding|connection)$/.test(name) ? [[name, value]] : [],
  );
  return new Request(new URL(url, "http://plugboard.invalid"), { method, headers: pairs });
}

/** Turns refusals into problem documents, like all of ours. */
async function passOn(response: Response, reply: FastifyReply): Promise<FastifyReply> {
  const text = await response.text();
  if (response.status >= 400) return problem(reply, response.status, sentenceOf(text));
  const type = response.headers.get("content-type") ?? "text/plain";
  return reply.code(response.status).type(type).serializer(String).send(text);
}

function sentenceOf(text: string): string {
  try {
    const { error } = JSON.parse(text) as { readonly error?: { readonly message?: unknown } };
    if (typeof error?.message === "string") return error.message;
  } catch {
    // Not JSON-RPC; the status says the rest.
  }
  return "this is not a message of the Model Context Protocol";
}

/** Calls a route of this process, like a request from that address. */
function withinApp(app: FastifyInstance, remoteAddress: string): typeof fetch {
  return async (input, init = {}) => {
    const { pathname, search } = new URL(input instanceof Request ? input.url : input);
    const answer = await app.inject({
      method: (init.method ?? "GET") as "GET",
      url: pathname + search,
      headers: init.headers as Record<string, string>,
      remoteAddress,
      ...(typeof init.body === "string" ? { payload: init.body } : {}),
    });
    return new Response(answer.body, { status: answer.statusCode });
  };
}
