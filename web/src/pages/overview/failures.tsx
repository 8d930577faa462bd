import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useAccount } from "../../api/account.ts";
import { durationText, Mono, None } from "../../ui/format.tsx";
import { Panel } from "../../ui/page.tsx";
import styles from "./overview-page.module.css";
import type { Statistics } from "./statistics.ts";
import { percentOf, rangeFilters } from "./statistics.ts";

interface OfStatistics {
  readonly statistics: Statistics;
}

/** Why destinations did not answer. */
export function Causes({ statistics }: OfStatistics) {
  const { causes, total } = statistics;
  const range = rangeFilters(statistics);
  return (
    <Panel title="Why nobody answered">
      {causes.length === 0 ? (
        <None>Every destination that was dialled answered.</None>
      ) : (
        <div className={styles["scroll"]} tabIndex={0} role="group" aria-label="Why nobody answered, table">
          <table className={styles["table"]} aria-label="Why nobody answered">
            <thead>
              <tr>
                <th scope="col">Cause</th>
                <th scope="col">Calls</th>
                <th scope="col">Of all</th>
              </tr>
            </thead>
            <tbody>
              {causes.map(({ outcome, cause, calls }) => (
                <tr key={`${outcome} ${cause}`}>
                  <th scope="row">
                    {CAUSES[cause] ?? cause.toLowerCase().replaceAll("_", " ")}
                    <span className={styles["code"]}>{cause}</span>
                  </th>
                  <td>
                    <CallsLink search={{ ...range, cause }}>{calls.toLocaleString()}</CallsLink>
                  </td>
                  <td>{percentOf(calls, total.calls) ?? 0} %</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Panel>
  );
}

/** Causes in a colleague's words; others are shown by their name. */
const CAUSES: Readonly<Record<string, string>> = {
  USER_BUSY: "Busy",
  RING_TIMEOUT: "Rang until its time was up",
  NO_ANSWER: "Did not answer",
  NO_USER_RESPONSE: "The phone did not react",
  SUBSCRIBER_ABSENT: "Phone switched off or without network",
  CALL_REJECTED: "Declined",
  UNALLOCATED_NUMBER: "The number does not exist",
  INVALID_NUMBER_FORMAT: "Not a number that can be dialled",
  ORIGINATOR_CANCEL: "The caller left first",
  NETWORK_OUT_OF_ORDER: "The trunk or its network failed",
  SERVICE_UNAVAILABLE: "The trunk took no call",
  NORMAL_CLEARING: "Ended before it was answered",
};

/** Each of the customer's URLs: how it failed, and how long it took. */
export function Urls({ statistics }: OfStatistics) {
  const { urls } = statistics;
  const range = rangeFilters(statistics);
  return (
    <Panel title="Your URLs">
      {urls.length === 0 ? (
        <None>No call asked a URL.</None>
      ) : (
        <div className={styles["scroll"]} tabIndex={0} role="group" aria-label="Your URLs, table">
          <table className={styles["table"]} aria-label="Your URLs">
            <thead>
              <tr>
                <th scope="col">URL</th>
                <th scope="col">Requests</th>
                <th scope="col">Failed</th>
                <th scope="col">95 % within</th>
              </tr>
            </thead>
            <tbody>
              {urls.map((each) => (
                <tr key={each.url}>
                  <th scope="row">
                    <Mono>{each.url}</Mono>
                    <span className={styles["code"]}>{failureText(each)}</span>
                  </th>
                  <td>
                    <CallsLink search={{ ...range, url: each.url }}>{each.requests.toLocaleString()}</CallsLink>
                  </td>
                  <td>
                    {failuresOf(each) === 0 ? (
                      <None>0</None>
                    ) : (
                      <CallsLink search={{ ...range, url: each.url, url_failed: "true" }}>
                        {failuresOf(each).toLocaleString()}
                      </CallsLink>
                    )}
                  </td>
                  <td>
                    <CallsLink search={{ ...range, url: each.url, min_url_ms: each.time.p95 ?? 0 }}>
                      {durationText(each.time.p95 ?? 0)}
                    </CallsLink>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Panel>
  );
}

type UrlLine = Statistics["urls"][number];

function failuresOf({ invalid, http_error, timeout, unreachable }: UrlLine): number {
  return invalid + http_error + timeout + unreachable;
}

/** How it failed, in words. */
function failureText({ invalid, http_error, timeout, unreachable }: UrlLine): string {
  const kinds = [
    [timeout, "no answer within 5 s"],
    [http_error, "an error status"],
    [invalid, "an answer that can't be used"],
    [unreachable, "unreachable"],
  ] as const;
  return kinds.flatMap(([count, words]) => (count === 0 ? [] : [`${count} × ${words}`])).join(", ");
}

function CallsLink({ search, children }: { readonly search: object; readonly children: ReactNode }) {
  const account = useAccount();
  return (
    <Link to="/a/$account/calls" params={{ account }} search={search} className={styles["more"]}>
      {children}
    </Link>
  );
}
