import type { CameBack, CheckReport, Issue, Latency, ProbeReport, Sent } from "./report.ts";
import { countOf } from "./report.ts";
import { KINDS } from "./url-kind.ts";

export interface TableOptions {
  /** Shows below each probe what the platform would do with the answers: whom it would ring. */
  readonly verbose?: boolean;
}

const WORDS = { passed: "ok", warned: "warn", failed: "FAIL", skipped: "-" } as const;

/** The report for people: what was sent and with what result, then each finding with what to do about it. */
export function reportTable(report: CheckReport, { verbose = false }: TableOptions = {}): string {
  const { url, fallback, kind, mode, latency, probes, issues, requests } = report;
  const names = fallback === null ? [url] : [`primary   ${url}`, `fallback  ${fallback}`];
  const width = Math.max(...probes.map(({ id }) => id.length));
  return [
    ...names,
    `${KINDS[kind].title}, validation: ${mode}; ${requests} requests of at most 5000 ms`,
    ...latency.map(latencyLine),
    "",
    ...probes
      .filter(wasAsked)
      .flatMap((probe) => [probeLine(probe, width, fallback !== null), ...(verbose ? effectLines(probe) : [])]),
    ...latency.flatMap(({ endpoint }) => notAskedLines(probes.filter((probe) => probe.endpoint === endpoint))),
    ...issues.flatMap(issueLines),
    "",
    summary(report),
  ].join("\n");
}

function latencyLine({ endpoint, firstMs, p50Ms, p99Ms, maxMs }: Latency): string {
  return `${endpoint}: first answer ${firstMs} ms, p50 ${p50Ms} ms, p99 ${p99Ms} ms, longest ${maxMs} ms`;
}

function probeLine({ id, title, endpoint, result }: ProbeReport, width: number, both: boolean): string {
  const role = both ? `${endpoint.padEnd(8)}  ` : "";
  return `  ${WORDS[result].padEnd(4)}  ${role}${id.padEnd(width)}  ${title}`;
}

/** What the answers lead to; repeats are counted. */
function effectLines({ effects }: ProbeReport): string[] {
  return [...new Set(effects)].map((effect) => {
    const count = effects.filter((each) => each === effect).length;
    return `        ${effect}${count === 1 ? "" : ` (${count} times)`}`;
  });
}

function wasAsked({ result }: ProbeReport): boolean {
  return result !== "skipped";
}

/** Skipped probes, one line per reason. */
function notAskedLines(probes: readonly ProbeReport[]): string[] {
  const skipped = probes.filter((probe) => !wasAsked(probe));
  const reasons = [...new Set(skipped.map(({ reason }) => reason ?? ""))];
  return reasons.map((reason) => {
    const ids = skipped.filter((probe) => (probe.reason ?? "") === reason).map(({ id }) => id);
    return `  -     ${ids.join(", ")}: ${reason.replace(/\.$/, "")}`;
  });
}

function issueLines(issue: Issue): string[] {
  const { level, rule, id, message, sent, cameBack, fix, curl } = issue;
  return [
    "",
    `${level} ${rule} (${id})  ${message}`,
    `  sent  ${sentText(sent)}`,
    `  got   ${gotText(cameBack)}`,
    `  fix   ${fix}`,
    `  seen  ${seenText(issue)}`,
    `  again ${curl}`,
  ];
}

/** The parameters by which requests differ. */
const DISTINCTIVE: readonly string[] = [
  "CallSid",
  "CallFrom",
  "Direction",
  "CallType",
  "DialWhomNumber",
  "DialCallStatus",
  "digits",
  "CustomField",
  "RecordingUrl",
  "numbers",
  "Status",
  "EventType",
  "AgentEmail",
];

/** The request in short: the configured URL, then the parameters that matter, readable. The command below it has all of them. */
function sentText({ method, url }: Sent): string {
  const at = url.indexOf("CallSid=");
  const query = [...new URLSearchParams(url.slice(at))];
  const distinctive = query.filter(([name, value]) => DISTINCTIVE.includes(name) && value !== "");
  const legs = query.filter(([name]) => /^Legs\[\d+\]\[Number\]$/.test(name)).length;
  const parts = distinctive.map(([name, value]) => `${name}=${value}`);
  if (legs > 0) parts.push(legs === 1 ? "and one leg" : `and ${legs} legs`);
  return `${method} ${url.slice(0, Math.max(0, at - 1))} with ${parts.join(" ")}`;
}

/** Probes that are named; the rest are only counted. */
const NAMED_PROBES = 4;

function seenText({ count, endpoint, probes, strict, lenient }: Issue): string {
  const times = count === 1 ? "once" : `${count} times`;
  const more = probes.length - NAMED_PROBES;
  const rest = more > 0 ? ` and ${more} more` : "";
  const other = strict === "error" && lenient !== "error" ? "; a lenient flow would accept the answer" : "";
  return `${times}, ${endpoint}: ${probes.slice(0, NAMED_PROBES).join(", ")}${rest}${other}`;
}

/** One line, whatever the body contains. */
export function gotText({ status, contentType, body, failure, elapsedMs }: CameBack): string {
  if (failure !== null) return `no answer after ${elapsedMs} ms: ${failure}`;
  // eslint-disable-next-line no-control-regex -- a body may contain anything, and a terminal would act on it
  const line = body.replaceAll(/[\u0000-\u001f\u007f-\u009f]+/g, " ");
  return `${status} ${contentType ?? "without Content-Type"} after ${elapsedMs} ms: ${line === "" ? "(empty)" : line}`;
}

function summary(report: CheckReport): string {
  const [errors, warnings] = [countOf(report, "error"), countOf(report, "warning")];
  if (errors + warnings === 0) return `A good ${KINDS[report.kind].title}: nothing to fix.`;
  const count = (n: number, word: string): string => `${n} ${word}${n === 1 ? "" : "s"}`;
  return `${count(errors, "error")}, ${count(warnings, "warning")}`;
}
