import type { FastifyReply, FastifyRequest } from "fastify";
import type { Account } from "../../../core/contract/account.ts";
import { formatNumber } from "../../../core/contract/numbers.ts";
import { formatDateTime } from "../../../core/contract/time.ts";
import type { CallSummary } from "../../../edges/store/types.ts";
import { pathOf } from "../problem.ts";

/** How an answer of the Exotel-shaped API is written: XML, unless the path ends in `.json` (contract, section 8). */
export type AnswerFormat = "json" | "xml";

/** The content of an answer, before it is written. Null: an empty XML element, or `null` in JSON. */
export type Representation =
  | string
  | number
  | boolean
  | null
  | readonly Representation[]
  | { readonly [name: string]: Representation };

/** JSON for `…/Calls.json`, `…/Calls/SID.json` and `…/Calls.json/SID` (the form of Exotel's own `Uri` field), and for all of v2. */
export function formatOf(request: FastifyRequest): AnswerFormat {
  return /\.json(?:\/|$)|^\/v2_beta\//.test(pathOf(request)) ? "json" : "xml";
}

/** Sends `model` as it is in JSON, or inside `<TwilioResponse>`. */
export function answer(reply: FastifyReply, format: AnswerFormat, model: Representation): FastifyReply {
  if (format === "json") return reply.type("application/json; charset=utf-8").send(JSON.stringify(model));
  const xml = `<?xml version="1.0" encoding="UTF-8"?>\n${element("TwilioResponse", model)}\n`;
  return reply.type("application/xml; charset=utf-8").send(xml);
}

function element(name: string, value: Representation): string {
  const content = contentOf(name, value);
  return content === "" ? `<${name}/>` : `<${name}>${content}</${name}>`;
}

function contentOf(name: string, value: Representation): string {
  if (value === null) return "";
  if (typeof value !== "object") return escapeXml(String(value));
  if (isList(value)) return value.map((item) => listItem(name.replace(/s$/, ""), item)).join("");
  return Object.entries(value)
    .map(([key, field]) => element(key, field))
    .join("");
}

/** `Calls: [{…}]` and `Legs: [{ Leg: {…} }]` are both written as one element for each item. */
function listItem(name: string, item: Representation): string {
  const isNamed = item !== null && typeof item === "object" && !isList(item) && Object.keys(item).join() === name;
  return isNamed ? contentOf(name, item) : element(name, item);
}

function isList(value: Representation): value is readonly Representation[] {
  return Array.isArray(value);
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&apos;",
};

/** Characters that XML 1.0 (section 2.2) can't hold become U+FFFD: a single one would make the document unreadable. */
function escapeXml(text: string): string {
  return text
    .toWellFormed()
    .replace(/[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu, "\ufffd")
    .replace(/[&<>"']/g, (char) => ENTITIES[char] ?? char);
}

/** The data that the fields of a call are made from (API-3). */
export interface ShownCall extends Pick<
  CallSummary,
  "callSid" | "from" | "to" | "direction" | "startedAt" | "endedAt" | "status" | "cdr"
> {
  /** E.164 of the second number of a call that connects two (API-2); absent or null: none. */
  readonly dialTo?: string | null;
  /** Where the recording can be fetched; null: no recording. */
  readonly recordingUrl: string | null;
}

/**
 * The fields of `Call` (API-3), without what API-4 adds. `To` of a call by API is the second number if there is one (REQ-12);
 * `PhoneNumberSid` is always the ExoPhone.
 */
export function callFields(call: ShownCall, account: Account, format: AnswerFormat): Record<string, Representation> {
  const number = (text: string): string => formatNumber(text, account);
  const time = (ms: number): string => formatDateTime(ms, account.timezone);
  return {
    Sid: call.callSid,
    ParentCallSid: null,
    DateCreated: time(call.startedAt),
    DateUpdated: time(call.endedAt ?? call.startedAt),
    AccountSid: account.sid,
    To: number(call.dialTo ?? call.to),
    From: number(call.from),
    PhoneNumberSid: number(call.to),
    Status: shownStatus(call),
    StartTime: time(call.startedAt),
    EndTime: call.endedAt === null ? null : time(call.endedAt),
    Duration: durationOf(call.cdr),
    Price: null,
    Direction: DIRECTIONS[call.direction],
    AnsweredBy: null,
    ForwardedFrom: null,
    CallerName: null,
    Uri: `/v1/Accounts/${account.sid}/Calls/${call.callSid}${format === "json" ? ".json" : ""}`,
    RecordingUrl: call.recordingUrl,
  };
}

/** API-4: an accepted incoming call is `completed` even if nobody answered. */
export function shownStatus({ status, direction }: Pick<CallSummary, "status" | "direction">): string {
  if (status === null) return "in-progress";
  return direction === "incoming" && NOBODY_ANSWERED.includes(status) ? "completed" : status;
}

/** What an incoming call's record says about the caller's own leg if nobody answered. */
export const NOBODY_ANSWERED: readonly string[] = ["busy", "no-answer"];

/** Exotel's words in this API; the customer's URLs get different ones (REQ-13). */
const DIRECTIONS = { incoming: "inbound", "outbound-dial": "outbound-api" } as const;

function durationOf(cdr: string | null): number | null {
  return cdr === null ? null : (JSON.parse(cdr) as { readonly duration_s: number }).duration_s;
}

/** A page's place in its list (API-5); a URI is null if there is no such page. Total null: not counted. */
export interface PageMetadata {
  readonly total: number | null;
  readonly pageSize: number;
  readonly firstPageUri: string | null;
  readonly prevPageUri: string | null;
  readonly nextPageUri: string | null;
}

/** A page of a list: `{ Metadata, Calls: […] }` with `name` `Calls`. */
export function page(metadata: PageMetadata, name: string, items: readonly Representation[]): Representation {
  return {
    Metadata: {
      Total: metadata.total,
      PageSize: metadata.pageSize,
      FirstPageUri: metadata.firstPageUri,
      PrevPageUri: metadata.prevPageUri,
      NextPageUri: metadata.nextPageUri,
    },
    [name]: items,
  };
}
