import { useMutation, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, useRouter } from "@tanstack/react-router";
import type { FormEvent } from "react";
import { useState } from "react";
import { platformApi, PlugboardError } from "../../api/client.ts";
import { ownPath, sessionQuery } from "../../api/session.ts";
import { Button } from "../../ui/button.tsx";
import { TextField } from "../../ui/field.tsx";
import { textIn } from "../../ui/form-text.ts";
import { Notice, sentenceOf } from "../../ui/states.tsx";
import { EntryCard } from "./entry-card.tsx";
import styles from "./entry-card.module.css";

const route = getRouteApi("/new-password");

/** Characters of a password; as the platform demands. */
const MIN_CHARACTERS = 12;

/** The first password was made by someone else: nothing else is shown until it is replaced. */
export function NewPasswordPage() {
  const { to, by } = route.useSearch();
  const client = useQueryClient();
  const router = useRouter();
  const [mismatch, setMismatch] = useState<string | null>(null);
  const change = useMutation({
    mutationFn: (body: { readonly password?: string; readonly new_password: string }) =>
      platformApi.session.changePassword({ body }),
    onSuccess: async (member) => {
      client.setQueryData(sessionQuery.queryKey, member);
      await router.navigate({ href: ownPath(to), replace: true });
    },
  });
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const chosen = textIn(form, "chosen");
    const isSame = chosen === textIn(form, "again");
    setMismatch(isSame ? null : "This is not the same password as above.");
    const password = textIn(form, "password");
    if (isSame) change.mutate({ ...(password === "" ? {} : { password }), new_password: chosen });
  };
  // After a restart of the platform it no longer knows that the link was used, and asks for the printed password.
  const isAsked = by !== "link" || (change.error instanceof PlugboardError && change.error.field === "password");
  const lead = isAsked
    ? "The one you signed in with was made for you. Replace it by your own."
    : "You will sign in as admin with it from now on.";
  return (
    <EntryCard title="Choose a password" lead={lead}>
      <form className={styles["form"]} onSubmit={submit}>
        {isAsked ? (
          <TextField
            label="Password you signed in with"
            name="password"
            type="password"
            autoComplete="current-password"
            required
            autoFocus
          />
        ) : null}
        <TextField
          label="New password"
          name="chosen"
          type="password"
          autoComplete="new-password"
          minLength={MIN_CHARACTERS}
          required
          autoFocus={!isAsked}
          hint={`At least ${MIN_CHARACTERS} characters. A few unrelated words do well.`}
        />
        <TextField
          label="New password again"
          name="again"
          type="password"
          autoComplete="new-password"
          required
          error={mismatch}
        />
        {change.error === null ? null : <Notice tone="bad">{sentenceOf(change.error)}</Notice>}
        <Button type="submit" variant="primary" busy={change.isPending}>
          Change the password
        </Button>
      </form>
    </EntryCard>
  );
}
