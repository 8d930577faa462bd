import Fastify from "fastify";
import { expect, it } from "vitest";
import { testConfig } from "../../../test/support/exchange-config.ts";
import { VirtualClock } from "../../base/virtual-clock.ts";
import { CallLimits } from "../exchange/limits/call-limits.ts";
import type { AccountPrefix } from "../exchange/limits/costly-prefixes-of.ts";
import { costlyPrefixesOf } from "../exchange/limits/costly-prefixes-of.ts";
import type { Exposure } from "../exchange/limits/exposure.ts";
import type { ApiOptions } from "./api-options.ts";
import { exposureRoutes } from "./exposure-routes.ts";

it("GET exposure shows what tonight could cost, what is spent, and the calculation; closed-prefixes what is closed", async () => {
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
  const { prefixes } = (await app.inject("/api/accounts/acct/closed-prefixes")).json<{ prefixes: AccountPrefix[] }>();
  expect(prefixes.find(({ prefix }) => prefix === "+881")).toMatchObject({
    name: "global mobile satellite systems",
    opened: [],
  });
  expect((await app.inject("/api/accounts/nobody/closed-prefixes")).statusCode).toBe(404);
});

it("the prefixes that an account has opened are listed with those that they open, wholly or in part", () => {
  const limits = { ...testConfig().limits, openPrefixes: ["+8816", "+97"] };
  const opened = costlyPrefixesOf({ limits }).filter((one) => one.opened.length > 0);
  expect(opened.map(({ prefix, opened: by }) => [prefix, by])).toEqual([
    ["+881", ["+8816"]],
    ["+979", ["+97"]],
  ]);
});
