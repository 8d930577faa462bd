import type { FastifyInstance } from "fastify";
import { Counter, Gauge, Registry, collectDefaultMetrics } from "prom-client";
import { z } from "zod";
import type { Exchange, MediaTotals } from "../exchange/exchange.ts";
import type { ApiOptions } from "./api-options.ts";
import { LAG_PRECISION_MS } from "./event-loop-delay.ts";
import { typed } from "./openapi/typed-routes.ts";

const SECOND_MS = 1000;
/** Amounts are kept in thousandths. */
const MILLS = 1000;

/** The library's gauges named like counters, which `promtool check metrics` refuses. Their parts by type remain. */
const MISNAMED = ["nodejs_active_handles_total", "nodejs_active_requests_total", "nodejs_active_resources_total"];
const SCHEMA = {
  operationId: "health.metrics",
  summary: "Measurements, for Prometheus",
  security: [],
  response: { 200: { content: { "text/plain": { schema: z.string() } } } },
};

/** What is measured. */
export interface MetricsOptions extends Pick<ApiOptions, "exchange" | "retention"> {
  readonly store: Pick<ApiOptions["store"], "outboxLagMs">;
  readonly access: Pick<ApiOptions["access"], "refusals">;
}

/** `/metrics`, for Prometheus. */
export function metricsRoute(
  app: FastifyInstance,
  options: MetricsOptions,
  eventLoop: { readonly p99Ms: number },
): void {
  const { exchange, store, access, retention } = options;
  const register = new Registry();
  collectDefaultMetrics({ register, eventLoopMonitoringPrecision: LAG_PRECISION_MS });
  for (const name of MISNAMED) register.removeSingleMetric(name);
  gauge(register, "plugboard_live_calls", "Live calls", () => exchange.liveCalls);
  gauge(register, "plugboard_media_processes", "Media processes connected now", () => exchange.media.length);
  gauge(
    register,
    "plugboard_event_loop_lag_p99_seconds",
    "Event loop delay, 99th percentile of the last ten seconds or more",
    () => eventLoop.p99Ms / SECOND_MS,
  );
  gauge(
    register,
    "plugboard_outbox_lag_seconds",
    "How long the most overdue delivery has been waiting, now",
    // A scrape must not fail if the database does.
    () =>
      store.outboxLagMs().then(
        (ms) => ms / SECOND_MS,
        () => Number.NaN,
      ),
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
  for (const metric of [...exchange.calls.timings.metrics, ...exchange.requestMetrics.metrics])
    register.registerMetric(metric);
  const { fetcher } = exchange.services;
  gauge(register, "plugboard_http_connections", "HTTP connections open now", () => fetcher.usage.sockets);
  gauge(register, "plugboard_http_requests", "HTTP requests in progress now", () => fetcher.usage.requests);
  counter(register, "plugboard_http_refused_total", "HTTP requests refused for lack of room", [], () => [
    [{}, fetcher.usage.refused],
  ]);
  counter(register, "plugboard_http_blocked_total", "HTTP requests blocked because of their address", ["purpose"], () =>
    [...fetcher.blocked].map(([purpose, count]) => [{ purpose }, count]),
  );
  counter(register, "plugboard_api_refusals_total", "Requests that the API refused, by reason", ["reason"], () =>
    [...access.refusals.counts].map(([reason, count]) => [{ reason }, count]),
  );
  counter(register, "plugboard_retention_deleted_total", "What was deleted because it had expired", ["kind"], () =>
    [...(retention?.deleted ?? [])].map(([kind, count]) => [{ kind }, count]),
  );
  typed(app).get("/metrics", { schema: SCHEMA }, async (_request, reply) =>
    reply.type(register.contentType).send(await register.metrics()),
  );
}

type SipStats = Exchange["services"]["sip"]["stats"];

/** The SIP endpoint's current values; its other statistics are counters since the start. */
const SIP_NOW: readonly (keyof SipStats)[] = ["calls", "transactions", "pendingInvites", "connections"];

function sipMetrics(register: Registry, { services: { sip } }: Exchange): void {
  for (const name of Object.keys(sip.stats) as (keyof SipStats)[]) {
    const metric = `plugboard_sip_${name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}`;
    if (SIP_NOW.includes(name)) gauge(register, metric, `SIP endpoint: ${name} now`, () => sip.stats[name]);
    else
      counter(register, `${metric}_total`, `SIP endpoint: ${name} since the start`, [], () => [[{}, sip.stats[name]]]);
  }
}

/** Exposes what the exchange has counted. */
function callCounters(register: Registry, exchange: Exchange): void {
  counter(register, "plugboard_calls_begun_total", "Inbound calls that were accepted", [], () => [
    [{}, exchange.calls.begun],
  ]);
  counter(
    register,
    "plugboard_calls_ended_total",
    "Calls that ended, by outcome and the cause of the last attempt",
    ["status", "dial_call_status", "cause"],
    () => [...exchange.calls.ended].map(({ outcome, count }) => [{ ...outcome }, count]),
  );
  counter(register, "plugboard_refusals_total", "Inbound calls and destinations that were refused", ["reason"], () =>
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

/** What each account has spent, by its own price table. */
function spendGauge(register: Registry, exchange: Exchange): void {
  const gauge = new Gauge({
    name: "plugboard_spend_today",
    help: "What outbound calls have cost since the account's midnight, including running minutes, in its currency",
    labelNames: ["account"],
    registers: [],
    collect() {
      this.reset();
      for (const [account, { today }] of exchange.limits.spentByAccount) this.set({ account }, today / MILLS);
    },
  });
  register.registerMetric(gauge);
}

/** Asks the media processes only when `/metrics` is read. */
function mediaGauges(register: Registry, exchange: Exchange): void {
  const media = (name: string, help: string, pick: (totals: MediaTotals) => number): void =>
    gauge(register, name, help, async () => pick(await exchange.mediaTotals()));
  media("plugboard_media_legs", "RTP endpoints open now", ({ legs }) => legs);
  media("plugboard_media_recordings", "Recordings being written now", ({ recordings }) => recordings);
  media("plugboard_media_ports", "Port pairs not in use: free or resting after use", ({ ports }) => ports);
  counter(register, "plugboard_media_ticks_skipped_total", "Ticks that were skipped", [], async () => [
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
