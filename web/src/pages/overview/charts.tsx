import { useAccount } from "../../api/account.ts";
import type { ChartColumn, ColumnPart } from "../../ui/columns.tsx";
import { topOf } from "../../ui/columns.tsx";
import { durationText } from "../../ui/format.tsx";
import { ChartPanel } from "./chart-panel.tsx";
import styles from "./overview-page.module.css";
import type { Statistics, Step } from "./statistics.ts";
import { percentOf, stepFilters, stepNames } from "./statistics.ts";

type Spread = Step["answer"];

/** Calls, answer rate, time to answer and time of the URL, step by step. */
export function Charts({ statistics }: { readonly statistics: Statistics }) {
  const columnsOf = useColumns(statistics);
  const { steps, step } = statistics;
  const per = step === "hour" ? "hour" : "day";
  return (
    <div className={styles["charts"]}>
      <ChartPanel
        title={`Calls per ${per}`}
        columns={columnsOf(callParts, callText)}
        top={topOf(
          steps.map(({ calls }) => calls),
          4,
        )}
        format={(value) => value.toLocaleString()}
        legend={[
          ["good", "connected"],
          ["bad", "no conversation"],
          ["neutral", "others"],
        ]}
        headers={["Calls", "Connected", "No conversation"]}
        cells={({ calls, connected, failed }) => [calls, connected, failed]}
        {...{ statistics }}
      />
      <ChartPanel
        title="Answer rate"
        columns={columnsOf(rateParts, rateText)}
        top={100}
        format={(value) => `${value} %`}
        legend={[["accent", "connected, of calls that dialled somebody"]]}
        headers={["Dialled", "Connected", "Rate"]}
        cells={(each) => [each.dialled, each.connected, rateOf(each)]}
        {...{ statistics }}
      />
      <ChartPanel
        title="Time to answer"
        columns={columnsOf(
          ({ answer }) => spreadParts(answer),
          ({ answer }) => spreadText(answer, "nobody answered"),
        )}
        top={topOf(
          steps.map(({ answer }) => answer.p95 ?? 0),
          1000,
        )}
        format={axisTime}
        legend={SPREAD_LEGEND}
        headers={SPREAD_HEADERS}
        cells={({ answer }) => spreadCells(answer)}
        {...{ statistics }}
      />
      <ChartPanel
        title="Time your URLs take"
        columns={columnsOf(({ url }) => spreadParts(url), urlText)}
        top={6000}
        format={axisTime}
        limit={{ value: 5000, text: "5 s: given up" }}
        legend={SPREAD_LEGEND}
        headers={[...SPREAD_HEADERS, "Requests", "Failed"]}
        cells={({ url, requests, requests_failed }) => [...spreadCells(url), requests, requests_failed]}
        {...{ statistics }}
      />
    </div>
  );
}

/** Makes the columns of a chart: their parts and what they say; each leads to the calls of its step. */
function useColumns(statistics: Statistics) {
  const account = useAccount();
  const nameOf = stepNames(statistics);
  const { steps } = statistics;
  return (partsOf: (step: Step) => readonly ColumnPart[], textOf: (step: Step) => string): readonly ChartColumn[] =>
    steps.map((step, index) => ({
      id: step.at,
      name: nameOf(step.at),
      text: `${nameOf(step.at)}: ${textOf(step)}`,
      parts: partsOf(step),
      to: "/a/$account/calls",
      params: { account },
      search: stepFilters(step, steps[index + 1], statistics),
    }));
}

function callParts({ calls, connected, failed }: Step): readonly ColumnPart[] {
  const parts: readonly ColumnPart[] = [
    { from: 0, to: connected, tone: "good" },
    { from: connected, to: connected + failed, tone: "bad" },
    { from: connected + failed, to: calls, tone: "neutral" },
  ];
  return parts.filter(({ from, to }) => to > from);
}

function callText({ calls, connected, failed }: Step): string {
  if (calls === 0) return "no call";
  return `${calls.toLocaleString()} ${calls === 1 ? "call" : "calls"}, ${connected} connected, ${failed} without a conversation`;
}

function rateParts({ connected, dialled }: Step): readonly ColumnPart[] {
  const rate = percentOf(connected, dialled);
  return rate === null ? [] : [{ from: 0, to: rate, tone: "accent" }];
}

function rateText(step: Step): string {
  const { connected, dialled } = step;
  return dialled === 0 ? "nobody was dialled" : `${rateOf(step)}, ${connected} of ${dialled}`;
}

function rateOf({ connected, dialled }: Step): string {
  const rate = percentOf(connected, dialled);
  return rate === null ? "–" : `${rate} %`;
}

const SPREAD_LEGEND = [
  ["accent", "half of them take less"],
  ["soft", "up to where 95 % are"],
] as const;
const SPREAD_HEADERS = ["Half within", "95 % within", "Longest"];

function spreadParts({ p50, p95 }: Spread): readonly ColumnPart[] {
  if (p50 === null || p95 === null) return [];
  return [
    { from: p50, to: p95, tone: "soft" },
    { from: p50, to: p50, tone: "accent" },
  ];
}

function spreadText({ p50, p95 }: Spread, none: string): string {
  if (p50 === null || p95 === null) return none;
  return `half within ${durationText(p50)}, 95 % within ${durationText(p95)}`;
}

function urlText({ url, requests, requests_failed }: Step): string {
  return `${spreadText(url, "no request")}${requests === 0 ? "" : `, ${requests_failed} of ${requests} failed`}`;
}

function spreadCells({ p50, p95, max }: Spread): readonly string[] {
  return [p50, p95, max].map((ms) => (ms === null ? "–" : durationText(ms)));
}

function axisTime(ms: number): string {
  return ms % 1000 === 0 ? `${ms / 1000} s` : durationText(ms);
}
