import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { accountRoute } from "../../app/account-route.tsx";

export const flowRoute = createRoute({
  getParentRoute: () => accountRoute,
  path: "flows/$flow",
  component: lazyRouteComponent(() => import("./flow-page.tsx"), "FlowPage"),
});
