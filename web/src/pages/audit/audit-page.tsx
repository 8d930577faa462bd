import { getRouteApi } from "@tanstack/react-router";
import { ScrollText } from "lucide-react";
import { keyOf, useAccount, useApi, useMay } from "../../api/account.ts";
import type { Models } from "../../api/client.ts";
import { usePageList } from "../../api/page-list.ts";
import { CompactRow } from "../../ui/compact.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Mono, None, Time } from "../../ui/format.tsx";
import { List } from "../../ui/list.tsx";
import { NotAllowed } from "../../ui/not-allowed.tsx";
import { Facts, Page } from "../../ui/page.tsx";
import { RowLink } from "../../ui/row-link.tsx";
import { SearchField } from "../../ui/search-field.tsx";
import { Empty } from "../../ui/states.tsx";
import type { Column } from "../../ui/table.tsx";
import type { AuditFilters } from "./audit-filters.ts";
import styles from "./audit-page.module.css";

type AuditEntry = Models["AuditEntry"];

const route = getRouteApi("/signed-in/a/$account/audit");

/** Entries fetched at once; the most that the API gives. */
const PAGE_ENTRIES = 200;

/** Who changed what, newest first. */
export function AuditPage() {
  return useMay("admin") ? (
    <Audit />
  ) : (
    <Page title="Audit log">
      <NotAllowed title="The audit log is for administrators" />
    </Page>
  );
}

function Audit() {
  const { q = "", entry } = route.useSearch();
  const navigate = route.useNavigate();
  const list = useEntries();
  const use = (search: AuditFilters): void => void navigate({ search, replace: true });
  const words = q === "" ? {} : { q };
  const shown = list.rows?.find(({ id }) => id === String(entry));
  return (
    <Page
      title="Audit log"
      fill
      toolbar={
        <SearchField label="Search the log" value={q} onChange={(text) => use(text === "" ? {} : { q: text })} />
      }
    >
      <List
        {...list}
        fill
        label="Audit log"
        keyOf={({ id }) => id}
        columns={columnsOf(words)}
        compact={(row) => (
          <CompactRow>
            <Action row={row} filters={words} />
            <Time at={row.at} />
            <span>{row.subject || "the account"}</span>
            <span>{actorOf(row)}</span>
          </CompactRow>
        )}
        search={q}
        textOf={textOf}
        onClear={() => use({})}
        empty={
          <Empty icon={ScrollText} title="Nothing was changed yet">
            Every change of the account appears here, with who made it and what it was before.
          </Empty>
        }
      />
      <Dialog
        open={entry !== undefined && list.rows !== undefined}
        onClose={() => use(words)}
        title={shown?.action ?? "Not here"}
      >
        {shown === undefined ? (
          <p className={styles["text"]}>The entry is older than what is loaded.</p>
        ) : (
          <Entry of={shown} />
        )}
      </Dialog>
    </Page>
  );
}

function useEntries() {
  const api = useApi();
  return usePageList({
    queryKey: keyOf(useAccount(), "audit"),
    page: async (before, signal) => {
      const query = { limit: PAGE_ENTRIES, ...(before !== undefined && { before }) };
      const { entries, next } = await api.audit.list(query, { signal });
      return { rows: entries, next };
    },
  });
}

function columnsOf(filters: AuditFilters): readonly Column<AuditEntry>[] {
  return [
    { id: "at", header: "When", width: "142px", cell: ({ at }) => <Time at={at} /> },
    { id: "who", header: "Who", width: "minmax(110px, 0.8fr)", cell: actorOf },
    {
      id: "what",
      header: "What",
      width: "minmax(120px, 0.9fr)",
      cell: (row) => <Action row={row} filters={filters} />,
    },
    {
      id: "subject",
      header: "Of",
      width: "minmax(110px, 0.9fr)",
      cell: ({ subject }) => subject || <None>the account</None>,
    },
    { id: "before", header: "Before", width: "minmax(110px, 1.3fr)", cell: ({ before }) => <Short value={before} /> },
    { id: "after", header: "After", width: "minmax(110px, 1.3fr)", cell: ({ after }) => <Short value={after} /> },
  ];
}

function Action({ row: { id, action }, filters }: { readonly row: AuditEntry; readonly filters: AuditFilters }) {
  const account = useAccount();
  return (
    <RowLink to="/a/$account/audit" params={{ account }} search={{ ...filters, entry: Number(id) }} replace>
      {action}
    </RowLink>
  );
}

function actorOf({ by: { kind, id } }: AuditEntry): string {
  if (kind === "system") return id;
  return kind === "key" ? `key ${id}` : id;
}

function textOf({ by, action, subject, before, after }: AuditEntry): string {
  return [by.kind, by.id, action, subject, wordsOf(before), wordsOf(after)].join(" ");
}

/** A document in one line: sentences as they are, everything else as JSON. */
function wordsOf(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (Array.isArray(value) && value.every((one) => typeof one === "string")) return value.join(" ");
  return typeof value === "string" ? value : JSON.stringify(value);
}

function Short({ value }: { readonly value: unknown }) {
  const words = wordsOf(value);
  return words === "" ? <None>–</None> : words;
}

function Entry({ of }: { readonly of: AuditEntry }) {
  return (
    <div className={styles["entry"]}>
      <Facts
        of={[
          ["When", <Time key="at" at={of.at} />],
          ["Who", actorOf(of)],
          ["Of", of.subject === "" ? "the account" : <Mono key="subject">{of.subject}</Mono>],
        ]}
      />
      <Whole title="Before" value={of.before} />
      <Whole title="After" value={of.after} />
    </div>
  );
}

function Whole({ title, value }: { readonly title: string; readonly value: unknown }) {
  const isWords = Array.isArray(value) && value.every((one) => typeof one === "string");
  const text = isWords ? value.join("\n") : JSON.stringify(value, null, 2);
  return (
    <section className={styles["document"]}>
      <h3>{title}</h3>
      {value === null || value === undefined ? <None>nothing</None> : <pre tabIndex={0}>{text}</pre>}
    </section>
  );
}
