import Fastify from "fastify";
import { expect, it } from "vitest";
import { testConfig } from "../../../test/support/exchange-config.ts";
import { VirtualClock } from "../../base/virtual-clock.ts";
import { CallLimits } from "../exchange/limits/call-limits.ts";
import type { Exposure } from "../exchange/limits/exposure.ts";
import type { ApiOptions } from "./api-options.ts";
import { exposureRoutes } from "./exposure-routes.ts";

it("GET exposure shows what tonight could cost, what is spent, and the calculation", async () => {
  const clock = new VirtualClock(Date.parse("2026-01-05T23:00:00+05:30"));
  const limits = new CallLimits(clock);
  const config = testConfig();
  const destination = { kind: "number", e164: "+447400123456" } as const;
  expect(limits.takeLeg({ config, callSid: "c", destination }, () => undefined).ok).toBe(true);
  const app = Fastify();
  const directory = { account: (sid: string) => (sid === "acct" ? config : undefined) };
  await app.register(
    async (scope) => exposureRoutes(scope, { directory, exchange: { limits }, clock } as unknown as ApiOptions),
    {
      prefix: "/api/accounts/:account",
    },
  );
  const answer = await app.inject("/api/accounts/acct/exposure");
  const exposure = answer.json<Exposure>();
  expect(answer.statusCode).toBe(200);
  expect(exposure).toMatchObject({
    account: "acct",
    spent: { today: 25, tonight: 25, currency: "INR" },
    from: "2026-01-05T17:30:00.000Z",
    to: "2026-01-06T00:30:00.000Z",
    most: 6225,
    binding: "night_spend",
  });
  expect(exposure.arithmetic.map(({ name }) => name)).toEqual([
    "lines",
    "minutes",
    "minutes_abroad",
    "night_abroad_per_hour",
    "night_spend",
    "spend_per_day",
    "most",
  ]);
  expect((await app.inject("/api/accounts/nobody/exposure")).statusCode).toBe(404);
});
