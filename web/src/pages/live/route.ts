import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { Activity } from "lucide-react";
import { accountRoute } from "../../app/account-route.tsx";

export const liveRoute = createRoute({
  getParentRoute: () => accountRoute,
  path: "live",
  staticData: { navigation: { label: "Live", icon: Activity, section: "Traffic", letter: "L" } },
  component: lazyRouteComponent(() => import("./live-page.tsx"), "LivePage"),
});
