import { describe, expect, it } from "vitest";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { appletKinds } from "../applets/registry.ts";
import { parseFlow } from "./flow.ts";
import { verifyFlow } from "./verify.ts";

const BYE = { type: "hangup" };

/** Problems as `path: message`, as a person reads them. */
function problems(document: unknown): string[] {
  const flow = parseFlow(document);
  return flow.ok ? [] : flow.error.map(({ path, message }) => `${path.join(".")}: ${message}`);
}

describe("a flow document", () => {
  it("with every kind of applet is read, with its defaults", () => {
    const flow = parseFlow({
      flow: 11754,
      account: "acme",
      name: "Support line",
      start: "greet",
      applets: {
        greet: { type: "greeting", say: { text: "Welcome to Acme" }, next: "menu" },
        menu: {
          type: "menu",
          say: { text: "For sales press 1" },
          input_timeout: 5,
          repeat: 1,
          keys: { "1": "sales" },
          no_input: "desk",
          invalid: "menu",
        },
        sales: {
          type: "connect",
          url: { primary: "https://app.example/connect", fallback: "https://backup.example/connect" },
          exits: { conversation_ended: "bye", nobody_answered: "vm", nobody_dialed: "vm" },
        },
        desk: {
          type: "connect",
          parameters: { destination: { numbers: ["+919900000011"] }, record: true },
          exits: { conversation_ended: "bye", nobody_answered: "vm" },
        },
        listed: { type: "connect", dial_whom: { numbers: ["+919900000011"] } },
        ask: {
          type: "gather",
          url: { primary: "https://app.example/ask" },
          exits: { digits_entered: "pass", nothing_entered: "bye" },
        },
        pass: {
          type: "passthru",
          url: "https://app.example/pass",
          mode: "sync",
          exits: { ok: "route", otherwise: "bye" },
        },
        route: { type: "switch", cases: { vip: "sales", normal: "desk" }, default: "desk" },
        hours: {
          type: "time_condition",
          timezone: "Asia/Kolkata",
          open: ["mon-fri 09:00-18:00", "sat 10:00-14:00"],
          exits: { open: "sales", closed: "vm" },
        },
        vm: { type: "voicemail", say: { text: "Please leave a message" }, max_duration: 120, next: "bye" },
        bye: BYE,
      },
    });
    expect(flow.ok).toBe(true);
    if (!flow.ok) return;
    expect(flow.value).toMatchObject({ id: "11754", start: "greet", validation: "strict" });
    expect(flow.value.applets["listed"]).toMatchObject({ exits: {} });
  });

  it.each(["sales-line", "", "11754a", " 1", "1".repeat(21), -1, 1.5, true, null])(
    "C14, REQ-20: %j is not an id, because it is sent as flow_id",
    (flow) => {
      const [first] = problems({ flow, start: "bye", applets: { bye: BYE } });
      expect(first).toMatch(/^flow: is .*; allowed is digits, such as "11754": it is sent as flow_id$/);
    },
  );

  it.each([
    ["11754", "11754"],
    ["007", "007"],
    [11754, "11754"],
    [0, "0"],
  ])("C14, REQ-20: %j is an id", (flow, id) => {
    expect(parseFlow({ flow, start: "bye", applets: { bye: BYE } })).toMatchObject({ ok: true, value: { id } });
  });

  it("is unchanged when it is read again", () => {
    const document = { flow: "1", start: "a", applets: { a: { type: "menu", say: { text: "x" }, keys: {} }, b: BYE } };
    const once = parseFlow(document);
    const { id, ...rest } = once.ok ? once.value : { id: "" };
    const twice = parseFlow({ flow: id, ...rest });
    expect(twice).toEqual(once);
  });

  it.each<[string, unknown, string]>([
    ["nothing at all", null, ": is null; allowed is an object"],
    ["a list", [], ": is an empty array; allowed is an object"],
    ["no start", { flow: "1", applets: { a: BYE } }, "start: is missing; allowed is a string"],
    [
      "a start that is not an applet",
      { flow: "1", start: "b", applets: { a: BYE } },
      'start: is "b"; allowed is the id of an applet of this flow, one of a',
    ],
    [
      "an unknown key",
      { flow: "1", start: "a", applets: { a: BYE }, validtion: "strict" },
      'validtion: unknown key "validtion", did you mean "validation"?',
    ],
    [
      "an unknown mode",
      { flow: "1", start: "a", applets: { a: BYE }, validation: "lax" },
      'validation: is "lax"; allowed is strict or lenient',
    ],
    [
      "an unknown type",
      { flow: "1", start: "a", applets: { a: { type: "conect" } } },
      'applets.a.type: is "conect"; allowed is one of connect,',
    ],
    ["an applet without a type", { flow: "1", start: "a", applets: { a: {} } }, "applets.a.type: is missing"],
    [
      "an applet that is not an object",
      { flow: "1", start: "a", applets: { a: "bye" } },
      'applets.a: is "bye"; allowed is an applet',
    ],
    [
      "an unknown key of an applet",
      { flow: "1", start: "a", applets: { a: { type: "connect", parameters: {}, exits: { nobody_answerd: "a" } } } },
      'applets.a.exits.nobody_answerd: unknown key "nobody_answerd", did you mean "nobody_answered"?',
    ],
    [
      "EXIT-6: a target that is not an applet",
      {
        flow: "1",
        start: "a",
        applets: { a: { type: "connect", parameters: {}, exits: { nobody_answered: "bey" } }, bye: BYE },
      },
      'applets.a.exits.nobody_answered: is "bey"; allowed is the id of an applet of this flow, one of a, bye (perhaps bye)',
    ],
    [
      "a number out of range",
      { flow: "1", start: "a", applets: { a: { type: "voicemail", max_duration: 7200 } } },
      "applets.a.max_duration: is 7200; allowed is at most 3600",
    ],
    [
      "a digit that no telephone has",
      { flow: "1", start: "a", applets: { a: { type: "menu", say: { text: "x" }, keys: { "12": "a" } } } },
      "applets.a.keys.12: ",
    ],
  ])("with %s is refused in one sentence that says where and what is allowed", (_, document, sentence) => {
    const found = problems(document);
    expect(found).toHaveLength(1);
    expect(found[0]?.startsWith(sentence), found[0]).toBe(true);
  });

  it("lists all its problems at once", () => {
    const document = {
      flow: "1",
      strat: "a",
      applets: { a: { type: "nope" }, b: { type: "voicemail", max_duration: 0 } },
    };
    expect(problems(document)).toHaveLength(4);
  });

  it("holds no more applets than one call may run", () => {
    const applets = Object.fromEntries(Array.from({ length: 201 }, (_, i) => [`a${i}`, BYE]));
    expect(problems({ flow: "1", start: "a0", applets })).toEqual(["applets: is 201 applets; allowed is at most 200"]);
  });
});

describe("loops", () => {
  const pass = (ok: string, mode = "async") => ({
    type: "passthru",
    url: "https://app.example/p",
    mode,
    exits: { ok },
  });

  it("APP-9: one that never waits is refused, with its path", () => {
    const found = problems({ flow: "1", start: "a", applets: { a: pass("b"), b: pass("c"), c: pass("b") } });
    expect(found).toEqual([
      "applets.b: goes round in a loop without waiting: b → c → b; allowed is a loop with an applet in it that waits for the caller or the network (APP-9)",
    ]);
  });

  it("APP-9: one applet that leads to itself is a loop too", () => {
    const route = { type: "switch", cases: { again: "a" } };
    expect(problems({ flow: "1", start: "a", applets: { a: route } })).toHaveLength(1);
  });

  it.each<[string, unknown]>([
    ["a menu", { type: "menu", say: { text: "x" }, keys: {}, invalid: "a" }],
    ["a URL that is waited for", pass("a", "sync")],
    [
      "a Connect that asks a URL",
      { type: "connect", url: { primary: "https://app.example/c" }, exits: { nobody_dialed: "a" } },
    ],
    ["ringing", { type: "connect", dial_whom: { numbers: ["+919900000011"] }, exits: { nobody_answered: "a" } }],
  ])("APP-9: one with %s in it is allowed", (_, applet) => {
    expect(problems({ flow: "1", start: "a", applets: { a: applet } })).toEqual([]);
  });

  it("APP-9: a Connect with its list in the flow does not wait if there is nobody to dial", () => {
    const a = { type: "connect", parameters: { destination: { numbers: [] } }, exits: { nobody_dialed: "a" } };
    expect(problems({ flow: "1", start: "a", applets: { a } })).toHaveLength(1);
  });
});

const FOLDERS = join(import.meta.dirname, "../applets");

describe("every kind of applet", () => {
  it.each(appletKinds.map((kind) => [kind.type, kind] as const))(
    "%s has a page that shows it and names its exits",
    (_, kind) => {
      const page = readFileSync(join(FOLDERS, kind.type, kind.docs), "utf8");
      expect(page).toContain(`type: ${kind.type}`);
      for (const { name } of kind.exits(kind.schema.parse(kind.form.sample))) expect(page).toContain(`\`${name}\``);
    },
  );

  it.each(appletKinds.map((kind) => [kind.type, kind] as const))(
    "%s has a sample that its own schema accepts",
    (_, kind) => {
      expect(kind.schema.safeParse(kind.form.sample).error).toBeUndefined();
      expect(kind.form.sample.type).toBe(kind.type);
    },
  );

  it.each(appletKinds.map((kind) => [kind.type, kind] as const))("%s has exits with unique names", (_, kind) => {
    const names = kind.exits(kind.schema.parse(kind.form.sample)).map((exit) => exit.name);
    expect(new Set(names).size).toBe(names.length);
  });
});

describe("docs/flows.md", () => {
  const page = readFileSync(join(FOLDERS, "../../..", "docs", "flows.md"), "utf8");

  it("starts with a flow that can be loaded as it is", () => {
    const [, text = ""] = /```yaml\n([^`]+)```/.exec(page) ?? [];
    const flow = parseFlow(parse(text));
    expect(flow.ok && verifyFlow(flow.value).warnings).toEqual([]);
  });

  it.each(appletKinds.map((kind) => [kind.type, kind] as const))(
    "has a row for %s, with its keys and exits",
    (type, kind) => {
      const row = page.split("\n").find((line) => line.startsWith(`| \`${type}\` |`)) ?? "";
      const keys = kind.form.fields.flatMap(({ path }) =>
        path.startsWith("parameters.") ? ["parameters"] : path.split("."),
      );
      const exits = kind.exits(kind.schema.parse(kind.form.sample)).map(({ name }) => name);
      for (const word of [...keys, ...exits]) expect(row).toContain(`\`${word}\``);
    },
  );
});
