import { GOOD, always } from "../sample.ts";
import type { Sample } from "../sample.ts";

/** Mistakes about the answer as a whole: status, type, size, form. */
export const wholeAnswer: Readonly<Record<string, Sample>> = {
  "answers 201 Created": { expect: ["error RES-1 status"], endpoint: always(GOOD, { status: 201 }) },

  "answers 404 to unknown callers": {
    expect: ["error RES-1 status"],
    endpoint: () => (ask) =>
      ask.query.get("CallFrom") === "09812345678" ? { body: GOOD } : { status: 404, body: { error: "who?" } },
  },

  "fails on a caller who withholds the number": {
    expect: ["error RES-1 status"],
    endpoint: () => (ask) =>
      Number.isNaN(Number(ask.query.get("CallFrom"))) && ask.query.get("CallFrom") === "anonymous"
        ? { status: 500, type: "text/html", body: "<h1>Internal Server Error</h1>" }
        : { body: GOOD },
  },

  "breaks where the CustomField is not JSON": {
    expect: ["error RES-1 status"],
    endpoint: () => (ask) => ({ status: ask.query.has("CustomField") ? 500 : 200, body: GOOD }),
  },

  "redirects to the address with a slash": {
    expect: ["error REQ-5 redirect"],
    endpoint: always("", { status: 301, type: null, headers: { location: "/connect/" } }),
  },

  "sends JSON as text/html": {
    expect: ["error RES-1 content-type"],
    endpoint: always(JSON.stringify(GOOD), { type: "text/html; charset=utf-8" }),
  },

  "sends no Content-Type": { expect: ["error RES-1 content-type"], endpoint: always(GOOD, { type: null }) },

  "sends another JSON type": {
    expect: ["error RES-1 content-type"],
    lenient: ["warning RES-5 json-like-type"],
    endpoint: always(GOOD, { type: "application/vnd.api+json" }),
  },

  "prints a warning in front of the JSON": {
    expect: ["error RES-1 not-json"],
    endpoint: always(`Warning: undefined variable\n${JSON.stringify(GOOD)}`),
  },

  "encodes the JSON twice": {
    expect: ["error RES-1 not-json"],
    endpoint: always(JSON.stringify(JSON.stringify(GOOD))),
  },

  "answers a bare array": { expect: ["error RES-1 not-json"], endpoint: always(["+919900000001"]) },

  "answers more than 64 KiB": {
    expect: ["error REQ-8 too-large"],
    endpoint: always({ ...GOOD, destination: { numbers: Array(6000).fill("+919900000001") } }),
  },

  "stores the CallSid under a unique key": {
    expect: ["error RES-1 status", "warning RES-1 at-once"],
    endpoint: () => {
      const seen = new Set<string>();
      return (ask) => {
        const sid = ask.query.get("CallSid") ?? "";
        const status = seen.has(sid) ? 500 : 200;
        seen.add(sid);
        return { status, body: GOOD };
      };
    },
  },

  "has a Fallback that is broken": {
    as: "fallback",
    expect: ["error RES-1 status"],
    endpoint: always("Service Unavailable", { status: 503, type: "text/plain" }),
  },
};
