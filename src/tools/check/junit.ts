import type { CheckReport, Issue, ProbeReport } from "./report.ts";
import { gotText } from "./table.ts";
import type { UrlKind } from "./url-kind.ts";

/** The report as JUnit XML, for build servers: a test case per probe; errors are failures, warnings are output. */
export function reportJunit(report: CheckReport): string {
  const cases = report.probes.map((probe) => testCase(report.kind, probe, report.issues)).join("");
  const count = (result: ProbeReport["result"]): number =>
    report.probes.filter((each) => each.result === result).length;
  const numbers = { tests: report.probes.length, failures: count("failed"), errors: 0, skipped: count("skipped") };
  const timestamp = new Date(report.startedAtMs).toISOString();
  const suite = element("testsuite", { name: `plugboard check ${report.url}`, ...numbers, timestamp }, cases);
  return `<?xml version="1.0" encoding="UTF-8"?>\n${element("testsuites", numbers, suite)}`;
}

function testCase(kind: UrlKind, probe: ProbeReport, issues: readonly Issue[]): string {
  const { id, title, endpoint, result, reason, elapsedMs } = probe;
  const own = issues.filter((issue) => issue.endpoint === endpoint && issue.probes.includes(id));
  const errors = own.filter(({ level }) => level === "error");
  const warnings = own.filter(({ level }) => level === "warning");
  const inside = [
    ...(result === "skipped" ? [element("skipped", { message: reason ?? "" }, "")] : []),
    ...(errors.length === 0 ? [] : [element("failure", failureOf(errors), escaped(errors.map(textOf).join("\n")))]),
    ...(warnings.length === 0 ? [] : [element("system-out", {}, escaped(warnings.map(textOf).join("\n")))]),
  ];
  const attributes = { classname: `${kind}.${endpoint}`, name: `${id}: ${title}`, time: elapsedMs / 1000 };
  return element("testcase", attributes, inside.join(""));
}

function failureOf([first]: readonly Issue[]): Readonly<Record<string, string>> {
  return first === undefined ? {} : { type: first.rule, message: first.message };
}

/** The exchange shown is the first that had this issue. */
function textOf({ level, rule, message, sent, cameBack, fix, curl, probes }: Issue): string {
  const lines = [
    `${level} ${rule}: ${message}`,
    `sent: ${sent.method} ${sent.url}`,
    `got: ${gotText(cameBack)}`,
    `fix: ${fix}`,
    `repeat: ${curl}`,
    `seen in: ${probes.join(", ")}`,
  ];
  return `${lines.join("\n")}\n`;
}

function element(name: string, attributes: Readonly<Record<string, string | number>>, inside: string): string {
  const pairs = Object.entries(attributes).map(([key, value]) => ` ${key}="${escaped(String(value))}"`);
  return inside === "" ? `<${name}${pairs.join("")}/>\n` : `<${name}${pairs.join("")}>${inside}</${name}>\n`;
}

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** XML 1.0 allows no control characters, not even escaped, and a server's answer may contain any. */
function escaped(text: string): string {
  return (
    text
      .toWellFormed()
      // eslint-disable-next-line no-control-regex -- these are what is replaced
      .replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "\ufffd")
      .replaceAll(/[&<>"]/g, (char) => ENTITIES[char] ?? char)
  );
}
