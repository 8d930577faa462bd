import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { Cable } from "lucide-react";
import { accountRoute } from "../../app/account-route.tsx";
import { searchIn } from "../../ui/search-field.tsx";

export const trunksRoute = createRoute({
  getParentRoute: () => accountRoute,
  path: "trunks",
  staticData: { navigation: { label: "Trunks", icon: Cable, section: "Set-up", letter: "T" } },
  validateSearch: searchIn,
  component: lazyRouteComponent(() => import("./trunks-page.tsx"), "TrunksPage"),
});

export const trunkRoute = createRoute({
  getParentRoute: () => accountRoute,
  path: "trunks/$trunk",
  component: lazyRouteComponent(() => import("./trunk-page.tsx"), "TrunkPage"),
});

export const newTrunkRoute = createRoute({
  getParentRoute: () => accountRoute,
  path: "new-trunk",
  component: lazyRouteComponent(() => import("./trunk-page.tsx"), "NewTrunkPage"),
});
