import { useQueryClient } from "@tanstack/react-query";
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

const route = getRouteApi("/sign-in");
const ACCOUNT_KEY = "plugboard.sign-in-account";

/** What was entered in the first step. */
interface Credentials {
  readonly account: string | null;
  readonly login: string;
  readonly password: string;
}

/** Signing in: with a password, and with a code where the login needs one. */
export function SignInPage() {
  const { to } = route.useSearch();
  const [pending, setPending] = useState<Credentials | null>(null);
  const { busy, error, signIn } = useSignIn(to, setPending);
  const submitPassword = (form: FormData): void => {
    const account = textIn(form, "account").trim();
    localStorage.setItem(ACCOUNT_KEY, account);
    const credentials = {
      account: account === "" ? null : account,
      login: textIn(form, "login").trim(),
      password: textIn(form, "password"),
    };
    void signIn(credentials, null);
  };
  if (pending !== null)
    return (
      <EntryCard title="Enter a code" lead={`${pending.login} signs in with a code from an authenticator as well.`}>
        <CodeForm
          busy={busy}
          error={error}
          onSubmit={(form) => void signIn(pending, textIn(form, "code").replaceAll(/\s/g, ""))}
          onBack={() => setPending(null)}
        />
      </EntryCard>
    );
  return (
    <EntryCard title="Sign in" lead={to === undefined ? undefined : "Sign in to go on where you were."}>
      <PasswordForm busy={busy} error={error} onSubmit={submitPassword} />
    </EntryCard>
  );
}

function useSignIn(to: string | undefined, onCodeNeeded: (credentials: Credentials) => void) {
  const client = useQueryClient();
  const router = useRouter();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const signIn = async (credentials: Credentials, code: string | null): Promise<void> => {
    setBusy(true);
    setError(null);
    try {
      const member = await platformApi.session.begin({ body: { ...credentials, code } });
      client.clear();
      client.setQueryData(sessionQuery.queryKey, member);
      if (member.must_change) await router.navigate({ to: "/new-password", search: to === undefined ? {} : { to } });
      else await router.navigate({ href: ownPath(to), replace: true });
    } catch (failure) {
      if (failure instanceof PlugboardError && failure.field === "code" && code === null) onCodeNeeded(credentials);
      else setError(failure);
    } finally {
      setBusy(false);
    }
  };
  return { busy, error, signIn };
}

interface FormProps {
  readonly busy: boolean;
  readonly error: unknown;
  readonly onSubmit: (form: FormData) => void;
}

function PasswordForm({ busy, error, onSubmit }: FormProps) {
  return (
    <form className={styles["form"]} onSubmit={submitter(onSubmit)}>
      <TextField
        label="User name"
        name="login"
        autoComplete="username"
        autoCapitalize="none"
        spellCheck={false}
        required
        autoFocus
      />
      <TextField label="Password" name="password" type="password" autoComplete="current-password" required />
      <TextField
        label="Account"
        name="account"
        autoCapitalize="none"
        spellCheck={false}
        defaultValue={localStorage.getItem(ACCOUNT_KEY) ?? ""}
        hint="Leave empty if you look after the whole platform."
      />
      {error === null ? null : <Notice tone="bad">{sentenceOf(error)}</Notice>}
      <Button type="submit" variant="primary" busy={busy}>
        Sign in
      </Button>
    </form>
  );
}

function CodeForm({ busy, error, onSubmit, onBack }: FormProps & { readonly onBack: () => void }) {
  return (
    <form className={styles["form"]} onSubmit={submitter(onSubmit)}>
      <TextField
        label="Code"
        name="code"
        autoComplete="one-time-code"
        inputMode="text"
        autoCapitalize="none"
        spellCheck={false}
        required
        autoFocus
        mono
        hint="Six digits, or one of your recovery codes."
      />
      {error === null ? null : <Notice tone="bad">{sentenceOf(error)}</Notice>}
      <Button type="submit" variant="primary" busy={busy}>
        Sign in
      </Button>
      <Button variant="quiet" onClick={onBack}>
        Back
      </Button>
    </form>
  );
}

function submitter(onSubmit: (form: FormData) => void) {
  return (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    onSubmit(new FormData(event.currentTarget));
  };
}
