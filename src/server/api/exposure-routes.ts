import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { exposureOf } from "../exchange/limits/exposure.ts";
import { costlyPrefixesOf } from "../exchange/limits/costly-prefixes-of.ts";
import type { ApiOptions } from "./api-options.ts";
import { typed } from "./openapi/typed-routes.ts";
import { problem } from "./problem.ts";
import { accountParams } from "./openapi/parameters.ts";

const amount = z.number().nullable().describe("`null`: unlimited");

const exposureModel = z
  .object({
    account: z.string(),
    spent: z.object({ today: z.number(), tonight: z.number(), currency: z.string() }),
    from: z.iso.datetime(),
    to: z.iso.datetime(),
    currency: z.string(),
    most: amount,
    binding: z.string().describe("The limit that decides `most`: lower it, and the account can cost less"),
    arithmetic: z
      .array(z.object({ name: z.string(), how: z.string(), value: amount }))
      .describe("How `most` was calculated, line by line"),
  })
  .meta({ id: "Exposure" });

const READ = {
  operationId: "account.exposure",
  summary: "The most that the account could cost tonight, and why",
  params: accountParams,
  response: { 200: exposureModel },
  refusals: { 404: "There is no such account" },
};

const PREFIXES = {
  operationId: "account.closedPrefixes",
  summary: "Prefixes that are expensive, and whether the account may dial them",
  params: accountParams,
  response: {
    200: z.object({
      prefixes: z.array(
        z.object({
          prefix: z.string(),
          name: z.string(),
          opened: z
            .array(z.string())
            .describe("Prefixes of `limits.open_prefixes` that open all of it, or a part; empty: it is closed"),
          source: z.string().describe("Who says that it is expensive"),
        }),
      ),
    }),
  },
  refusals: { 404: "There is no such account" },
};

/** The most that an account could cost tonight, and the prefixes that it may not dial because they are expensive. */
export function exposureRoutes(app: FastifyInstance, { directory, exchange, clock }: ApiOptions): void {
  typed(app).get("/exposure", { schema: READ }, async ({ params: { account } }, reply) => {
    const config = directory.account(account);
    if (config === undefined) return problem(reply, 404, `there is no account ${account}`);
    const { day, ...spent } = exchange.limits.spent(config);
    const { currency } = config.limits.prices;
    const spentNow = { today: spent.today / 1000, tonight: day.isNight ? spent.tonight / 1000 : 0, currency };
    return { account, spent: spentNow, ...exposureOf(config, spent, day, clock.now()) };
  });
  typed(app).get("/closed-prefixes", { schema: PREFIXES }, async ({ params: { account } }, reply) => {
    const config = directory.account(account);
    if (config === undefined) return problem(reply, 404, `there is no account ${account}`);
    return { prefixes: costlyPrefixesOf(config) };
  });
}
