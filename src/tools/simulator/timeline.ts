import type { CallReport } from "../../core/call/report.ts";
import type { TraceEntry } from "../../core/call/trace.ts";
import { unreachable } from "../../base/never.ts";

/** One call for people: a line for each thing that happened, with the rule that decided it, then the result. */
export function timeline(report: CallReport): string {
  return [...report.trace.map(timelineLine), "", ...summaryLines(report)].join("\n");
}

/** One entry of a trace as one line: seconds since arrival, what happened, and `[rule]`. */
export function timelineLine(entry: TraceEntry): string {
  const { time, what, rule } = timelineEntry(entry);
  return `${time}  ${what}${rule === null ? "" : `  [${rule}]`}`;
}

/** The parts of a line of the timeline. A line that belongs to the one before begins with two spaces. */
export interface TimelineEntry {
  /** Seconds since the call arrived, nine characters wide. */
  readonly time: string;
  readonly what: string;
  readonly rule: string | null;
}

/** One entry of a trace in words, for those who lay it out themselves. */
export function timelineEntry(entry: TraceEntry): TimelineEntry {
  const { what, rule } = describe(entry);
  return { time: (entry.at_ms / 1000).toFixed(3).padStart(9), what, rule: rule === "" ? null : rule };
}

interface Description {
  readonly what: string;
  readonly rule: string | null;
}

function describe(entry: TraceEntry): Description {
  switch (entry.type) {
    case "request.sent":
    case "request.result":
    case "answer.finding":
    case "answer.used":
    case "dial_event":
      return describeRequest(entry);
    case "attempt.started":
    case "attempt.dialed":
    case "attempt.ringing":
    case "attempt.early_media":
    case "attempt.answered":
    case "attempt.ended":
    case "conversation.started":
    case "conversation.ended":
      return describeAttempt(entry);
    case "playback.started":
    case "playback.ended":
    case "recording.started":
    case "recording.closed":
    case "media.source":
      return describeSound(entry);
    case "caller.dialed":
    case "caller.ringing":
    case "caller.not_reached":
    case "caller.left":
      return describeCaller(entry);
    case "applet.entered":
    case "call.answered":
    case "call.ended":
    case "call.redirected":
    case "call.started":
    case "decision":
    case "digits":
    case "exit.taken":
    case "limit.reached":
      return describeFlow(entry);
    default:
      return unreachable(entry);
  }
}

type CallerEntry = Extract<TraceEntry, { readonly type: `caller.${string}` }>;

/** Leg 1: dialled by us in a call by API. */
function describeCaller(entry: CallerEntry): Description {
  switch (entry.type) {
    case "caller.dialed": {
      const { destination, caller_id, ring_limit_ms } = entry;
      return plain(`leg 1 dials ${destination} as ${caller_id}, for ${ring_limit_ms / 1000} s at most`);
    }
    case "caller.ringing":
      return plain("leg 1 rings");
    case "caller.not_reached": {
      const { outcome, cause_code, cause, sip, message, rule } = entry;
      const status = sip === null ? "" : `, SIP ${sip}`;
      return { what: `leg 1 was not reached: ${outcome} (${cause_code} ${cause}${status}): ${message}`, rule };
    }
    case "caller.left":
      return plain(`caller left: ${entry.message}`);
    default:
      return unreachable(entry);
  }
}

type FlowEntry = Exclude<TraceEntry, RequestEntry | AttemptEntry | SoundEntry | CallerEntry>;

function describeFlow(entry: FlowEntry): Description {
  switch (entry.type) {
    case "call.started":
      return plain(
        `call ${entry.call_sid} ${entry.direction}: ${entry.from} → ${entry.to}${entry.flow === "" ? "" : `, flow ${entry.flow}`}`,
      );
    case "call.answered":
      return plain("caller answered");
    case "call.redirected":
      return plain(`redirected to ${entry.applet} of flow ${entry.flow}`);
    case "call.ended":
      return plain(`call ended by ${entry.cdr.ended_by}: ${entry.cdr.status}`);
    case "applet.entered":
      return plain(`▶ ${entry.applet} (${entry.kind})`);
    case "exit.taken":
      return { what: `exit ${entry.exit} of ${entry.applet} → ${entry.next ?? "end of the flow"}`, rule: entry.rule };
    case "decision":
      return { what: entry.message, rule: entry.rule };
    case "limit.reached": {
      const leg = entry.leg === null ? "" : `leg ${entry.leg}: `;
      return { what: `${leg}${entry.message}; what would change it: ${entry.change}`, rule: entry.rule };
    }
    case "digits":
      return plain(`digits "${entry.digits}": ${entry.message}`);
    default:
      return unreachable(entry);
  }
}

type RequestEntry = Extract<
  TraceEntry,
  { type: "request.sent" | "request.result" | "answer.finding" | "answer.used" | "dial_event" }
>;

function describeRequest(entry: RequestEntry): Description {
  switch (entry.type) {
    case "request.sent": {
      const role = entry.role === null ? "" : ` ${entry.role}`;
      const attempt = entry.attempt > 1 ? ` (fetch ${entry.attempt})` : "";
      return plain(`${entry.method} ${entry.url}  ${entry.purpose}${role}${attempt}`);
    }
    case "request.result": {
      const status = entry.http_status === null ? "" : ` ${entry.http_status}`;
      const message = entry.message === "" ? "" : `: ${entry.message}`;
      return { what: `  ${entry.result}${status} after ${entry.elapsed_ms} ms${message}`, rule: entry.rule };
    }
    case "answer.finding":
      return { what: `  ${entry.level}: ${entry.message}`, rule: entry.rule };
    case "answer.used":
      return plain(`  answer: ${JSON.stringify(entry.answer)}`);
    case "dial_event":
      return plain(`dial event ${entry.event} of leg ${entry.leg} → ${entry.url}`);
    default:
      return unreachable(entry);
  }
}

type AttemptEntry = Extract<
  TraceEntry,
  { readonly leg: number; readonly type: `attempt.${string}` | `conversation.${string}` }
>;

function describeAttempt(entry: AttemptEntry): Description {
  switch (entry.type) {
    case "attempt.started":
      return plain(
        `leg ${entry.leg} dials ${entry.destination} as ${entry.caller_id}, for ${entry.ring_limit_ms / 1000} s at most`,
      );
    case "attempt.dialed": {
      const reason = entry.reason === null ? "" : ` (${entry.reason})`;
      return plain(
        `  INVITE ${entry.uri} to ${entry.target} on trunk ${entry.trunk}, Call-ID ${entry.call_id}${reason}`,
      );
    }
    case "attempt.ringing":
      return plain(`leg ${entry.leg} rings`);
    case "attempt.early_media":
      return plain(`leg ${entry.leg} sends early media`);
    case "attempt.answered":
      return plain(`leg ${entry.leg} answered`);
    case "attempt.ended": {
      const sip = entry.sip === null ? "" : `, SIP ${entry.sip}`;
      const message = entry.message === "" ? "" : `: ${entry.message}`;
      const cause = `${entry.cause_code} ${entry.cause}`;
      return { what: `leg ${entry.leg} ended: ${entry.outcome} (${cause}${sip})${message}`, rule: entry.rule };
    }
    case "conversation.started":
      return plain(`caller and leg ${entry.leg} are connected`);
    case "conversation.ended": {
      const seconds = entry.duration_ms / 1000;
      return { what: `conversation with leg ${entry.leg} ended by ${entry.by} after ${seconds} s`, rule: entry.rule };
    }
    default:
      return unreachable(entry);
  }
}

type SoundEntry = Extract<TraceEntry, { type: `playback.${string}` | `recording.${string}` | "media.source" }>;

function describeSound(entry: SoundEntry): Description {
  switch (entry.type) {
    case "playback.started":
      return { what: `♪ ${entry.what} to leg ${entry.legs.join(" and ")}`, rule: entry.rule };
    case "playback.ended":
      return plain(`♪ ${entry.id} ended: ${entry.message}`);
    case "recording.started":
      return plain(`● recording ${entry.id} (${entry.layout})`);
    case "media.source":
      return plain(`audio of leg ${entry.leg}: ${SOURCE_CHANGES[entry.change]} ${entry.source}`);
    case "recording.closed": {
      const failure = entry.failure === null ? "" : `, failed: ${entry.failure}`;
      return plain(`● recording ${entry.id} closed after ${entry.duration_ms / 1000} s${failure}`);
    }
    default:
      return unreachable(entry);
  }
}

const SOURCE_CHANGES = {
  latched: "comes from",
  moved: "moved to",
  refused: "refused from",
} as const satisfies Record<Extract<TraceEntry, { type: "media.source" }>["change"], string>;

function plain(what: string): Description {
  return { what, rule: null };
}

/** The outcome of the call: the lines below its timeline. */
export function summaryLines(report: CallReport): string[] {
  const lines: string[] = [];
  if (report.cdr !== null) {
    const { cdr } = report;
    const dial = cdr.dial_call_status === null ? "nobody dialled" : `dialling: ${cdr.dial_call_status}`;
    lines.push(
      `${cdr.status}, ended by ${cdr.ended_by} after ${report.duration_ms / 1000} s; ${cdr.call_type}, ${dial}, ${cdr.conversation_s} s of conversation`,
    );
  }
  lines.push(`exits: ${report.exits.map(({ applet, exit }) => `${applet}.${exit}`).join(" → ") || "none"}`);
  for (const attempt of report.attempts) {
    const answered = attempt.answered_ms === null ? "" : `, answered at ${attempt.answered_ms / 1000} s`;
    lines.push(`attempt: ${attempt.destination}: ${attempt.outcome ?? "under way"}${answered}`);
  }
  const warnings = report.warnings.length;
  if (warnings > 0) lines.push(`${warnings} ${warnings === 1 ? "finding" : "findings"} about the answers: see above`);
  return lines;
}
