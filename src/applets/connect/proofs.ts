import { type AppletExit, type AppletTimes, HEARD } from "../../call/applet.ts";
import { MAX_FETCHES_PER_CONNECT, REQUEST_DEADLINE_MS } from "../../call/limits.ts";
import type { ConnectDocument, ConnectExit } from "./schema.ts";

/** RES-15's largest `max_ringing_duration`, and REQ-8's longest list: what a URL may answer at worst. */
export const LONGEST_RING_S = 60;
export const LONGEST_LIST = 100;

/** The three exits (section 6), in the order of the contract. */
export function connectExits(document: ConnectDocument): readonly AppletExit[] {
  const asksUrl = document.url !== undefined || document.dial_whom?.url !== undefined;
  const heard = { waits: true, silence: HEARD, optional: false };
  // A list in the flow is found wanting in no time at all; with a URL the caller has heard nothing while it was asked.
  const silence = { through: true, ms: connectTimes(document).silenceMs };
  return [
    { ...exit(document, "conversation_ended", "after the conversation ends"), ...heard },
    { ...exit(document, "nobody_answered", "nobody answers"), ...heard },
    // EXIT-4: left empty, the exit before stands in for it.
    { ...exit(document, "nobody_dialed", "we didn't dial anyone"), waits: asksUrl, silence, optional: true },
  ];
}

function exit(document: ConnectDocument, name: ConnectExit, label: string) {
  return { name, label, target: document.exits[name] ?? null, path: ["exits", name] };
}

/** The longest a caller may listen to ringing, and to nothing. */
export function connectTimes(document: ConnectDocument): AppletTimes {
  if (document.url !== undefined) {
    const asked = document.url.fallback === undefined ? 1 : 2;
    const rounds = MAX_FETCHES_PER_CONNECT - 1 + LONGEST_LIST;
    return {
      ringMs: rounds * LONGEST_RING_S * 1000,
      silenceMs: asked * REQUEST_DEADLINE_MS,
      because: `Its URL may answer ${MAX_FETCHES_PER_CONNECT} times, at last with ${LONGEST_LIST} numbers that each ring for ${LONGEST_RING_S} s.`,
    };
  }
  return timesOfFlow(document);
}

function timesOfFlow(document: ConnectDocument): AppletTimes {
  const { dial_whom: whom, parameters = {} } = document;
  const ringS = whole(parameters["max_ringing_duration"], 30);
  const parallel = parameters["parallel_ringing"];
  const isParallel = isRecord(parallel) && parallel["activate"] === true;
  const size = isParallel ? whole(parallel["max_parallel_attempts"], 5) : 1;
  const numbers = whom === undefined || whom.numbers !== undefined ? numbersOf(document).length : LONGEST_LIST;
  const rounds = Math.ceil(numbers / size);
  return {
    ringMs: rounds * ringS * 1000,
    silenceMs: whom?.url !== undefined ? REQUEST_DEADLINE_MS : 0,
    because: `${numbers} numbers in ${rounds} rounds may each ring for ${ringS} s.`,
  };
}

/** The numbers that stand in the flow itself. */
export function numbersOf({ dial_whom: whom, parameters }: ConnectDocument): readonly string[] {
  if (whom !== undefined) return whom.numbers ?? [];
  const destination = parameters?.["destination"];
  const numbers: unknown = isRecord(destination) ? destination["numbers"] : undefined;
  return Array.isArray(numbers) ? numbers.filter((each) => typeof each === "string") : [];
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function whole(value: unknown, otherwise: number): number {
  return typeof value === "number" && Number.isInteger(value) && value > 0 ? value : otherwise;
}
