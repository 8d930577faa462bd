import { createRoute, lazyRouteComponent, Outlet, redirect } from "@tanstack/react-router";
import type { ComponentType } from "react";
import { accountsQuery, sessionQuery } from "../api/session.ts";
import { lastAccount } from "./last-account.ts";
import { rootRoute } from "./root-route.tsx";

/** A page's place in the navigation. */
export interface NavigationEntry {
  readonly label: string;
  readonly icon: ComponentType<{ readonly size?: number }>;
  readonly section: NavigationSection;
  /** After G, on the keyboard: G C opens the calls. */
  readonly letter?: string;
}

/** Sections of the navigation, in the order shown; within one, the order of `pages.ts`. */
export const NAVIGATION_SECTIONS = ["Traffic", "Set-up", "Account"] as const;
export type NavigationSection = (typeof NAVIGATION_SECTIONS)[number];

declare module "@tanstack/react-router" {
  interface StaticDataRouteOption {
    /** Absent: the page is reached through another one. */
    readonly navigation?: NavigationEntry;
  }
}

/** Pages for people who are signed in and have a password of their own. */
export const signedInRoute = createRoute({
  getParentRoute: () => rootRoute,
  id: "signed-in",
  component: Outlet,
  beforeLoad: async ({ context, location }) => {
    const member = await context.queryClient.ensureQueryData(sessionQuery);
    const search = location.href === "/" ? {} : { to: location.href };
    if (member === null) throw redirect({ to: "/sign-in", search, replace: true });
    if (member.must_change) throw redirect({ to: "/new-password", search, replace: true });
  },
});

/** `/`: the account that was looked at last. */
export const homeRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: "/",
  beforeLoad: async ({ context }) => {
    const accounts = await context.queryClient.ensureQueryData(accountsQuery);
    const chosen = accounts.find(({ sid }) => sid === lastAccount()) ?? accounts[0];
    if (chosen !== undefined) throw redirect({ to: "/a/$account", params: { account: chosen.sid }, replace: true });
  },
  component: lazyRouteComponent(() => import("./no-account.tsx"), "NoAccount"),
});

/** The frame of every page about an account. */
export const accountRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: "a/$account",
  component: lazyRouteComponent(() => import("./shell.tsx"), "Shell"),
});

/** `/a/acme`: the first page of the account. */
export const accountHomeRoute = createRoute({
  getParentRoute: () => accountRoute,
  path: "/",
  beforeLoad: ({ params }) => {
    throw redirect({ to: "/a/$account/overview", params, search: {}, replace: true });
  },
});
