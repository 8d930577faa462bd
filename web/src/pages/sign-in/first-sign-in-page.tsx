import { useQueryClient } from "@tanstack/react-query";
import { useRouter } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { platformApi } from "../../api/client.ts";
import { sessionQuery } from "../../api/session.ts";
import { ButtonLink } from "../../ui/button.tsx";
import { Loading, Notice, sentenceOf } from "../../ui/states.tsx";
import { EntryCard } from "./entry-card.tsx";

/** Where the link of the first start leads: signs in once, then asks for a password. */
export function FirstSignInPage() {
  const [token] = useState(() => location.hash.slice(1));
  const error = useSignInByLink(token);
  return (
    <EntryCard title="First sign-in">
      {error === null ? (
        <Loading rows={2} label="Signing in" />
      ) : (
        <>
          <Notice tone="bad">{sentenceOf(error)}</Notice>
          <ButtonLink to="/sign-in" variant="primary">
            Sign in with the password
          </ButtonLink>
        </>
      )}
    </EntryCard>
  );
}

/** Uses the link up, once. Returns why it did not work. */
function useSignInByLink(token: string): unknown {
  const client = useQueryClient();
  const router = useRouter();
  const [error, setError] = useState<unknown>(null);
  useEffect(() => {
    // The address must not stay in the history of a browser that others use, too.
    history.replaceState(history.state, "", location.pathname);
    const signIn = async (): Promise<void> => {
      try {
        const member = await platformApi.session.beginByLink({ body: { token } });
        client.clear();
        client.setQueryData(sessionQuery.queryKey, member);
        await router.navigate({ to: "/new-password", search: { by: "link" }, replace: true });
      } catch (failure) {
        setError(failure);
      }
    };
    void signIn();
  }, [client, router, token]);
  return error;
}
