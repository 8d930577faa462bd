import { useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { Trash2 } from "lucide-react";
import { useState } from "react";
import { useAccount, useApi, useMay } from "../../api/account.ts";
import type { Entry } from "../../api/entries.ts";
import { entriesQuery } from "../../api/entries.ts";
import { numbersQuery } from "../../api/numbers.ts";
import { sessionQuery } from "../../api/session.ts";
import { Button } from "../../ui/button.tsx";
import { shownValue } from "../../ui/entry-document.ts";
import { EntryForm } from "../../ui/entry-form.tsx";
import { Figures, None, Time } from "../../ui/format.tsx";
import { ADMINS_ONLY, NotAllowed } from "../../ui/not-allowed.tsx";
import { Facts, Page, Panel } from "../../ui/page.tsx";
import { RemoveEntry } from "../../ui/remove-entry.tsx";
import { Failure, Loading } from "../../ui/states.tsx";
import { say } from "../../ui/toast.tsx";
import { TRUNK_LOOK } from "./trunk-look.ts";
import styles from "./trunk-page.module.css";
import { trunkAttemptsQuery } from "./trunk-state.ts";

const route = getRouteApi("/signed-in/a/$account/trunks/$trunk");

/** One trunk: how it is configured, and what the platform knows about it. */
export function TrunkPage() {
  const { trunk } = route.useParams();
  const { data, error, refetch } = useQuery(entriesQuery(useApi(), useAccount(), "trunks"));
  const entry = data?.find(({ name }) => name === trunk);
  return (
    <Page title={trunk} back={<Back />} actions={entry === undefined ? undefined : <Remove entry={entry} />}>
      {error === null || data !== undefined ? null : <Failure error={error} retry={() => void refetch()} />}
      {data === undefined && error === null ? <Loading /> : null}
      {data !== undefined && entry === undefined ? (
        <Failure
          title="There is no such trunk"
          error={`The account has no trunk ${trunk}: it may have been deleted.`}
        />
      ) : null}
      {entry === undefined ? null : <Trunk key={entry.name} entry={entry} />}
    </Page>
  );
}

/** An empty form. */
export function NewTrunkPage() {
  const account = useAccount();
  const navigate = useNavigate();
  const may = useMay("admin");
  const open = (trunk: string): void => {
    say(`Trunk ${trunk} added`, "The next call may use it.");
    void navigate({ to: "/a/$account/trunks/$trunk", params: { account, trunk } });
  };
  return (
    <Page title="Add a trunk" back={<Back />}>
      {may ? (
        <Panel className={styles["alone"]}>
          <EntryForm look={TRUNK_LOOK} entry={null} onSaved={open} />
        </Panel>
      ) : (
        <NotAllowed title="Adding trunks is for administrators" />
      )}
    </Page>
  );
}

function Back() {
  return (
    <Link to="/a/$account/trunks" params={{ account: useAccount() }}>
      ← Trunks
    </Link>
  );
}

function Remove({ entry }: { readonly entry: Entry }) {
  const account = useAccount();
  const navigate = useNavigate();
  const may = useMay("admin");
  const [isAsking, setAsking] = useState(false);
  return (
    <>
      <Button
        variant="danger"
        icon={Trash2}
        disabled={!may}
        title={may ? undefined : ADMINS_ONLY}
        onClick={() => setAsking(true)}
      >
        Delete
      </Button>
      <RemoveEntry
        kind="trunks"
        entry={isAsking ? entry : null}
        noun="the trunk"
        consequence="Calls that are up go on; the next ones use other trunks, or fail if there is none."
        onClose={() => setAsking(false)}
        onRemoved={() => void navigate({ to: "/a/$account/trunks", params: { account } })}
      />
    </>
  );
}

function Trunk({ entry }: { readonly entry: Entry }) {
  const may = useMay("admin");
  // What somebody else saves must not replace what is being written; only one's own saving begins anew.
  const [saves, setSaves] = useState(0);
  const saved = (): void => {
    say("Saved", "The next call uses it.");
    setSaves(saves + 1);
  };
  return (
    <div className={styles["columns"]}>
      <Panel title="Configuration">
        {may ? (
          <EntryForm key={saves} look={TRUNK_LOOK} entry={entry} onSaved={saved} />
        ) : (
          <Facts of={Object.entries(entry.document).map(([name, value]) => [name, shownValue(value)] as const)} />
        )}
      </Panel>
      <div className={styles["side"]}>
        <KnownPanel entry={entry} />
        <AttemptsPanel trunk={entry.name} />
      </div>
    </div>
  );
}

function KnownPanel({ entry: { name, changed_at, changed_by } }: { readonly entry: Entry }) {
  const account = useAccount();
  const { data: numbers = [] } = useQuery(numbersQuery(useApi(), account));
  const own = numbers.filter(({ trunk }) => trunk === name);
  const links = own.map(({ number }) => (
    <Link key={number} to="/a/$account/calls" params={{ account }} search={{ number }}>
      <Figures>{number}</Figures>
    </Link>
  ));
  return (
    <Panel title="Known of it">
      <Facts
        of={[
          ["Changed", <Time key="at" at={changed_at} />],
          ["By", changed_by],
          [
            "Its numbers",
            links.length === 0 ? <None key="none" /> : <span className={styles["numbers"]}>{links}</span>,
          ],
        ]}
      />
    </Panel>
  );
}

const OUTCOMES: Readonly<Record<string, string>> = {
  completed: "Answered",
  busy: "Busy",
  "no-answer": "No answer",
  failed: "Failed",
  canceled: "Given up by us or the caller",
};

/** For members of the platform: the counters are of every account that has a trunk of this name. */
function AttemptsPanel({ trunk }: { readonly trunk: string }) {
  const { data: member } = useSuspenseQuery(sessionQuery);
  return member?.account === null ? <Attempts trunk={trunk} /> : null;
}

function Attempts({ trunk }: { readonly trunk: string }) {
  const { data, error, refetch } = useQuery(trunkAttemptsQuery(trunk));
  const total = Object.values(data ?? {}).reduce((sum, count) => sum + count, 0);
  return (
    <Panel title="Attempts since the platform started">
      {error === null ? null : <Failure error={error} retry={() => void refetch()} />}
      {data === undefined ? null : (
        <>
          <Facts
            of={[
              ["All", <Figures key="all">{total}</Figures>],
              ...Object.entries(OUTCOMES).map(
                ([outcome, words]) => [words, <Figures key={outcome}>{data[outcome] ?? 0}</Figures>] as const,
              ),
            ]}
          />
          <p className={styles["note"]}>
            Of every account with a trunk of this name. Whether it can be reached shows with the next call: nothing is
            sent to a trunk between calls.
          </p>
        </>
      )}
    </Panel>
  );
}
