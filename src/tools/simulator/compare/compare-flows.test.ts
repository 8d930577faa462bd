import { describe, expect, it } from "vitest";
import { seededRandom } from "../../../base/random.ts";
import type { Flow } from "../../../core/call/setup.ts";
import { documentOf } from "../../../core/flow/example-call.ts";
import { parseFlow } from "../../../core/flow/flow.ts";
import { parseScenario } from "../scenario/scenario.ts";
import { simulate } from "../simulate.ts";
import { randomFlow } from "../testing/random-flow.ts";
import { compareFlows } from "./compare-flows.ts";

const BYE = { type: "hangup" };
const SALES = {
  type: "connect",
  parameters: { destination: { numbers: ["+919900000011"] } },
  exits: { conversation_ended: "bye", nobody_answered: "vm" },
};
const VM = { type: "voicemail", say: { text: "Leave a message" }, next: "bye" };
const HOURS = {
  type: "time_condition",
  open: ["mon-fri 09:00-20:00", "sat 10:00-14:00"],
  exits: { open: "sales", closed: "vm" },
};
const APPLETS = { hours: HOURS, sales: SALES, vm: VM, bye: BYE };

function flow(applets: object = {}, start = "hours"): Flow {
  const read = parseFlow({ flow: "1", start, applets: { ...APPLETS, ...applets } });
  if (!read.ok) throw new Error(JSON.stringify(read.error));
  return read.value;
}

function messages(after: Flow): readonly string[] {
  return compareFlows(flow(), after, { calls: 600 }).outcomes.map(({ message }) => message);
}

describe("what changes for callers", () => {
  it("is described by the hours that change, in terms of the flow", () => {
    expect(messages(flow({ hours: { ...HOURS, open: ["mon-fri 09:00-18:00", "sat 10:00-14:00"] } }))).toEqual([
      'Mon-Fri 18:00-20:00 (at "hours"): callers now reach voicemail "vm" instead of connect "sales".',
    ]);
    expect(messages(flow({ hours: { ...HOURS, open: ["mon-fri 09:00-20:00", "sat,sun 10:00-16:30"] } }))).toEqual([
      'Sat 14:00-16:30, Sun 10:00-16:30 (at "hours"): callers now reach connect "sales" instead of voicemail "vm".',
    ]);
  });

  it.each<[string, Flow, string]>([
    [
      "an exit",
      flow({ sales: { ...SALES, exits: { ...SALES.exits, nobody_answered: "bye" } } }),
      'Callers who leave "sales" by "nobody_answered" now reach hangup "bye" instead of voicemail "vm".',
    ],
    [
      "whom it rings",
      flow({ sales: { ...SALES, parameters: { destination: { numbers: ["+919900000012"] } } } }),
      'Callers in "sales" now ring +919900000012 instead of +919900000011.',
    ],
    [
      "what it says",
      flow({ vm: { ...VM, say: { text: "Nobody is here" } } }),
      'Callers in "vm" now hear text: Nobody is here instead of text: Leave a message.',
    ],
    ["where it starts", flow({}, "sales"), 'All callers now reach connect "sales" instead of time_condition "hours".'],
  ])("is described for %s", (_, after, message) => {
    expect(messages(after)).toEqual([message]);
  });

  it("uses the account's time zone if an applet names none", () => {
    const timezone = "America/New_York";
    const after = flow({ hours: { ...HOURS, timezone } });
    expect(compareFlows(flow(), after, { calls: 400, timezone }).outcomes).toEqual([]);
    expect(compareFlows(flow(), after, { calls: 400 }).outcomes).not.toEqual([]);
    const shorter = flow({ hours: { ...HOURS, open: ["mon-fri 09:00-18:00", "sat 10:00-14:00"] } });
    expect(compareFlows(flow(), shorter, { calls: 600, timezone }).outcomes.map(({ message }) => message)).toEqual([
      'Mon-Fri 18:00-20:00 (at "hours"): callers now reach voicemail "vm" instead of connect "sales".',
    ]);
  });

  it("shows people by their names", () => {
    const after = flow({ sales: { ...SALES, parameters: { destination: { numbers: ["+919900000012"] } } } });
    const people = [{ name: "priya", number: "+919900000011" }, { name: "anil" }];
    expect(compareFlows(flow(), after, { calls: 200, people }).outcomes.map(({ message }) => message)).toEqual([
      'Callers in "sales" now ring +919900000012 instead of priya (+919900000011).',
    ]);
  });

  it("is nothing if only the text differs", () => {
    const { calls, changed, outcomes } = compareFlows(flow(), { ...flow(), name: "renamed" }, { calls: 200 });
    expect([calls, changed, outcomes]).toEqual([200, 0, []]);
  });

  it("is the same every time", () => {
    const after = flow({ sales: { ...SALES, parameters: { ...SALES.parameters, max_ringing_duration: 5 } } });
    expect(compareFlows(flow(), after, { calls: 300 })).toEqual(compareFlows(flow(), after, { calls: 300 }));
  });

  it("has an example whose scenario does what is described in the new version, but not in the old one", () => {
    const after = flow({ sales: { ...SALES, exits: { ...SALES.exits, nobody_answered: "bye" } } });
    const [outcome] = compareFlows(flow(), after, { calls: 300 }).outcomes;
    const applets = (document: unknown): readonly string[] => {
      const read = parseScenario(JSON.stringify({ ...outcome?.scenario, flow: document }), "example", () => "");
      if (!read.ok) throw new Error(JSON.stringify(read.error));
      return simulate(read.value).applets;
    };
    expect(applets(outcome?.scenario["flow"])).toEqual(["hours", "sales", "bye"]);
    expect(applets(documentOf(flow()))).toEqual(["hours", "sales", "vm", "bye"]);
  });

  it("is found, described and shown for random pairs of flows, and is nothing for a flow and itself", () => {
    const flows = Array.from({ length: 60 }, (_, i) => parseFlow(randomFlow(seededRandom(i + 1)))).flatMap((read) =>
      read.ok ? [read.value] : [],
    );
    let found = 0;
    for (const [i, before] of flows.entries()) {
      const after = flows[(i + 1) % flows.length] ?? before;
      for (const { message, before: was, after: is, calls } of compareFlows(before, after, { calls: 20 }).outcomes) {
        expect(message).toMatch(/ now .*\.$/);
        expect([was, is, calls].every(Boolean)).toBe(true);
        found += 1;
      }
      expect(compareFlows(before, before, { calls: 20 }).changed).toBe(0);
    }
    expect(found).toBeGreaterThan(20);
  }, 60_000);
});
