import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { keyOf, useAccount, useApi } from "../../api/account.ts";
import type { Models, Scope } from "../../api/client.ts";
import { FormDialog } from "../../ui/dialog.tsx";
import { CheckField, TextField } from "../../ui/field.tsx";
import { textIn } from "../../ui/form-text.ts";
import { Notice } from "../../ui/states.tsx";
import { say } from "../../ui/toast.tsx";
import { SecretWindow } from "../../ui/secret-window.tsx";
import styles from "./key-windows.module.css";

/** Characters of a name; as the platform allows. */
const MAX_NAME = 100;

const SCOPES: Readonly<Record<Scope, string>> = {
  read: "See everything that is not for administrators",
  call: "Place and control calls, have URLs checked",
  draft: "Keep drafts of flows, validate and test them",
  publish: "Publish drafts that have been tested",
  admin: "Change the account, keys and members included",
};

function useRenewKeys(): () => Promise<void> {
  const client = useQueryClient();
  const account = useAccount();
  return () => client.invalidateQueries({ queryKey: keyOf(account, "keys") });
}

/** Asks for a name and scopes, makes the key, and shows its token once. */
export function NewKeyWindow({ open, onClose }: { readonly open: boolean; readonly onClose: () => void }) {
  const api = useApi();
  const renew = useRenewKeys();
  const [made, setMade] = useState<Models["MadeApiKey"] | null>(null);
  const create = async (form: FormData): Promise<void> => {
    const scopes = (Object.keys(SCOPES) as Scope[]).filter((scope) => form.has(scope));
    if (scopes.length === 0) throw new Error("Choose at least one thing that the key may do.");
    setMade(await api.keys.create({ body: { name: textIn(form, "name").trim(), scopes } }));
    await renew();
  };
  return (
    <>
      <FormDialog
        open={open}
        onClose={onClose}
        title="Create a key"
        description="One for each program: then one can be revoked, and the others go on."
        verb="Create key"
        onSubmit={create}
      >
        <TextField label="Name" name="name" hint="The program that will use it." maxLength={MAX_NAME} required />
        <fieldset className={styles["scopes"]}>
          <legend>It may</legend>
          {Object.entries(SCOPES).map(([scope, words]) => (
            <CheckField key={scope} name={scope} label={scope} hint={words} defaultChecked={scope === "read"} />
          ))}
        </fieldset>
      </FormDialog>
      <SecretWindow
        open={made !== null}
        onClose={() => setMade(null)}
        title={`The key ${made?.name ?? ""}`}
        description="The token is shown only now. Keep it where the program finds it, and nobody else."
        lines={
          made === null
            ? []
            : [
                ["Key", made.key],
                ["Token", made.token],
              ]
        }
      />
    </>
  );
}

interface RevokeWindowProps {
  /** Null: none is asked about. */
  readonly of: Models["ApiKey"] | null;
  readonly onClose: () => void;
}

/** Asks before a key stops working for good. */
export function RevokeWindow({ of, onClose }: RevokeWindowProps) {
  const api = useApi();
  const renew = useRenewKeys();
  const revoke = async (): Promise<void> => {
    if (of === null) return;
    await api.keys.revoke({ key: of.key });
    say(`Key ${of.name} revoked`);
    await renew();
  };
  return (
    <FormDialog
      open={of !== null}
      onClose={onClose}
      title={`Revoke the key ${of?.name ?? ""}`}
      description="The next request with it is refused. It can't be undone: make a new key instead."
      verb="Revoke"
      danger
      onSubmit={revoke}
    >
      {of !== null && of.last_used_at !== null ? (
        <Notice tone="warn">It was last used on {new Date(of.last_used_at).toLocaleString()}.</Notice>
      ) : null}
    </FormDialog>
  );
}
