import { monitorEventLoopDelay } from "node:perf_hooks";
import type { FastifyInstance } from "fastify";
import { Counter, Gauge, Registry, collectDefaultMetrics } from "prom-client";
import { z } from "zod";
import type { Exchange, MediaTotals } from "../exchange/exchange.ts";
import type { Access } from "./access.ts";
import { typed } from "./openapi/typed-routes.ts";

const SECOND_NS = 1e9;
const SECOND_MS = 1000;
/** Amounts are reckoned in thousandths. */
const MILLS = 1000;
/** The event loop is woken this often, in ms, to see how late it is: a fraction of the delays that would matter. */
const LAG_PRECISION_MS = 50;

/** Gauges of the library's that are named as counters: `promtool check metrics` refuses them. Their parts remain, by type. */
const MISNAMED = ["nodejs_active_handles_total", "nodejs_active_requests_total", "nodejs_active_resources_total"];
const SCHEMA = {
  operationId: "health.metrics",
  summary: "Measurements, for Prometheus",
  security: [],
  response: { 200: { content: { "text/plain": { schema: z.string() } } } },
};

/** `/metrics`, for Prometheus. */
export function metricsRoute(app: FastifyInstance, exchange: Exchange, { refusals }: Pick<Access, "refusals">): void {
  const register = new Registry();
  collectDefaultMetrics({ register, eventLoopMonitoringPrecision: LAG_PRECISION_MS });
  for (const name of MISNAMED) register.removeSingleMetric(name);
  const lag = monitorEventLoopDelay({ resolution: LAG_PRECISION_MS });
  lag.enable();
  gauge(register, "plugboard_live_calls", "Calls alive now", () => exchange.liveCalls);
  gauge(register, "plugboard_media_processes", "Media processes connected now", () => exchange.media.length);
  gauge(
    register,
    "plugboard_event_loop_lag_p99_seconds",
    "Event loop delay, 99th percentile since start",
    () => lag.percentile(99) / SECOND_NS,
  );
  mediaGauges(register, exchange);
  callCounters(register, exchange);
  spendGauge(register, exchange);
  const { sip } = exchange.services;
  gauge(
    register,
    "plugboard_sip_queue_delay_seconds",
    "How long SIP datagrams wait before they are read, now",
    () => sip.queueDelayMs / SECOND_MS,
  );
  sipMetrics(register, exchange);
  for (const metric of exchange.calls.timings.metrics) register.registerMetric(metric);
  const { fetcher } = exchange.services;
  gauge(register, "plugboard_http_connections", "HTTP connections open now", () => fetcher.usage.sockets);
  gauge(register, "plugboard_http_requests", "HTTP requests under way now", () => fetcher.usage.requests);
  counter(register, "plugboard_http_refused_total", "HTTP requests that found no room", [], () => [
    [{}, fetcher.usage.refused],
  ]);
  counter(register, "plugboard_http_blocked_total", "HTTP requests that would have led inward", ["purpose"], () =>
    [...fetcher.blocked].map(([purpose, count]) => [{ purpose }, count]),
  );
  counter(register, "plugboard_api_refusals_total", "Requests that the API refused, by reason", ["reason"], () =>
    [...refusals.counts].map(([reason, count]) => [{ reason }, count]),
  );
  typed(app).get("/metrics", { schema: SCHEMA }, async (_request, reply) =>
    reply.type(register.contentType).send(await register.metrics()),
  );
}

type SipStats = Exchange["services"]["sip"]["stats"];

/** What the SIP endpoint holds now, and what it has counted since the start. */
const SIP_NOW: readonly (keyof SipStats)[] = ["calls", "transactions", "pendingInvites", "connections"];

function sipMetrics(register: Registry, { services: { sip } }: Exchange): void {
  for (const name of Object.keys(sip.stats) as (keyof SipStats)[]) {
    const metric = `plugboard_sip_${name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}`;
    if (SIP_NOW.includes(name)) gauge(register, metric, `SIP endpoint: ${name} now`, () => sip.stats[name]);
    else
      counter(register, `${metric}_total`, `SIP endpoint: ${name} since the start`, [], () => [[{}, sip.stats[name]]]);
  }
}

/** The exchange counts; this only shows what it has counted. */
function callCounters(register: Registry, exchange: Exchange): void {
  counter(register, "plugboard_calls_begun_total", "Calls in that were taken", [], () => [[{}, exchange.calls.begun]]);
  counter(
    register,
    "plugboard_calls_ended_total",
    "Calls that ended, by outcome and the cause of the last attempt",
    ["status", "dial_call_status", "cause"],
    () => [...exchange.calls.ended].map(({ outcome, count }) => [{ ...outcome }, count]),
  );
  counter(register, "plugboard_refusals_total", "Calls in and destinations that were refused", ["reason"], () =>
    [...exchange.refusals.counts].map(([reason, count]) => [{ reason }, count]),
  );
  counter(
    register,
    "plugboard_refused_source_requests_total",
    "SIP requests from addresses that no trunk accepts",
    [],
    () => [[{}, exchange.refusedSourceRequests]],
  );
}

/** By the account's own price table. */
function spendGauge(register: Registry, exchange: Exchange): void {
  const gauge = new Gauge({
    name: "plugboard_spend_today",
    help: "What calls out have cost since the account's midnight, running minutes included, in its currency",
    labelNames: ["account"],
    registers: [],
    collect() {
      this.reset();
      for (const [account, { today }] of exchange.limits.spentByAccount) this.set({ account }, today / MILLS);
    },
  });
  register.registerMetric(gauge);
}

/** Asked of the media processes when `/metrics` is read, never in between. */
function mediaGauges(register: Registry, exchange: Exchange): void {
  const media = (name: string, help: string, pick: (totals: MediaTotals) => number): void =>
    gauge(register, name, help, async () => pick(await exchange.mediaTotals()));
  media("plugboard_media_legs", "RTP endpoints open now", ({ legs }) => legs);
  media("plugboard_media_recordings", "Recordings being written now", ({ recordings }) => recordings);
  media("plugboard_media_ports", "Port pairs not in use: free now or resting after use", ({ ports }) => ports);
  counter(register, "plugboard_media_ticks_skipped_total", "Ticks that were missed for good", [], async () => [
    [{}, (await exchange.mediaTotals()).ticksSkipped],
  ]);
}

function gauge(register: Registry, name: string, help: string, read: () => number | Promise<number>): void {
  const made = new Gauge({
    name,
    help,
    registers: [],
    async collect() {
      this.set(await read());
    },
  });
  register.registerMetric(made);
}

type Sample = readonly [labels: Readonly<Record<string, string>>, count: number];

function counter(
  register: Registry,
  name: string,
  help: string,
  labelNames: readonly string[],
  read: () => readonly Sample[] | Promise<readonly Sample[]>,
): void {
  const made = new Counter({
    name,
    help,
    labelNames,
    registers: [],
    async collect() {
      const samples = await read();
      this.reset();
      for (const [labels, count] of samples) this.inc(labels, count);
    },
  });
  register.registerMetric(made);
}
