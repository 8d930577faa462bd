import { queryOptions, useQuery } from "@tanstack/react-query";
import { keyOf, useAccount } from "../../api/account.ts";
import { platformApi } from "../../api/client.ts";
import { Figures, Mono, None } from "../../ui/format.tsx";
import { Panel } from "../../ui/page.tsx";
import { Failure, Loading } from "../../ui/states.tsx";
import styles from "./limits-page.module.css";

type Values = Readonly<Record<string, unknown>>;

/** The limits of the account's document, as they were written. */
function limitsQuery(account: string) {
  return queryOptions({
    queryKey: keyOf(account, "exposure", "limits"),
    queryFn: async ({ signal }) => {
      const { workspace } = await platformApi.workspace.export({ account }, { signal });
      const own = (workspace.accounts as readonly { readonly sid: string; readonly limits?: Values }[]).find(
        ({ sid }) => sid === account,
      );
      return flat(own?.limits ?? {});
    },
  });
}

function flat(values: Values, within = ""): readonly (readonly [key: string, value: unknown])[] {
  return Object.entries(values).flatMap(([name, value]) => {
    const key = `${within}${name}`;
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject ? flat(value as Values, `${key}.`) : [[key, value] as const];
  });
}

/** What the account has set itself. Everything else is as docs/limits.md says. */
export function ConfiguredLimits() {
  const { data, error, refetch } = useQuery(limitsQuery(useAccount()));
  return (
    <Panel title="Set for this account">
      {error !== null && data === undefined ? <Failure error={error} retry={() => void refetch()} /> : null}
      {data === undefined && error === null ? <Loading rows={3} /> : null}
      {data === undefined ? null : <Set values={data} />}
      <p className={styles["text"]}>
        Every limit that is not listed has the platform&apos;s default. Only the operator changes limits:{" "}
        <Mono>limits</Mono> in the workspace file.
      </p>
    </Panel>
  );
}

function Set({ values }: { readonly values: readonly (readonly [key: string, value: unknown])[] }) {
  if (values.length === 0) return <p>Nothing: all limits are the defaults.</p>;
  return (
    <dl className={styles["set"]}>
      {values.map(([key, value]) => (
        <div key={key}>
          <dt>
            <Mono>{key}</Mono>
          </dt>
          <dd>{shown(value)}</dd>
        </div>
      ))}
    </dl>
  );
}

function shown(value: unknown) {
  if (value === null) return <None>no limit</None>;
  if (typeof value === "number") return <Figures>{value.toLocaleString()}</Figures>;
  if (Array.isArray(value) && value.every((one) => typeof one === "string")) return value.join(", ") || <None />;
  return typeof value === "string" ? value : <Mono>{JSON.stringify(value)}</Mono>;
}
