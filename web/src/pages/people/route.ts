import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { Users } from "lucide-react";
import { accountRoute } from "../../app/account-route.tsx";
import { peopleFiltersOf } from "./people-filters.ts";

export const peopleRoute = createRoute({
  getParentRoute: () => accountRoute,
  path: "people",
  staticData: { navigation: { label: "People", icon: Users, section: "Set-up", letter: "P" } },
  validateSearch: peopleFiltersOf,
  component: lazyRouteComponent(() => import("./people-page.tsx"), "PeoplePage"),
});
