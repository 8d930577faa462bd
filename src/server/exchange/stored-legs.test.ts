import { expect, it } from "vitest";
import { readLegSnapshots } from "./stored-legs.ts";

const flow = { protocol: "udp", localHost: "127.0.0.1", localPort: 5060, remoteHost: "127.0.0.1", remotePort: 5080 };
const dialog = {
  version: 1,
  id: "d",
  role: "callee",
  callId: "c",
  localTag: "l",
  remoteTag: "r",
  localParty: "<sip:a@h>",
  remoteParty: "<sip:b@h>",
  remoteTarget: "sip:b@h",
  flow,
};
const ringing = { version: 1, uri: "sip:b@h", via: "v", from: "f", to: "t", callId: "c", flow };
const read = (value: unknown, version = 2) => readLegSnapshots({ version, json: JSON.stringify(value) });

it("a call's legs are read back as they were written, also if no leg ever rang", () => {
  expect(readLegSnapshots(null)).toEqual({ ok: true, value: { dialogs: {} } });
  expect(read({ dialogs: { 1: dialog }, ringing: { 2: ringing } })).toEqual({
    ok: true,
    value: { dialogs: { 1: dialog }, ringing: { 2: ringing } },
  });
  expect(read({ dialogs: { 1: dialog } }, 1)).toMatchObject({ ok: true });
});

it.each([
  ["no JSON", readLegSnapshots({ version: 2, json: "sealed:1:" }), "is not JSON"],
  ["a text", read("legs"), "is not an object"],
  ["no dialogs", read({}), "incomplete"],
  ["a dialog without a tag", read({ dialogs: { 1: { ...dialog, localTag: null } } }), "leg 1 has no localTag"],
  ["a dialog of another version", read({ dialogs: { 1: { ...dialog, version: 2 } } }), "another version"],
  [
    "a ringing leg without a flow",
    read({ dialogs: {}, ringing: { 2: { ...ringing, flow: 1 } } }),
    "leg 2 is incomplete",
  ],
  ["a newer format", read({ dialogs: {} }, 3), "newer version (format 3)"],
])("M3: legs stored as %s are reported as unreadable, without throwing", (_, result, error) => {
  expect(result.ok ? "" : result.error).toContain(error);
});
