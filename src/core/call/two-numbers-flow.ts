import type { Flow } from "./setup.ts";

/**
 * The flow of calls by API that connect two numbers (API-2): one Connect without a source, which dials what the request
 * named. It is the platform's own, so that all these calls of an account share one stored setup.
 */
export const TWO_NUMBERS_FLOW: Flow = {
  id: "",
  name: "Two numbers",
  start: "connect",
  validation: "strict",
  applets: { connect: { type: "connect", exits: {} } },
};
