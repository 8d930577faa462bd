import { Counter, Histogram } from "prom-client";
import type { LegStats } from "../../edges/media/process/protocol.ts";
import type { EndRow } from "../../edges/store/types.ts";

const MS_PER_S = 1000;
/** Seconds: from a URL on the same network to the 5 s that a request may take (REQ-6). */
const URL_BUCKETS_S = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 3, 4, 5];
/** Seconds: from a phone on this network to a mobile abroad. */
const POST_DIAL_BUCKETS_S = [0.05, 0.1, 0.25, 0.5, 1, 2, 3, 5, 8, 13];
/** Seconds: up to the longest ringing time allowed (RES-15). */
const ANSWER_BUCKETS_S = [1, 2, 5, 10, 15, 20, 30, 45, 60];

/** s. More than 30 ms is heard where the far end's buffer is short. */
const JITTER_BUCKETS_S = [0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2];
/** Share of packets. From one in twenty on, words are lost. */
const LOSS_BUCKETS = [0, 0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5];

/** How long calls waited, for `/metrics`; taken from each call's last row. */
export class CallTimings {
  readonly #url = histogram(
    "plugboard_url_duration_seconds",
    "Time the customers' URLs took to answer",
    ["purpose", "result"],
    URL_BUCKETS_S,
  );
  readonly #postDial = histogram(
    "plugboard_post_dial_delay_seconds",
    "Time from dialling a destination until it rings",
    ["trunk"],
    POST_DIAL_BUCKETS_S,
  );
  readonly #answer = histogram(
    "plugboard_answer_delay_seconds",
    "Time from dialling a destination until it answers",
    ["trunk"],
    ANSWER_BUCKETS_S,
  );
  readonly #attempts = new Counter({
    name: "plugboard_attempts_total",
    help: "Destinations dialled, by trunk and outcome",
    labelNames: ["trunk", "outcome"],
    registers: [],
  });

  readonly #loss = histogram(
    "plugboard_media_loss_ratio",
    "Share of a leg's audio packets that never reached us, for each leg that ended",
    [],
    LOSS_BUCKETS,
  );
  readonly #jitter = histogram(
    "plugboard_media_jitter_seconds",
    "Interarrival jitter (RFC 3550) of a leg's audio, for each leg that ended",
    [],
    JITTER_BUCKETS_S,
  );
  readonly #packets = new Counter({
    name: "plugboard_media_packets_total",
    help: "Audio packets of legs that ended: received, lost on their way to us, discarded, refused",
    labelNames: ["fate"],
    registers: [],
  });

  /** All metrics, for a registry. */
  get metrics(): readonly (Histogram | Counter)[] {
    return [this.#url, this.#postDial, this.#answer, this.#attempts, this.#loss, this.#jitter, this.#packets];
  }

  /** A leg is closed. One that received nothing says nothing of the network. */
  legEnded({ packetsReceived, packetsLost, packetsDiscarded, packetsRefused, jitterMs }: LegStats): void {
    const fates = {
      received: packetsReceived,
      lost: packetsLost,
      discarded: packetsDiscarded,
      refused: packetsRefused,
    };
    for (const [fate, count] of Object.entries(fates)) this.#packets.inc({ fate }, count);
    if (packetsReceived === 0) return;
    this.#loss.observe(packetsLost / (packetsReceived + packetsLost));
    this.#jitter.observe(jitterMs / MS_PER_S);
  }

  ended({ attempts, requests }: EndRow): void {
    for (const { purpose, result, elapsedMs } of requests)
      if (elapsedMs !== null) this.#url.observe({ purpose, result }, elapsedMs / MS_PER_S);
    for (const { trunk, outcome, startedMs, ringingMs, answeredMs } of attempts) {
      const labels = { trunk: trunk ?? "" };
      this.#attempts.inc({ ...labels, outcome });
      if (ringingMs !== null) this.#postDial.observe(labels, (ringingMs - startedMs) / MS_PER_S);
      if (answeredMs !== null) this.#answer.observe(labels, (answeredMs - startedMs) / MS_PER_S);
    }
  }
}

function histogram(name: string, help: string, labelNames: readonly string[], buckets: number[]): Histogram {
  return new Histogram({ name, help, labelNames, buckets, registers: [] });
}
