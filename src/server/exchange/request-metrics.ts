import { Counter, Histogram } from "prom-client";
import type { Clock } from "../../base/clock.ts";
import type { EndedRequest } from "../../edges/http-client/types.ts";
import { HostLabels } from "./host-labels.ts";

const MS_PER_S = 1000;
/** Seconds, up to the longest download. */
const BUCKETS_S = [0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** Rate, errors and duration of every outgoing HTTP request, by purpose, and by host for the busiest hosts. */
export class RequestMetrics {
  readonly #hosts: HostLabels;
  readonly #byPurpose = new Counter({
    name: "plugboard_outgoing_requests_total",
    help: "Outgoing HTTP requests that ended, by purpose and result: the status class, or why there was no answer",
    labelNames: ["purpose", "result"],
    registers: [],
  });
  readonly #purposeTime = histogram("plugboard_outgoing_request_duration_seconds", "purpose");
  readonly #byHost = new Counter({
    name: "plugboard_outgoing_host_requests_total",
    help: "Outgoing HTTP requests that ended, by result, for the 50 busiest hosts and all others together",
    labelNames: ["host", "result"],
    registers: [],
  });
  readonly #hostTime = histogram("plugboard_outgoing_host_request_duration_seconds", "host");
  readonly #results = new Set<string>();

  constructor(clock: Clock) {
    this.#hosts = new HostLabels(clock, (host) => this.#remove(host));
  }

  /** All metrics, for a registry. */
  get metrics(): readonly (Histogram | Counter)[] {
    return [this.#byPurpose, this.#purposeTime, this.#byHost, this.#hostTime];
  }

  ended({ purpose, host, result, elapsedMs }: EndedRequest): void {
    const seconds = elapsedMs / MS_PER_S;
    this.#byPurpose.inc({ purpose, result });
    this.#purposeTime.observe({ purpose }, seconds);
    if (host === null) return;
    const label = this.#hosts.labelOf(host);
    this.#results.add(result);
    this.#byHost.inc({ host: label, result });
    this.#hostTime.observe({ host: label }, seconds);
  }

  #remove(host: string): void {
    for (const result of this.#results) this.#byHost.remove({ host, result });
    this.#hostTime.remove({ host });
  }
}

function histogram(name: string, label: "purpose" | "host"): Histogram {
  const help = `Duration of outgoing HTTP requests, by ${label}`;
  return new Histogram({ name, help, labelNames: [label], buckets: BUCKETS_S, registers: [] });
}
