import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { keyOf, useAccount, useApi } from "../../api/account.ts";
import type { Models } from "../../api/client.ts";
import { PlugboardError } from "../../api/client.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Loading, Notice, sentenceOf } from "../../ui/states.tsx";
import { Backtest } from "./backtest.tsx";
import { ChangeList } from "./change-list.tsx";
import styles from "./dialogs.module.css";
import type { FlowDraft } from "./document.ts";
import { FindingList } from "./finding-list.tsx";
import type { Finding } from "./findings.ts";

interface PublishDialogProps {
  readonly id: string;
  readonly flow: FlowDraft;
  /** Of the saved draft; exactly that one is published. */
  readonly etag: string;
  readonly isFirst: boolean;
  readonly onClose: () => void;
  readonly onPublished: (version: number | null) => Promise<void>;
  readonly onShow: (finding: Finding) => void;
}

/** What publishing would change for callers, and what keeps the draft from being published. */
export function PublishDialog({ id, flow, etag, isFirst, onClose, onPublished, onShow }: PublishDialogProps) {
  const [api, account] = [useApi(), useAccount()];
  const [failure, setFailure] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const checked = useQuery({
    queryKey: keyOf(account, "flow", id, "validate", etag),
    queryFn: ({ signal }) => api.flows.validate({ flow: id, body: null }, { signal }),
  });
  const publish = async (): Promise<void> => {
    setBusy(true);
    setFailure(null);
    try {
      const { version } = await api.flows.publish({ flow: id, ifMatch: etag, body: {} });
      await onPublished(version);
    } catch (error) {
      setFailure(error);
    } finally {
      setBusy(false);
    }
  };
  const errors = checked.data?.findings.filter(({ level }) => level === "error").length ?? 0;
  return (
    <Dialog open onClose={onClose} title="Publish this draft" description="The next call goes through it.">
      <div className={styles["content"]}>
        {checked.error === null ? null : <Notice tone="bad">{sentenceOf(checked.error)}</Notice>}
        {checked.data === undefined && checked.error === null ? <Loading rows={3} label="Checking the draft" /> : null}
        {checked.data === undefined ? null : (
          <Verdict flow={flow} findings={checked.data.findings} errors={errors} onShow={onShow} />
        )}
        {isFirst ? <p className={styles["quiet"]}>This is the flow's first version.</p> : null}
        {isFirst || checked.data === undefined ? null : <Changes id={id} etag={etag} playable={errors === 0} />}
        {isFirst || errors > 0 ? null : <Backtest id={id} />}
        {failure === null ? null : <Notice tone="bad">{refusalOf(failure)}</Notice>}
        <footer className={styles["foot"]}>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            variant="primary"
            busy={busy}
            disabled={checked.data === undefined || errors > 0}
            onClick={() => void publish()}
          >
            Publish
          </Button>
        </footer>
      </div>
    </Dialog>
  );
}

function refusalOf(error: unknown): string {
  if (error instanceof PlugboardError && error.status === 412)
    return "Someone else changed the draft meanwhile. Close this window and look at both.";
  return sentenceOf(error);
}

interface VerdictProps {
  readonly flow: FlowDraft;
  readonly findings: readonly Finding[];
  readonly errors: number;
  readonly onShow: (finding: Finding) => void;
}

function Verdict({ flow, findings, errors, onShow }: VerdictProps) {
  if (findings.length === 0) return <p>Nothing is wrong with it.</p>;
  return (
    <>
      {errors === 0 ? (
        <Notice tone="warn">It can be published, but look at this first.</Notice>
      ) : (
        <Notice tone="bad">
          {errors === 1
            ? "It can't be published: it has a mistake."
            : `It can't be published: it has ${errors} mistakes.`}
        </Notice>
      )}
      <FindingList flow={flow} findings={findings} onShow={onShow} />
    </>
  );
}

interface ChangesProps {
  readonly id: string;
  readonly etag: string;
  readonly playable: boolean;
}

/** The semantic difference; with `playable` also what it changes for which callers. */
function Changes({ id, etag, playable }: ChangesProps) {
  const [api, account] = [useApi(), useAccount()];
  const outcomes = playable ? "true" : "false";
  const { data, error } = useQuery({
    queryKey: keyOf(account, "flow", id, "diff", etag, outcomes),
    queryFn: ({ signal }) => api.flows.diff({ flow: id, outcomes }, { signal }),
  });
  if (error !== null) return <Notice tone="warn">{sentenceOf(error)}</Notice>;
  if (data === undefined) return <Loading rows={3} label="Comparing with the published version" />;
  return (
    <>
      <h3>What changes</h3>
      <ChangeList changes={data.changes} none="Nothing: it does the same as the published version." />
      {data.outcomes === null ? null : <Outcomes of={data.outcomes} />}
    </>
  );
}

function Outcomes({ of: { calls, changed, outcomes } }: { readonly of: Models["FlowOutcomes"] }) {
  return (
    <>
      <h3>For callers</h3>
      <p className={styles["quiet"]}>{`${changed} of ${calls} random calls end differently.`}</p>
      <ul className={styles["changes"]}>
        {outcomes.map(({ message, before, after }) => (
          <li key={message}>
            <details>
              <summary>{message}</summary>
              <p>Before: {before}</p>
              <p>After: {after}</p>
            </details>
          </li>
        ))}
      </ul>
    </>
  );
}
