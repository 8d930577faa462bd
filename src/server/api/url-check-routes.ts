import type { FastifyInstance } from "fastify";
import { z } from "zod";
import type { ApiOptions } from "./api-options.ts";
import { accountParams, onlyThese } from "./openapi/parameters.ts";
import { typed } from "./openapi/typed-routes.ts";
import { problem } from "./problem.ts";
import { CHECKED_AS } from "./url-checker.ts";

const STATUSES = { wrong: 422, busy: 429, slow: 504 } as const;
/** More requests would make the check take longer than programs wait for an answer. */
const MAX_RUNS = 20;
const DEFAULT_RUNS = 3;
const MAX_URL_CHARACTERS = 2000;

const url = z.string().min(1).max(MAX_URL_CHARACTERS);
const level = z.enum(["error", "warning"]);
const number = z.number();

const reportModel = z
  .object({
    url: z.string().describe("Credentials are masked"),
    fallback: z.string().nullable(),
    kind: z.string(),
    mode: z.string(),
    started_at: z.iso.datetime(),
    ok: z.boolean().describe("True if no finding is an error"),
    errors: z.int(),
    warnings: z.int(),
    requests: z.int(),
    latency: z.array(
      z.object({
        endpoint: z.string(),
        requests: z.int(),
        first_ms: number,
        p50_ms: number,
        p99_ms: number,
        max_ms: number,
      }),
    ),
    probes: z.array(
      z.object({
        id: z.string(),
        title: z.string(),
        endpoint: z.string(),
        result: z.enum(["passed", "warned", "failed", "skipped"]),
        reason: z.string().nullable(),
        requests: z.int(),
        elapsed_ms: number,
        effects: z.array(z.string()),
      }),
    ),
    findings: z.array(
      z.object({
        id: z.string(),
        rule: z.string(),
        level,
        strict: level.nullable(),
        lenient: level.nullable(),
        endpoint: z.string(),
        probes: z.array(z.string()),
        count: z.int(),
        path: z.string(),
        message: z.string(),
        sent: z.object({ method: z.string(), url: z.string() }),
        came_back: z.object({
          status: z.int().nullable(),
          content_type: z.string().nullable(),
          body: z.string(),
          failure: z.string().nullable(),
          elapsed_ms: number,
        }),
        fix: z.string(),
        curl: z.string(),
      }),
    ),
  })
  .meta({ id: "UrlCheckReport", description: "docs/check.md" }) as unknown as z.ZodType<unknown, object>;

const CHECK = {
  operationId: "account.checkUrl",
  summary:
    "Sends a URL every kind of request that the platform would send, and judges its answers, as `plugboard check` does",
  params: accountParams,
  body: onlyThese(
    {
      url,
      fallback: url.optional().describe("The Fallback URL of a Connect or Gather, checked too"),
      as: z.enum(CHECKED_AS).optional().describe("What the URL is for; by default `connect`"),
      validation: z.enum(["strict", "lenient"]).optional().describe("The flow's `validation`; by default `strict`"),
      runs: z.int().min(0).max(MAX_RUNS).optional().describe(`Additional first requests; by default ${DEFAULT_RUNS}`),
    },
    "field",
  ),
  response: { 200: reportModel },
  refusals: {
    404: "There is no such account",
    422: "The URL can't be checked",
    429: "Another URL is being checked for the account",
    501: "This platform does not check URLs",
    504: "The URL takes too long",
  },
};

/** Checks URLs. The scope is `call`, since requests leave the platform. */
export function urlCheckRoutes(app: FastifyInstance, { directory, checkUrl }: ApiOptions): void {
  const config = { scope: "call" } as const;
  typed(app).post("/check", { schema: CHECK, config }, async ({ params, body }, reply) => {
    const account = directory.account(params.account);
    if (account === undefined) return problem(reply, 404, `there is no account ${params.account}`);
    if (checkUrl === undefined) return problem(reply, 501, "this platform does not check URLs: use plugboard check");
    const { fallback = null, as = "connect", validation = "strict", runs = DEFAULT_RUNS } = body;
    const checked = await checkUrl({ config: account, url: body.url, fallback, as, validation, runs });
    if (checked.ok) return checked.value;
    return problem(reply, STATUSES[checked.error.kind], checked.error.message);
  });
}
