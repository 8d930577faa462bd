import { type AppletExit, type AppletTimes, NO_SILENCE, NEVER_TAKEN } from "../../call/applet.ts";
import { MAX_FETCHES_PER_CONNECT, REQUEST_DEADLINE_MS } from "../../call/limits.ts";
import type { FixedPrompt } from "../../call/effects.ts";
import type { GroupSizes } from "../../call/setup.ts";
import { readRinging } from "../../contract/answer.ts";
import { isObject } from "../../contract/fields.ts";
import { isHttpUrl } from "../../contract/query.ts";
import type { ConnectDocument, ConnectExit } from "./schema.ts";

/** RES-15's largest `max_ringing_duration` and REQ-8's longest list: the worst a URL may answer. */
export const LONGEST_RING_S = 60;
export const LONGEST_LIST = 100;

/** A list with an entry like this rings someone, unless the account forbids it. */
const LOOKS_DIALABLE = /^\s*(?:\+?\d[\d ()-]{6,}|sip:\S+)\s*$/;

/** The three exits (section 6), in the order of the contract. */
export function connectExits(document: ConnectDocument): readonly AppletExit[] {
  const asksUrl = document.url !== undefined || document.dial_whom?.url !== undefined;
  // A group or a URL may name anyone; an empty list in the flow rings nobody.
  const ringsNobody = !asksUrl && document.dial_whom?.group === undefined && numbersOf(document).length === 0;
  const ended = { waits: true, silence: ringsNobody ? NEVER_TAKEN : NO_SILENCE, optional: false };
  // A list in the flow is rejected at once; with a URL the caller has heard nothing while it was asked.
  const { silenceMs } = connectTimes(document);
  const silence = { afterSound: null, throughout: silenceMs };
  // EXIT-4: if the last exit has no applet, the one before it is taken.
  const { nobody_answered: unanswered, nobody_dialed: undialled } = document.exits;
  const standsIn = unanswered !== undefined && undialled === undefined;
  const waits = asksUrl || numbersOf(document).some((each) => LOOKS_DIALABLE.test(each));
  const answered = {
    waits: waits || !standsIn,
    silence: {
      afterSound: ringsNobody ? null : 0,
      throughout: standsIn && (silenceMs > 0 || !waits) ? silenceMs : null,
    },
    optional: false,
  };
  return [
    { ...exit(document, "conversation_ended", "after the conversation ends"), ...ended },
    { ...exit(document, "nobody_answered", "nobody answers"), ...answered },
    { ...exit(document, "nobody_dialed", "we didn't dial anyone"), waits, silence, optional: true },
  ];
}

function exit(document: ConnectDocument, name: ConnectExit, label: string) {
  return { name, label, target: document.exits[name] ?? null, path: ["exits", name] };
}

/** The longest a caller may hear ringing, and the longest they may hear nothing. */
export function connectTimes(document: ConnectDocument, groups: GroupSizes | null = null): AppletTimes {
  if (document.url !== undefined) {
    const asked = document.url.fallback === undefined ? 1 : 2;
    const rounds = MAX_FETCHES_PER_CONNECT - 1 + LONGEST_LIST;
    return {
      ringMs: rounds * LONGEST_RING_S * 1000,
      silenceMs: asked * REQUEST_DEADLINE_MS,
      ringsBecause: `Its URL may answer ${MAX_FETCHES_PER_CONNECT} times, at last with ${LONGEST_LIST} numbers that each ring for ${LONGEST_RING_S} s.`,
      silentBecause: `Its ${asked === 1 ? "URL" : "URLs"} may take 5 s${asked === 1 ? "" : " each"} to name nobody.`,
    };
  }
  return timesOfFlow(document, groups);
}

function timesOfFlow(document: ConnectDocument, groups: GroupSizes | null): AppletTimes {
  const { dial_whom: whom, parameters = {} } = document;
  const ringS = readRinging(parameters).maxRingingDurationS;
  const size = roundSize(document);
  const numbers = listLength(document, groups);
  const rounds = Math.ceil(numbers / size);
  const asksUrl = whom?.url !== undefined;
  return {
    ringMs: rounds * ringS * 1000,
    // The audio that the flow names is checked within one request's deadline, together with the URL if there is one.
    silenceMs: asksUrl || soundUrlsOf(document).length > 0 ? REQUEST_DEADLINE_MS : 0,
    ringsBecause: `${listWords(document, groups)}${size > 1 ? ` in rounds of ${size}` : ""} may each ring for ${ringS} s.`,
    silentBecause: asksUrl ? "Its URL may take 5 s to answer." : "The check of its audio may take 5 s.",
  };
}

/** How many destinations it may ring at worst. A group of unknown size may be as long as a list can be. */
export function listLength(document: ConnectDocument, groups: GroupSizes | null): number {
  const { dial_whom: whom } = document;
  if (whom === undefined || whom.numbers !== undefined) return new Set(numbersOf(document)).size;
  if (whom.group === undefined || groups === null) return LONGEST_LIST;
  return Object.hasOwn(groups, whom.group) ? (groups[whom.group] ?? 0) : 0;
}

function listWords(document: ConnectDocument, groups: GroupSizes | null): string {
  const length = listLength(document, groups);
  const group = document.dial_whom?.group;
  if (group !== undefined && groups === null) return `As many as ${length} people of the group "${group}"`;
  if (group !== undefined) return `${length} ${length === 1 ? "person" : "people"} of the group "${group}"`;
  return `${length} ${length === 1 ? "number" : "numbers"}`;
}

/** DIAL-3: how many of the flow's own list ring at once. */
export function roundSize({ parameters = {} }: ConnectDocument): number {
  const { activate, maxAttempts } = readRinging(parameters).parallel;
  return activate ? maxAttempts : 1;
}

/** The numbers written into the flow itself. */
export function numbersOf({ dial_whom: whom, parameters }: ConnectDocument): readonly string[] {
  if (whom !== undefined) return whom.numbers ?? [];
  const destination = parameters?.["destination"];
  const numbers: unknown = isObject(destination) ? destination["numbers"] : undefined;
  return Array.isArray(numbers) ? numbers.filter((each) => typeof each === "string") : [];
}

/** The text of `start_call_playback`, if it is written into the flow. */
export function connectPrompts({ parameters = {} }: ConnectDocument, language: string): readonly FixedPrompt[] {
  const playback = parameters["start_call_playback"];
  if (!isObject(playback) || playback["type"] !== "text") return [];
  const { value } = playback;
  return typeof value === "string" && !isHttpUrl(value) ? [{ kind: "text", text: value, language }] : [];
}

/** Audio URLs that the flow itself names. */
export function soundUrlsOf({ parameters = {} }: ConnectDocument): readonly string[] {
  const { music_on_hold: music, start_call_playback: playback } = parameters;
  const values = [music, playback].map((each) => (isObject(each) ? each["value"] : undefined));
  return values.filter((each) => typeof each === "string").filter(isHttpUrl);
}
