import { CornerDownRight } from "lucide-react";
import type { TraceEntry } from "../../../../src/core/call/trace.ts";
import { Mono } from "../../ui/format.tsx";
import { Rules } from "../../ui/rule.tsx";
import styles from "./applet-path.module.css";

type PathEntry = Extract<TraceEntry, { readonly type: "applet.entered" | "exit.taken" | "call.redirected" }>;

/** Through which applets the call went, and by which exits. */
export function AppletPath({ trace }: { readonly trace: readonly TraceEntry[] }) {
  const steps = trace.filter(
    (entry): entry is PathEntry =>
      entry.type === "applet.entered" || entry.type === "exit.taken" || entry.type === "call.redirected",
  );
  return (
    <ol className={styles["path"]}>
      {steps.map((step) => (
        <li key={step.seq}>
          <Step step={step} />
        </li>
      ))}
    </ol>
  );
}

function Step({ step }: { readonly step: PathEntry }) {
  switch (step.type) {
    case "applet.entered":
      return (
        <a href={`#entry-${step.seq}`} className={styles["applet"]}>
          <Mono>{step.applet}</Mono>
          <span>{step.kind}</span>
        </a>
      );
    case "exit.taken":
      return (
        <a href={`#entry-${step.seq}`} className={styles["exit"]}>
          <CornerDownRight size={13} />
          {step.exit.replaceAll("_", " ")}
          <Rules of={[step.rule]} />
        </a>
      );
    case "call.redirected":
      return (
        <a href={`#entry-${step.seq}`} className={styles["exit"]}>
          <CornerDownRight size={13} />
          redirected by command
        </a>
      );
    default:
      return step satisfies never;
  }
}
