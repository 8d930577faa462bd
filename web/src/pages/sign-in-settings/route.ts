import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { accountRoute } from "../../app/account-route.tsx";

export const signInSettingsRoute = createRoute({
  getParentRoute: () => accountRoute,
  path: "sign-in-settings",
  component: lazyRouteComponent(() => import("./sign-in-settings-page.tsx"), "SignInSettingsPage"),
});
