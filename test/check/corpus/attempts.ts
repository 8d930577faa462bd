import { GOOD } from "../sample.ts";
import type { Sample } from "../sample.ts";

function legs(query: URLSearchParams): number {
  return [...query.keys()].filter((name) => name.endsWith("[Number]")).length;
}

/** Mistakes that show only when the platform asks again, or with digits. */
export const attempts: Readonly<Record<string, Sample>> = {
  "asks for re-fetches and always gives the same answer": {
    expect: ["warning REF-4 constant-list"],
    endpoint: () => () => ({ body: { ...GOOD, fetch_after_attempt: true } }),
  },

  "asks for re-fetches with one person": {
    expect: ["warning REF-4 constant-list"],
    endpoint: () => () => ({ body: { fetch_after_attempt: true, destination: { numbers: ["+919900000001"] } } }),
  },

  "names a new person every time": {
    expect: ["warning REF-7 endless-refetch"],
    endpoint: () => (ask) => {
      const number = `+9199000000${String(legs(ask.query) + 10)}`;
      return { body: { fetch_after_attempt: true, destination: { numbers: [number] } } };
    },
  },

  "alternates between two people": {
    expect: ["warning REF-7 endless-refetch"],
    endpoint: () => (ask) => {
      const number = `+91990000000${(legs(ask.query) % 2) + 1}`;
      return { body: { fetch_after_attempt: true, destination: { numbers: [number] } } };
    },
  },

  "fails on the brackets of Legs": {
    expect: ["error RES-1 status"],
    endpoint: () => (ask) => ({ status: legs(ask.query) > 0 ? 400 : 200, body: GOOD }),
  },

  "fails when the re-fetch has the previous list": {
    expect: ["error RES-1 status"],
    endpoint: () => (ask) => ({
      status: ask.query.has("numbers") ? 500 : 200,
      body: { fetch_after_attempt: true, destination: { numbers: ["+919900000001"] } },
    }),
  },

  "reads digits as a number and fails on the quotes": {
    expect: ["error RES-1 status", "warning REQ-25 digits-quotes"],
    endpoint: () => (ask) => {
      const digits = ask.query.get("digits");
      return { status: digits !== null && Number.isNaN(Number(digits)) ? 500 : 200, body: GOOD };
    },
  },

  "compares digits without their quotes": {
    expect: ["warning REQ-25 digits-quotes"],
    endpoint: () => (ask) => {
      const number = ask.query.get("digits") === "1" ? "+919900000001" : "+919900000002";
      return { body: { destination: { numbers: [number] } } };
    },
  },

  "treats quoted digits as a wrong entry": {
    expect: ["warning REQ-25 digits-quotes"],
    endpoint: () => (ask) => {
      const digits = ask.query.get("digits");
      if (digits === null) return { body: GOOD };
      const number = /^\d+$/.test(digits) ? `+9199000000${digits.padStart(2, "0")}` : "+919900000099";
      return { body: { destination: { numbers: [number] } } };
    },
  },
};
