import { useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useAccount, useApi } from "../../api/account.ts";
import { Page } from "../../ui/page.tsx";
import { Segments } from "../../ui/segments.tsx";
import { Failure, Loading, Notice } from "../../ui/states.tsx";
import { Charts } from "./charts.tsx";
import { Causes, Urls } from "./failures.tsx";
import { FirstCall } from "./first-call.tsx";
import { KeyFigures } from "./key-figures.tsx";
import styles from "./overview-page.module.css";
import type { RangeName } from "./ranges.ts";
import { RANGE_NAMES, RANGES } from "./ranges.ts";
import type { Statistics } from "./statistics.ts";
import { anyCallQuery, statisticsQuery } from "./statistics.ts";

const route = getRouteApi("/signed-in/a/$account/overview");

/** How the account's calls go: figures, each of which leads to the calls behind it. */
export function OverviewPage() {
  const { range = "day" } = route.useSearch();
  const any = useQuery(anyCallQuery(useApi(), useAccount()));
  if (any.data === false)
    return (
      <Page title="Overview">
        <FirstCall />
      </Page>
    );
  return (
    <Page title="Overview" toolbar={<RangeChoice range={range} />}>
      <Figures range={range} />
    </Page>
  );
}

function RangeChoice({ range }: { readonly range: RangeName }) {
  const navigate = useNavigate();
  const account = useAccount();
  const choose = (label: string): void => {
    const chosen = RANGE_NAMES.find((name) => RANGES[name].label === label) ?? "day";
    const search = chosen === "day" ? {} : { range: chosen };
    void navigate({ to: "/a/$account/overview", params: { account }, search, replace: true });
  };
  const options = RANGE_NAMES.map((name) => RANGES[name].label);
  return <Segments label="Time" value={RANGES[range].label} options={options} onChoose={choose} />;
}

function Figures({ range }: { readonly range: RangeName }) {
  const { data, error, refetch } = useQuery(statisticsQuery(useApi(), useAccount(), range));
  if (error !== null && data === undefined) return <Failure error={error} retry={() => void refetch()} />;
  if (data === undefined) return <Loading rows={12} />;
  return (
    <div className={styles["overview"]}>
      <NotAll statistics={data} />
      <KeyFigures statistics={data} />
      <Charts statistics={data} />
      <div className={styles["pair"]}>
        <Causes statistics={data} />
        <Urls statistics={data} />
      </div>
    </div>
  );
}

/** What the figures leave out, if anything. */
function NotAll({ statistics: { counted_from, total } }: { readonly statistics: Statistics }) {
  if (counted_from !== null)
    return (
      <Notice tone="warn">
        There were more calls than are counted at once: these figures are of the calls since{" "}
        {new Date(counted_from).toLocaleString()}.
      </Notice>
    );
  if (total.calls === 0)
    return <Notice tone="info">No call ended in this time. Choose a longer time, or call one of your numbers.</Notice>;
  return null;
}
