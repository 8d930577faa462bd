import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { accountRoute } from "../../app/account-route.tsx";

export const callRoute = createRoute({
  getParentRoute: () => accountRoute,
  path: "calls/$callSid",
  component: lazyRouteComponent(() => import("./call-page.tsx"), "CallPage"),
});
