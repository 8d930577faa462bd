import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { ChartColumn } from "lucide-react";
import { accountRoute } from "../../app/account-route.tsx";
import type { RangeName } from "./ranges.ts";
import { isRange } from "./ranges.ts";

export const overviewRoute = createRoute({
  getParentRoute: () => accountRoute,
  path: "overview",
  staticData: { navigation: { label: "Overview", icon: ChartColumn, section: "Traffic", letter: "O" } },
  validateSearch: ({ range }: Record<string, unknown>): { readonly range?: RangeName } =>
    typeof range === "string" && isRange(range) ? { range } : {},
  component: lazyRouteComponent(() => import("./overview-page.tsx"), "OverviewPage"),
});
