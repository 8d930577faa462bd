import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { PhoneCall } from "lucide-react";
import { accountRoute } from "../../app/account-route.tsx";
import { filtersOf } from "./call-filters.ts";

export const callsRoute = createRoute({
  getParentRoute: () => accountRoute,
  path: "calls",
  staticData: { navigation: { label: "Calls", icon: PhoneCall, section: "Traffic", letter: "C" } },
  validateSearch: filtersOf,
  component: lazyRouteComponent(() => import("./calls-page.tsx"), "CallsPage"),
});
