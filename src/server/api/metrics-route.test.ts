import Fastify from "fastify";
import { expect, it } from "vitest";
import { silentLog } from "../../base/log.ts";
import { VirtualClock } from "../../base/virtual-clock.ts";
import type { Exchange } from "../exchange/exchange.ts";
import { CallTimings } from "../exchange/call-timings.ts";
import { ApiRefusals } from "./api-refusals.ts";
import { metricsRoute } from "./metrics-route.ts";

const exchange = {
  liveCalls: 0,
  media: [],
  calls: { begun: 3, ended: [], timings: new CallTimings() },
  refusals: { counts: new Map([["limit", 2]]) },
  limits: { spentByAccount: [["acme", { today: 1500, tonight: 0 }]] },
  refusedSourceRequests: 0,
  mediaTotals: () => Promise.resolve({ legs: 0, recordings: 0, ports: 0, ticksSkipped: 0 }),
  services: {
    sip: { queueDelayMs: 0, stats: { calls: 0, transactions: 0, retransmissions: 0 } },
    fetcher: { blocked: new Map([["audio", 3]]), usage: { sockets: 0, requests: 0, pools: 0, refused: 0 } },
  },
} as unknown as Exchange;

it("O6: only counters end in _total, and every metric has a help text", async () => {
  const app = Fastify();
  metricsRoute(
    app,
    exchange,
    { refusals: new ApiRefusals(new VirtualClock(0), silentLog) },
    { deleted: new Map([["calls", 7]]) },
  );
  const { body } = await app.inject("/metrics");
  const types = [...body.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = "", type]) => ({ name, type }));
  expect(types.length).toBeGreaterThan(20);
  expect(types.filter(({ name, type }) => name.endsWith("_total") !== (type === "counter"))).toEqual([]);
  expect(types.filter(({ name }) => !new RegExp(`^# HELP ${name} \\S`, "m").test(body))).toEqual([]);
  expect(types.filter(({ name }) => !/^[a-z][a-z0-9_]*$/.test(name))).toEqual([]);
  expect(body).toMatch(/^plugboard_refusals_total\{reason="limit"\} 2$/m);
  expect(body).toMatch(/^plugboard_http_blocked_total\{purpose="audio"\} 3$/m);
  expect(body).toMatch(/^plugboard_retention_deleted_total\{kind="calls"\} 7$/m);
  expect(body).toMatch(/^plugboard_spend_today\{account="acme"\} 1.5$/m);
  await app.close();
});
