import { queryOptions, useQuery } from "@tanstack/react-query";
import { keyOf, useAccount, useApi } from "../../api/account.ts";
import type { Models, PlugboardApi } from "../../api/client.ts";
import { Tag } from "../../ui/badge.tsx";
import { Figures, Mono, Time } from "../../ui/format.tsx";
import { Page, Panel } from "../../ui/page.tsx";
import { Failure, Loading, Notice } from "../../ui/states.tsx";
import { ClosedPrefixes } from "./closed-prefixes.tsx";
import { ConfiguredLimits } from "./configured-limits.tsx";
import styles from "./limits-page.module.css";
import { ruleOf } from "./rules.ts";

type Exposure = Models["Exposure"];

/** ms between two looks: every conversation costs by the minute. */
const RENEW_MS = 15_000;

function exposureQuery(api: PlugboardApi, account: string) {
  return queryOptions({
    queryKey: keyOf(account, "exposure"),
    queryFn: ({ signal }) => api.account.exposure({}, { signal }),
    refetchInterval: RENEW_MS,
  });
}

/** What the account could cost at worst, which limit decides it, and what is spent. */
export function LimitsPage() {
  const { data, error, refetch } = useQuery(exposureQuery(useApi(), useAccount()));
  return (
    <Page title="Limits">
      {data === undefined && error !== null ? <Failure error={error} retry={() => void refetch()} /> : null}
      {data === undefined && error === null ? <Loading /> : null}
      {data === undefined ? null : (
        <div className={styles["panels"]}>
          <Most exposure={data} />
          <Spent exposure={data} />
          <Arithmetic exposure={data} />
          <ConfiguredLimits />
          <ClosedPrefixes />
        </div>
      )}
    </Page>
  );
}

interface ExposureProps {
  readonly exposure: Exposure;
}

function Most({ exposure: { most, binding, currency, from, to } }: ExposureProps) {
  const { title, key } = ruleOf(binding);
  return (
    <Panel title="At worst tonight" className={styles["half"]}>
      <p className={styles["figure"]}>{most === null ? "Unlimited" : <Figures>{moneyText(most, currency)}</Figures>}</p>
      <p className={styles["text"]}>
        From <Time at={from} /> until <Time at={to} />, with every line busy at the highest price that may be dialled.
      </p>
      {most === null ? (
        <Notice tone="bad">Nothing limits what a stolen key or a mistake could cost. Set limits.spend_per_day.</Notice>
      ) : (
        <p className={styles["text"]}>
          <strong>{title}</strong> decides it. To lower it, lower <Mono>{key ?? binding}</Mono> in the workspace file.
        </p>
      )}
    </Panel>
  );
}

function Spent({ exposure: { spent } }: ExposureProps) {
  return (
    <Panel title="Spent so far" className={styles["half"]}>
      <dl className={styles["spent"]}>
        <div>
          <dt>Today</dt>
          <dd>
            <Figures>{moneyText(spent.today, spent.currency)}</Figures>
          </dd>
        </div>
        <div>
          <dt>Tonight</dt>
          <dd>
            <Figures>{moneyText(spent.tonight, spent.currency)}</Figures>
          </dd>
        </div>
      </dl>
      <p className={styles["text"]}>
        By the prices of the account&apos;s price table, begun minutes included. Day and night are those of the
        account&apos;s time zone.
      </p>
    </Panel>
  );
}

/** The calculation, line by line: what, how much, and how it comes about. */
function Arithmetic({ exposure: { arithmetic, binding, currency } }: ExposureProps) {
  return (
    <Panel title="How it is calculated" flush>
      <ol className={styles["lines"]}>
        {arithmetic.map(({ name, how, value }) => (
          <li key={name} data-binding={name === binding || undefined}>
            <span className={styles["lineTitle"]}>
              {ruleOf(name).title} {name === binding ? <Tag tone="info">decides</Tag> : null}
            </span>
            <span className={styles["value"]}>
              <Figures>{valueText(name, value, currency)}</Figures>
            </span>
            <span className={styles["how"]}>{how}</span>
          </li>
        ))}
      </ol>
    </Panel>
  );
}

function valueText(name: string, value: number | null, currency: string): string {
  if (value === null) return "unlimited";
  const { unit } = ruleOf(name);
  return unit === undefined ? moneyText(value, currency) : `${value.toLocaleString()} ${unit}`;
}

function moneyText(amount: number, currency: string): string {
  return `${amount.toLocaleString(undefined, { maximumFractionDigits: 2 })} ${currency}`;
}
