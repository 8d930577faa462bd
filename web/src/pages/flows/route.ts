import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { Workflow } from "lucide-react";
import { accountRoute } from "../../app/account-route.tsx";

export const flowsRoute = createRoute({
  getParentRoute: () => accountRoute,
  path: "flows",
  staticData: { navigation: { label: "Flows", icon: Workflow, section: "Set-up", letter: "F" } },
  component: lazyRouteComponent(() => import("./flows-page.tsx"), "FlowsPage"),
});
