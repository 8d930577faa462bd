import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useAccount } from "../../api/account.ts";
import { durationText, None } from "../../ui/format.tsx";
import styles from "./overview-page.module.css";
import type { Statistics } from "./statistics.ts";
import { percentOf, rangeFilters } from "./statistics.ts";

/** ms that a URL may take (REQ-6). */
const URL_LIMIT_MS = 5000;
/** Above this share of the limit a slow day loses calls. */
const NEAR_LIMIT = 0.6;

/** The four figures that say whether today is a good day. */
export function KeyFigures({ statistics }: { readonly statistics: Statistics }) {
  const { total } = statistics;
  const range = rangeFilters(statistics);
  const answered = percentOf(total.connected, total.dialled);
  const isSlow = (total.url.p95 ?? 0) > URL_LIMIT_MS * NEAR_LIMIT;
  return (
    <ul className={styles["figures"]} aria-label="Key figures">
      <Figure name="Calls" value={total.calls.toLocaleString()} search={range}>
        {total.failed === 0 ? (
          "all as meant"
        ) : (
          <Aside search={{ ...range, failed: "true" }}>{total.failed.toLocaleString()} without a conversation</Aside>
        )}
      </Figure>
      <Figure
        name="Answered"
        value={answered === null ? null : `${answered} %`}
        search={{ ...range, dial_call_status: "completed" }}
      >
        {`${total.connected.toLocaleString()} of ${total.dialled.toLocaleString()} that dialled somebody`}
      </Figure>
      <Figure
        name="Time to answer"
        value={timeText(total.answer.p50)}
        search={{ ...range, dial_call_status: "completed" }}
      >
        {total.answer.p95 === null
          ? "no call was answered"
          : `half of them; 95 % within ${durationText(total.answer.p95)}`}
      </Figure>
      <Figure
        name="Your URL, 95 %"
        value={timeText(total.url.p95)}
        tone={isSlow ? "warn" : undefined}
        search={{ ...range, min_url_ms: total.url.p95 ?? 0 }}
      >
        {total.requests_failed === 0 ? (
          `of 5 s; ${total.requests.toLocaleString()} requests, none failed`
        ) : (
          <Aside search={{ ...range, url_failed: "true" }}>
            {`${total.requests_failed.toLocaleString()} of ${total.requests.toLocaleString()} requests failed`}
          </Aside>
        )}
      </Figure>
    </ul>
  );
}

interface FigureProps {
  readonly name: string;
  /** Null: there is nothing to measure. */
  readonly value: string | null;
  readonly tone?: "warn" | undefined;
  readonly search: object;
  readonly children: ReactNode;
}

function Figure({ name, value, tone, search, children }: FigureProps) {
  const account = useAccount();
  return (
    <li className={styles["figure"]}>
      <span className={styles["figureName"]}>{name}</span>
      {value === null ? (
        <span className={styles["value"]}>
          <None>–</None>
        </span>
      ) : (
        <Link
          to="/a/$account/calls"
          params={{ account }}
          search={search}
          className={styles["value"]}
          data-tone={tone}
          aria-label={`${name}: ${value}. Show the calls`}
        >
          {value}
        </Link>
      )}
      <span className={styles["figureNote"]}>{children}</span>
    </li>
  );
}

function Aside({ search, children }: { readonly search: object; readonly children: ReactNode }) {
  const account = useAccount();
  return (
    <Link to="/a/$account/calls" params={{ account }} search={search} className={styles["more"]}>
      {children}
    </Link>
  );
}

function timeText(ms: number | null): string | null {
  return ms === null ? null : durationText(ms);
}
