import { describe, expect, it } from "vitest";
import { ACCOUNT } from "../../../test/fixtures/contract.ts";
import { readStoredSetup } from "./stored-setup.ts";

describe("a stored setup", () => {
  const flow = { id: "1", name: "", start: "bye", validation: "strict", applets: { bye: { type: "hangup" } } };
  const setup = { account: ACCOUNT, flow, recordingsUrl: "https://r", version: "1" };

  it("is read as it was written", () => {
    expect(readStoredSetup(JSON.stringify(setup))).toEqual(setup);
  });

  it.each(["observed", "documented"] as const)(
    "C19, REQ-33: written by a version with created_format %s sends what it sent then",
    (createdFormat) => {
      const { wire: _, ...account } = ACCOUNT;
      const earlier = JSON.stringify({ ...setup, account: { ...account, createdFormat } });
      expect(readStoredSetup(earlier)).toEqual({ ...setup, account: { ...account, wire: createdFormat } });
    },
  );

  it("that is not JSON is an error", () => {
    expect(() => readStoredSetup("{")).toThrow(SyntaxError);
  });
});
