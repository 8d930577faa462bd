import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { Gauge } from "lucide-react";
import { accountRoute } from "../../app/account-route.tsx";
import { searchIn } from "../../ui/search-field.tsx";

export const limitsRoute = createRoute({
  getParentRoute: () => accountRoute,
  path: "limits",
  staticData: { navigation: { label: "Limits", icon: Gauge, section: "Account", letter: "L" } },
  validateSearch: searchIn,
  component: lazyRouteComponent(() => import("./limits-page.tsx"), "LimitsPage"),
});
