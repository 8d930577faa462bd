import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { Send } from "lucide-react";
import { accountRoute } from "../../app/account-route.tsx";
import { deliveryFiltersOf } from "./delivery-filters.ts";

export const deliveriesRoute = createRoute({
  getParentRoute: () => accountRoute,
  path: "deliveries",
  staticData: { navigation: { label: "Deliveries", icon: Send, section: "Traffic", letter: "D" } },
  validateSearch: deliveryFiltersOf,
  component: lazyRouteComponent(() => import("./deliveries-page.tsx"), "DeliveriesPage"),
});
