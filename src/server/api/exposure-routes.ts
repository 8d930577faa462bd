import type { FastifyInstance } from "fastify";
import { exposureOf } from "../exchange/limits/exposure.ts";
import type { AccountParams, ApiOptions } from "./api-options.ts";
import { problem } from "./problem.ts";

/** The most that an account could cost tonight. */
export function exposureRoutes(app: FastifyInstance, { directory, exchange, clock }: ApiOptions): void {
  app.get<{ Params: AccountParams }>("/exposure", async (request, reply) => {
    const { account } = request.params;
    const config = directory.account(account);
    if (config === undefined) return problem(reply, 404, `there is no account ${account}`);
    const { day, ...spent } = exchange.limits.spent(config);
    const { currency } = config.limits.prices;
    const spentNow = { today: spent.today / 1000, tonight: day.isNight ? spent.tonight / 1000 : 0, currency };
    return { account, spent: spentNow, ...exposureOf(config, spent, day, clock.now()) };
  });
}
