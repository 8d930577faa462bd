import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { Hash } from "lucide-react";
import { accountRoute } from "../../app/account-route.tsx";
import { searchIn } from "../../ui/search-field.tsx";

export const numbersRoute = createRoute({
  getParentRoute: () => accountRoute,
  path: "numbers",
  staticData: { navigation: { label: "Numbers", icon: Hash, section: "Set-up", letter: "N" } },
  validateSearch: searchIn,
  component: lazyRouteComponent(() => import("./numbers-page.tsx"), "NumbersPage"),
});
