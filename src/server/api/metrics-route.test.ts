import Fastify from "fastify";
import { expect, it } from "vitest";
import { silentLog } from "../../base/log.ts";
import { VirtualClock } from "../../base/virtual-clock.ts";
import type { Exchange } from "../exchange/exchange.ts";
import { CallTimings } from "../exchange/call-timings.ts";
import { RequestMetrics } from "../exchange/request-metrics.ts";
import { ApiRefusals } from "./api-refusals.ts";
import { metricsRoute } from "./metrics-route.ts";

const clock = new VirtualClock(0);
const requestMetrics = new RequestMetrics(clock);
const exchange = {
  requestMetrics,
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
  for (let n = 0; n < 30; n += 1)
    requestMetrics.ended({ purpose: "connect", host: "app.example", result: "2xx", elapsedMs: 40 });
  requestMetrics.ended({ purpose: "dial_event", host: "rare.example", result: "timeout", elapsedMs: 5000 });
  const access = { refusals: new ApiRefusals(clock, silentLog) };
  const retention = { deleted: new Map([["calls" as const, 7]]) };
  const store = { outboxLagMs: () => Promise.resolve(2500) };
  metricsRoute(app, { exchange, store, access, retention }, { p99Ms: 20 });
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
  expect(body).toMatch(/^plugboard_outbox_lag_seconds 2.5$/m);
  expect(body).toMatch(/^plugboard_event_loop_lag_p99_seconds 0.02$/m);
  expect(body).toMatch(/^plugboard_outgoing_requests_total\{purpose="connect",result="2xx"\} 30$/m);
  expect(body).toMatch(/^plugboard_outgoing_request_duration_seconds_count\{purpose="dial_event"\} 1$/m);
  expect(body).toMatch(/^plugboard_outgoing_host_requests_total\{host="app.example",result="2xx"\} 11$/m);
  expect(body).toMatch(/^plugboard_outgoing_host_requests_total\{host="other",result="timeout"\} 1$/m);
  expect(body).not.toContain("rare.example");
  await app.close();
});
