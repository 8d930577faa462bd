import type { CheckTarget } from "./check-target.ts";
import type { NumberForm, ProbeSession } from "./probe-session.ts";
import type { Role } from "./report.ts";

/** One kind of legal request, or a few that belong together. */
export interface Probe {
  readonly id: string;
  /** What is sent, in the words of docs/check.md, which has the same list. */
  readonly title: string;
  readonly roles: readonly Role[];
  /** Set if the caller has no national number: which of its failures are only warnings by default. */
  readonly numberForm?: NumberForm;
  /** The most requests it sends to one endpoint; those for audio are not counted. */
  readonly requests: (target: Pick<CheckTarget, "runs">, role: Role) => number;
  run(session: ProbeSession): Promise<void>;
}
