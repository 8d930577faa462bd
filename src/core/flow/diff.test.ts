import { describe, expect, it } from "vitest";
import { diffFlows } from "./diff.ts";
import { parseFlow } from "./flow.ts";

const SALES = {
  type: "connect",
  parameters: { destination: { numbers: ["+919900000011", "+919900000012"] }, record: true },
  exits: { nobody_answered: "vm" },
};
const VM = { type: "voicemail", next: "bye" };
const BYE = { type: "hangup" };
const BEFORE = { flow: "1", start: "sales", applets: { sales: SALES, vm: VM, bye: BYE } };

function messages(before: unknown, after: unknown): string[] {
  const [a, b] = [parseFlow(before), parseFlow(after)];
  if (!a.ok || !b.ok) throw new Error("not a flow");
  return diffFlows(a.value, b.value).map((each) => each.message);
}

describe("the difference between two versions of a flow", () => {
  it("is empty if only the text differs", () => {
    const applets = { bye: BYE, vm: { next: "bye", max_duration: 120, type: "voicemail" }, sales: SALES };
    expect(messages(BEFORE, { applets, validation: "strict", start: "sales", flow: 1 })).toEqual([]);
  });

  it("names fields, exits and lists that change", () => {
    const parameters = { destination: { numbers: ["+919900000012", "+919900000011"] } };
    const sales = { ...SALES, parameters, exits: { nobody_answered: "bye", nobody_dialed: "vm" } };
    const after = { ...BEFORE, validation: "lenient", applets: { ...BEFORE.applets, sales } };
    expect(messages(BEFORE, after)).toEqual([
      'validation changes from "strict" to "lenient".',
      'applets.sales.parameters.destination.numbers changes from ["+919900000011","+919900000012"] to ["+919900000012","+919900000011"].',
      "applets.sales.parameters.record is removed: it was true.",
      'applets.sales.exits.nobody_answered changes from "vm" to "bye".',
      'applets.sales.exits.nobody_dialed is added: "vm".',
    ]);
  });

  it("names applets that are added or removed", () => {
    const { vm, ...rest } = BEFORE.applets;
    const after = {
      ...BEFORE,
      applets: { ...rest, sales: { ...SALES, exits: {} }, hello: { type: "greeting", say: { text: "Hi" } } },
    };
    expect(vm).toBe(VM);
    expect(messages(BEFORE, after)).toEqual([
      'applets.sales.exits.nobody_answered is removed: it was "vm".',
      "applets.vm is removed: it was a voicemail.",
      "applets.hello is added: a greeting.",
    ]);
  });

  it("an applet of another type is replaced as a whole", () => {
    const after = { ...BEFORE, applets: { ...BEFORE.applets, vm: BYE } };
    expect(messages(BEFORE, after)).toEqual(["applets.vm changes from a voicemail to a hangup."]);
  });
});
