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

/** The link that the first start prints; its token is behind the `#`. */
export const firstSignInRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "first-sign-in",
  component: lazyRouteComponent(() => import("./first-sign-in-page.tsx"), "FirstSignInPage"),
});

export const newPasswordRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "new-password",
  validateSearch: (search: Record<string, unknown>): SignInSearch & { readonly by?: "link" } => ({
    ...signInSearch(search),
    ...(search["by"] === "link" ? { by: "link" } : {}),
  }),
  beforeLoad: async ({ context, search }) => {
    const member = await context.queryClient.ensureQueryData(sessionQuery);
    if (member === null) throw redirect({ to: "/sign-in", search: signInSearch({ ...search }), replace: true });
    if (!member.must_change) throw redirect({ href: ownPath(search.to), replace: true });
  },
  component: lazyRouteComponent(() => import("./new-password-page.tsx"), "NewPasswordPage"),
});
