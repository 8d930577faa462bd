import { createRoute, lazyRouteComponent, redirect } from "@tanstack/react-router";
import { ownPath, sessionQuery } from "../../api/session.ts";
import { rootRoute } from "../../app/root-route.tsx";

/** `to`: the page to return to. */
interface SignInSearch {
  readonly to?: string;
}

function signInSearch({ to }: Record<string, unknown>): SignInSearch {
  return typeof to === "string" ? { to: ownPath(to) } : {};
}

export const signInRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "sign-in",
  validateSearch: signInSearch,
  beforeLoad: async ({ context, search }) => {
    const member = await context.queryClient.ensureQueryData(sessionQuery);
    if (member !== null) throw redirect({ href: ownPath(search.to), replace: true });
  },
  component: lazyRouteComponent(() => import("./sign-in-page.tsx"), "SignInPage"),
});

export const newPasswordRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "new-password",
  validateSearch: signInSearch,
  beforeLoad: async ({ context, search }) => {
    const member = await context.queryClient.ensureQueryData(sessionQuery);
    if (member === null) throw redirect({ to: "/sign-in", search, replace: true });
    if (!member.must_change) throw redirect({ href: ownPath(search.to), replace: true });
  },
  component: lazyRouteComponent(() => import("./new-password-page.tsx"), "NewPasswordPage"),
});
