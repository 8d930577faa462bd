import { Registry } from "prom-client";
import { expect, it } from "vitest";
import type { LegStats } from "../../edges/media/process/protocol.ts";
import type { EndRow } from "../../edges/store/types.ts";
import { CallTimings } from "./call-timings.ts";

const attempt = {
  leg: 2,
  applet: "sales",
  destination: "+919900000011",
  callerId: "+918047100000",
  trunk: "main",
  startedMs: 1000,
  ringingMs: 1400,
  answeredMs: 9000,
  endedMs: 20_000,
  outcome: "completed",
  causeCode: 16,
  cause: "NORMAL_CLEARING",
};
const request = { id: "f1", atMs: 0, purpose: "connect", url: "", result: "usable", elapsedMs: 300, body: "{}" };

const traffic: LegStats = {
  packetsSent: 0,
  packetsReceived: 0,
  packetsLost: 0,
  packetsDiscarded: 0,
  packetsRefused: 0,
  jitterMs: 0,
  framesConcealed: 0,
  remoteLossPercent: null,
  remoteJitterMs: null,
  roundTripMs: null,
};

async function metricsOf(...ends: readonly Partial<EndRow>[]): Promise<readonly string[]> {
  const timings = new CallTimings();
  timings.legEnded({ ...traffic, packetsReceived: 98, packetsLost: 2, packetsDiscarded: 1, jitterMs: 12 });
  timings.legEnded({ ...traffic, packetsRefused: 3 });
  for (const end of ends)
    timings.ended({ endedAt: 0, status: "completed", cdr: "{}", attempts: [], requests: [], recordings: [], ...end });
  const register = new Registry();
  for (const metric of timings.metrics) register.registerMetric(metric);
  return (await register.metrics()).split("\n");
}

it("O6: post-dial delay, answer delay and outcomes are counted per trunk", async () => {
  const silent = { ...attempt, ringingMs: null, answeredMs: null, outcome: "no-answer" };
  const lines = await metricsOf({ attempts: [attempt, silent] });
  expect(lines).toContain('plugboard_post_dial_delay_seconds_bucket{le="0.5",trunk="main"} 1');
  expect(lines).toContain('plugboard_post_dial_delay_seconds_bucket{le="0.25",trunk="main"} 0');
  expect(lines).toContain('plugboard_post_dial_delay_seconds_count{trunk="main"} 1');
  expect(lines).toContain('plugboard_answer_delay_seconds_sum{trunk="main"} 8');
  expect(lines).toContain('plugboard_attempts_total{trunk="main",outcome="completed"} 1');
  expect(lines).toContain('plugboard_attempts_total{trunk="main",outcome="no-answer"} 1');
});

it("O6: the customers' URLs are timed by purpose and result; cancelled requests are not", async () => {
  const lines = await metricsOf({ requests: [request, { ...request, id: "f2", elapsedMs: null }] });
  expect(lines).toContain('plugboard_url_duration_seconds_count{purpose="connect",result="usable"} 1');
  expect(lines).toContain('plugboard_url_duration_seconds_sum{purpose="connect",result="usable"} 0.3');
});

it("loss and jitter are counted for each leg that ended, and not for one that received nothing", async () => {
  const lines = await metricsOf();
  expect(lines).toContain('plugboard_media_loss_ratio_bucket{le="0.02"} 1');
  expect(lines).toContain('plugboard_media_loss_ratio_bucket{le="0.01"} 0');
  expect(lines).toContain("plugboard_media_loss_ratio_count 1");
  expect(lines).toContain("plugboard_media_jitter_seconds_sum 0.012");
  const fates = ["received", "lost", "discarded", "refused"].map(
    (fate) => `plugboard_media_packets_total{fate="${fate}"}`,
  );
  const counts = fates.map((name) => lines.find((line) => line.startsWith(name))?.split(" ")[1]);
  expect(counts).toEqual(["98", "2", "1", "3"]);
});
