import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { keyOf, useAccount, useApi, useMay } from "../../api/account.ts";
import type { Models } from "../../api/client.ts";
import { Tag } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Time } from "../../ui/format.tsx";
import { Loading, Notice, sentenceOf } from "../../ui/states.tsx";
import { ChangeList } from "./change-list.tsx";
import styles from "./dialogs.module.css";

interface VersionsDialogProps {
  readonly id: string;
  readonly published: Models["PublishedFlow"];
  readonly onClose: () => void;
  readonly onRolledBack: (version: number | null) => Promise<void>;
}

/** Published versions, and the way back to one of them. */
export function VersionsDialog({ id, published, onClose, onRolledBack }: VersionsDialogProps) {
  const [api, account, may] = [useApi(), useAccount(), useMay("admin")];
  const [wanted, setWanted] = useState<number | null>(null);
  const [failure, setFailure] = useState<unknown>(null);
  const { data, error } = useQuery({
    queryKey: keyOf(account, "flow", id, "versions"),
    queryFn: ({ signal }) => api.flows.versions({ flow: id }, { signal }),
  });
  const rollBack = async (version: number): Promise<void> => {
    try {
      const now = await api.flows.rollBack({ flow: id, ifMatch: published.etag, body: { version } });
      await onRolledBack(now.version);
    } catch (refusal) {
      setFailure(refusal);
    }
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title="Versions"
      description="Every version that was published; the next call takes the current one."
    >
      <div className={styles["content"]}>
        {error === null ? null : <Notice tone="bad">{sentenceOf(error)}</Notice>}
        {data === undefined && error === null ? <Loading rows={3} /> : null}
        <ul className={styles["versions"]}>
          {data?.versions.map(({ number, published_at, published_by }) => (
            <li key={number}>
              <strong>{`Version ${number}`}</strong>
              <span>
                <Time at={published_at} /> by {published_by}
              </span>
              {number === data.current ? (
                <Tag tone="good">current</Tag>
              ) : (
                <Button
                  size="s"
                  disabled={!may}
                  title={may ? undefined : NOT_ALLOWED}
                  onClick={() => setWanted(number)}
                >
                  Roll back to {number}
                </Button>
              )}
            </li>
          ))}
        </ul>
        {wanted === null ? null : <Confirm id={id} version={wanted} onConfirm={() => void rollBack(wanted)} />}
        {failure === null ? null : <Notice tone="bad">{sentenceOf(failure)}</Notice>}
      </div>
    </Dialog>
  );
}

const NOT_ALLOWED = "Your role may not publish.";

interface ConfirmProps {
  readonly id: string;
  readonly version: number;
  readonly onConfirm: () => void;
}

function Confirm({ id, version, onConfirm }: ConfirmProps) {
  const [api, account] = [useApi(), useAccount()];
  const { data } = useQuery({
    queryKey: keyOf(account, "flow", id, "diff", "published", version),
    queryFn: ({ signal }) => api.flows.diff({ flow: id, from: "published", to: String(version) }, { signal }),
  });
  return (
    <>
      <h3>{`Going back to version ${version} changes`}</h3>
      {data === undefined ? <Loading rows={2} /> : <ChangeList changes={data.changes} none="Nothing." />}
      <footer className={styles["foot"]}>
        <Button variant="danger" onClick={onConfirm}>{`Roll back to version ${version}`}</Button>
      </footer>
    </>
  );
}
