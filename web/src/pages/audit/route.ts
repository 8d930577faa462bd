import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { ScrollText } from "lucide-react";
import { accountRoute } from "../../app/account-route.tsx";
import { auditFiltersOf } from "./audit-filters.ts";

export const auditRoute = createRoute({
  getParentRoute: () => accountRoute,
  path: "audit",
  staticData: { navigation: { label: "Audit log", icon: ScrollText, section: "Account", letter: "A" } },
  validateSearch: auditFiltersOf,
  component: lazyRouteComponent(() => import("./audit-page.tsx"), "AuditPage"),
});
