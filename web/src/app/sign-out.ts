import { useQueryClient } from "@tanstack/react-query";
import { useRouter } from "@tanstack/react-router";
import { platformApi } from "../api/client.ts";
import { sessionQuery } from "../api/session.ts";
import { sayFailure } from "../ui/toast.tsx";

/** Signs out, forgets everything that was loaded, and goes to the sign-in page. */
export function useSignOut(): () => Promise<void> {
  const client = useQueryClient();
  const router = useRouter();
  return async () => {
    try {
      await platformApi.session.end();
    } catch (error) {
      sayFailure("You are still signed in", error);
      return;
    }
    client.clear();
    client.setQueryData(sessionQuery.queryKey, null);
    await router.navigate({ to: "/sign-in", replace: true });
  };
}
