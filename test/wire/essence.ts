import type { CallReport } from "../../src/core/call/report.ts";

/** What must be the same in virtual and in real time: everything except clock readings. */
export function essence(report: CallReport): object {
  return {
    ended_by: report.ended_by,
    applets: report.applets,
    exits: report.exits,
    attempts: report.attempts.map(({ applet, destination, caller_id, outcome, answered_ms }) => ({
      applet,
      destination,
      caller_id,
      outcome,
      answered: answered_ms !== null,
    })),
    requests: report.requests.map(({ purpose, role, attempt, url, result }) => ({
      purpose,
      role,
      attempt,
      url,
      result,
    })),
    rules: report.trace.flatMap((entry) => (entry.type === "exit.taken" ? [entry.rule] : [])),
    warnings: report.warnings.map(({ rule, path }) => ({ rule, path })),
    cdr: { ...report.cdr, duration_ms: 0, duration_s: 0, conversation_s: 0 },
  };
}
