import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { AudioLines } from "lucide-react";
import { accountRoute } from "../../app/account-route.tsx";
import { recordingFiltersOf } from "./recording-filters.ts";

export const recordingsRoute = createRoute({
  getParentRoute: () => accountRoute,
  path: "recordings",
  staticData: { navigation: { label: "Recordings", icon: AudioLines, section: "Traffic", letter: "R" } },
  validateSearch: recordingFiltersOf,
  component: lazyRouteComponent(() => import("./recordings-page.tsx"), "RecordingsPage"),
});
