import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { KeyRound } from "lucide-react";
import { accountRoute } from "../../app/account-route.tsx";
import { keyFiltersOf } from "./key-filters.ts";

export const keysRoute = createRoute({
  getParentRoute: () => accountRoute,
  path: "keys",
  staticData: { navigation: { label: "API keys", icon: KeyRound, section: "Account", letter: "K" } },
  validateSearch: keyFiltersOf,
  component: lazyRouteComponent(() => import("./keys-page.tsx"), "KeysPage"),
});
