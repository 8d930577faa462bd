import { accountHomeRoute, accountRoute, homeRoute, signedInRoute } from "./app/account-route.tsx";
import { rootRoute } from "./app/root-route.tsx";
import { callsRoute } from "./pages/calls/route.ts";
import { callRoute } from "./pages/call/route.ts";
import { deliveriesRoute } from "./pages/deliveries/route.ts";
import { keysRoute } from "./pages/keys/route.ts";
import { flowRoute } from "./pages/flow/route.ts";
import { flowsRoute } from "./pages/flows/route.ts";
import { auditRoute } from "./pages/audit/route.ts";
import { limitsRoute } from "./pages/limits/route.ts";
import { liveRoute } from "./pages/live/route.ts";
import { numbersRoute } from "./pages/numbers/route.ts";
import { overviewRoute } from "./pages/overview/route.ts";
import { peopleRoute } from "./pages/people/route.ts";
import { recordingsRoute } from "./pages/recordings/route.ts";
import { firstSignInRoute, newPasswordRoute, signInRoute } from "./pages/sign-in/route.ts";
import { signInSettingsRoute } from "./pages/sign-in-settings/route.ts";
import { newTrunkRoute, trunkRoute, trunksRoute } from "./pages/trunks/route.ts";

/** Every page. The navigation shows those that have a place in it, in this order. */
export const routeTree = rootRoute.addChildren([
  signInRoute,
  firstSignInRoute,
  newPasswordRoute,
  signedInRoute.addChildren([
    homeRoute,
    accountRoute.addChildren([
      accountHomeRoute,
      overviewRoute,
      liveRoute,
      callsRoute,
      callRoute,
      recordingsRoute,
      deliveriesRoute,
      flowsRoute,
      flowRoute,
      numbersRoute,
      trunksRoute,
      trunkRoute,
      newTrunkRoute,
      peopleRoute,
      keysRoute,
      limitsRoute,
      auditRoute,
      signInSettingsRoute,
    ]),
  ]),
]);
