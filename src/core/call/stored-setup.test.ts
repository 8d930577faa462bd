import { expect, it } from "vitest";
import { ACCOUNT } from "../../../test/fixtures/contract.ts";
import type { CallSetup } from "./setup.ts";
import { readStoredSetup } from "./stored-setup.ts";

const setup: CallSetup = {
  account: ACCOUNT,
  flow: { id: "1", name: "n", start: "bye", validation: "strict", applets: { bye: { type: "hangup" } } },
  recordingsUrl: "http://127.0.0.1/r",
  version: "0.1.0",
};
const read = (value: unknown, version = 2) => readStoredSetup({ version, json: JSON.stringify(value) });

it("a stored setup is read as it was written", () => {
  expect(read(setup)).toEqual({ ok: true, value: setup });
});

it("M4: a setup stored before a setting existed gets what applied then", () => {
  const { language: _, ...account } = ACCOUNT;
  expect(read({ ...setup, account }, 1)).toMatchObject({ ok: true, value: { account: { language: "en-IN" } } });
});

it.each(["observed", "documented"] as const)(
  "C19, REQ-33: a setup of a version with created_format %s sends what it sent then",
  (createdFormat) => {
    const { wire: _, ...account } = ACCOUNT;
    const earlier = read({ ...setup, account: { ...account, createdFormat } }, 1);
    expect(earlier).toEqual({ ok: true, value: { ...setup, account: { ...account, wire: createdFormat } } });
  },
);

it.each([
  ["no JSON", readStoredSetup({ version: 2, json: "{" }), "its setup is not JSON"],
  ["a list", read([]), "is not an object"],
  ["no account", read({ ...setup, account: null }), "names no account"],
  ["no flow", read({ ...setup, flow: { ...setup.flow, applets: [] } }), "has no flow"],
  ["an applet without a type", read({ ...setup, flow: { ...setup.flow, applets: { a: {} } } }), "has no flow"],
  ["no recordings URL", read({ ...setup, recordingsUrl: 1 }), "is incomplete"],
  ["a newer format", read(setup, 3), "newer version (format 3)"],
])("M3: a setup with %s is unreadable, which is returned as an error and not thrown", (_, result, error) => {
  expect(result.ok ? "" : result.error).toContain(error);
});
