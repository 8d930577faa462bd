import type { TraceEntry } from "../../../../src/core/call/trace.ts";
import { Badge, Tag } from "../../ui/badge.tsx";
import type { Tone } from "../../ui/badge.tsx";
import { durationText, Figures, Mono, momentText } from "../../ui/format.tsx";
import { Rules } from "../../ui/rule.tsx";
import styles from "./exchanges.module.css";

type Entry<Type extends TraceEntry["type"]> = Extract<TraceEntry, { readonly type: Type }>;

/** A request with everything that came of it. */
interface Exchange {
  readonly sent: Entry<"request.sent">;
  readonly result: Entry<"request.result"> | undefined;
  readonly findings: readonly Entry<"answer.finding">[];
  readonly used: Entry<"answer.used"> | undefined;
}

export function exchangesOf(trace: readonly TraceEntry[]): readonly Exchange[] {
  const ofType = <Type extends TraceEntry["type"]>(type: Type): readonly Entry<Type>[] =>
    trace.filter((entry): entry is Entry<Type> => entry.type === type);
  return ofType("request.sent").map((sent) => ({
    sent,
    result: ofType("request.result").find(({ id }) => id === sent.id),
    findings: ofType("answer.finding").filter(({ id }) => id === sent.id),
    used: ofType("answer.used").find(({ id }) => id === sent.id),
  }));
}

/** Every request to the customer's URLs: what was sent, what came back, and what was made of it. */
export function Exchanges({ exchanges }: { readonly exchanges: readonly Exchange[] }) {
  return (
    <ul className={styles["exchanges"]}>
      {exchanges.map((exchange) => (
        <li key={exchange.sent.seq}>
          <details className={styles["exchange"]}>
            <ExchangeSummary {...exchange} />
            <ExchangeBody {...exchange} />
          </details>
        </li>
      ))}
    </ul>
  );
}

const VERDICTS: Readonly<Record<Entry<"request.result">["result"], { readonly text: string; readonly tone: Tone }>> = {
  usable: { text: "Used", tone: "good" },
  invalid: { text: "Not usable", tone: "bad" },
  http_error: { text: "HTTP error", tone: "bad" },
  timeout: { text: "Too late", tone: "bad" },
  unreachable: { text: "Not reached", tone: "bad" },
};

function ExchangeSummary({ sent, result, findings }: Exchange) {
  const verdict = result === undefined ? null : VERDICTS[result.result];
  return (
    <summary>
      <span className={styles["moment"]}>{momentText(sent.at_ms)}</span>
      <span className={styles["target"]}>
        <b>{sent.purpose.replaceAll("_", " ")}</b> {sent.role === "fallback" ? <Tag tone="warn">fallback</Tag> : null}{" "}
        <Mono>
          {sent.method} {sent.url}
        </Mono>
      </span>
      {findings.length === 0 ? null : (
        <Tag tone="warn">{findings.length === 1 ? "1 finding" : `${findings.length} findings`}</Tag>
      )}
      <span className={styles["elapsed"]}>{result === undefined ? "" : durationText(result.elapsed_ms)}</span>
      {verdict === null ? <Badge>Sent</Badge> : <Badge tone={verdict.tone}>{verdict.text}</Badge>}
    </summary>
  );
}

function ExchangeBody({ sent, result, findings, used }: Exchange) {
  return (
    <div className={styles["body"]}>
      {result === undefined || result.message === "" ? null : (
        <p>
          {result.message}
          <Rules of={[result.rule]} />
        </p>
      )}
      {findings.map(({ seq, level, message, rule }) => (
        <p key={seq}>
          <Tag tone={level === "error" ? "bad" : "warn"}>{level}</Tag> {message}
          <Rules of={[rule]} />
        </p>
      ))}
      <Pairs title="Parameters" pairs={sent.query} />
      <Pairs title="Headers" pairs={Object.entries(sent.headers)} />
      {result?.body === undefined ? null : (
        <Code
          title={answerTitle(result)}
          text={result.body}
          note={result.body_cut === true ? "Longer; the rest was not kept." : null}
        />
      )}
      {used === undefined ? null : (
        <Code title="As it was used, with every default" text={JSON.stringify(used.answer)} note={null} />
      )}
    </div>
  );
}

function answerTitle({ http_status, content_type }: Entry<"request.result">): string {
  const status = http_status === null ? "" : ` ${http_status}`;
  return `Answer${status}${content_type === null || content_type === undefined ? "" : `, ${content_type}`}`;
}

function Pairs({ title, pairs }: { readonly title: string; readonly pairs: readonly (readonly [string, string])[] }) {
  if (pairs.length === 0) return null;
  return (
    <section>
      <h3>{title}</h3>
      <dl className={styles["pairs"]}>
        {pairs.map(([name, value], index) => (
          <div key={`${name}-${index}`}>
            <dt>{name}</dt>
            <dd>{value === "" ? <Figures>(empty)</Figures> : value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

interface CodeProps {
  readonly title: string;
  readonly text: string;
  readonly note: string | null;
}

function Code({ title, text, note }: CodeProps) {
  return (
    <section>
      <h3>{title}</h3>
      <pre className={styles["code"]} tabIndex={0} aria-label={title}>
        {indented(text)}
      </pre>
      {note === null ? null : <p className={styles["note"]}>{note}</p>}
    </section>
  );
}

/** JSON as people read it; anything else as it came. */
function indented(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text; // not JSON: shown as received
  }
}
