import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { Directory } from "./directory.ts";
import { inviteRequest } from "../../../test/support/invite.ts";
import { loadWorkspace, warningsOf } from "./workspace.ts";

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "workspace-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const FLOW = { flow: "1", start: "bye", applets: { bye: { type: "hangup" } } };

function workspace(account: object = {}, rest: object = {}): object {
  return {
    accounts: [
      {
        sid: "acme",
        tenant_id: 1409,
        api_keys: [{ key: "k", token: "${TOKEN}" }],
        trunks: [{ name: "main", address: "127.0.0.1:5080", accept_from: ["127.0.0.1"] }],
        exophones: [{ number: "+918047100000", flow: "1", trunk: "main" }],
        ...account,
      },
    ],
    flows: [FLOW],
    ...rest,
  };
}

function load(
  content: object | string,
  env: Record<string, string> = { TOKEN: "t" },
): ReturnType<typeof loadWorkspace> {
  const file = join(folder, "w.yaml");
  writeFileSync(file, typeof content === "string" ? content : stringify(content));
  return loadWorkspace(file, env);
}

/** `line: path: message` of every problem. */
function problems(content: object | string, env?: Record<string, string>): string[] {
  const loaded = load(content, env);
  return loaded.ok ? [] : loaded.error.map(({ line, path, message }) => `${line}: ${path}: ${message}`);
}

describe("a workspace file", () => {
  it("becomes accounts, trunks and flows, with environment variables filled in", () => {
    const loaded = load(workspace());
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.error));
    const [account] = loaded.value.accounts;
    expect(account?.apiKeys).toEqual([{ key: "k", token: "t" }]);
    expect(account?.account).toMatchObject({
      sid: "acme",
      tenantId: "1409",
      timezone: "Asia/Kolkata",
      numberFormat: "national",
    });
    expect(account?.trunks[0]).toMatchObject({ host: "127.0.0.1", port: 5080, transport: "udp", dialFormat: "e164" });
    expect(account?.trunks[0]?.acceptFrom.check("127.0.0.1")).toBe(true);
    expect(loaded.value.flows.get("acme/1")?.start).toBe("bye");
  });

  it("REQ-9: signs nothing unless an account has a signing_secret", () => {
    const secretOf = (account: object): unknown => {
      const loaded = load(workspace(account), { TOKEN: "t", SIGNING: "0123456789abcdef0123456789abcdef" });
      return loaded.ok ? loaded.value.accounts[0]?.signingSecrets : loaded.error;
    };
    expect(secretOf({})).toEqual([]);
    expect(secretOf({ signing_secret: "${SIGNING}" })).toEqual(["0123456789abcdef0123456789abcdef"]);
    const next = "f".repeat(32);
    expect(secretOf({ signing_secret: [next, "${SIGNING}"] })).toEqual([next, "0123456789abcdef0123456789abcdef"]);
  });

  it("DIAL-6: an ExoPhone reaches the numbers of its trunk, or of the first trunk if it names none", () => {
    const trunk = (name: string, reaches?: string[]): object => ({
      name,
      address: "127.0.0.1:5080",
      ...(reaches === undefined ? {} : { reaches }),
    });
    const loaded = load(
      workspace({
        trunks: [trunk("india", ["+91"]), trunk("world")],
        exophones: [
          { number: "+918047100000", flow: "1" },
          { number: "+442071838750", trunk: "world" },
        ],
      }),
    );
    if (!loaded.ok) throw new Error("not loaded");
    expect(loaded.value.accounts[0]?.account.exophones.map(({ reaches }) => reaches)).toEqual([["+91"], []]);
  });

  describe("a trunk", () => {
    const trunkOf = (settings: object): unknown => {
      const loaded = load(workspace({ trunks: [{ name: "main", address: "192.0.2.1", ...settings }] }));
      return loaded.ok ? loaded.value.accounts[0]?.trunks[0] : loaded.error.map(({ message }) => message);
    };

    it("S23, S8, O8: has a default for every setting except its name and address", () => {
      expect(trunkOf({})).toMatchObject({
        host: "192.0.2.1",
        port: null,
        transport: "udp",
        credentials: null,
        dialFormat: "e164",
        reaches: [],
        priority: 1,
        channels: null,
        numberIn: "request-uri",
        firstResponseTimeoutMs: 5000,
        nat: false,
        symmetricRtp: true,
        waitForAck: false,
      });
    });

    it.each<[object, object]>([
      [{ priority: 3 }, { priority: 3 }],
      [{ channels: 30 }, { channels: 30 }],
      [{ number_in: "to" }, { numberIn: "to" }],
      [{ number_in: "p-called-party-id" }, { numberIn: "p-called-party-id" }],
      [{ first_response_timeout: 7.5 }, { firstResponseTimeoutMs: 7500 }],
      [{ nat: true }, { nat: true }],
      [{ symmetric_rtp: false }, { symmetricRtp: false }],
      [{ wait_for_ack: true }, { waitForAck: true }],
      [{ dial_format: "national" }, { dialFormat: "national" }],
      [{ reaches: ["+91"] }, { reaches: ["+91"] }],
      [{ address: "[2001:db8::5]" }, { host: "[2001:db8::5]", port: null }],
      [{ address: "[2001:db8::5]:5070" }, { host: "[2001:db8::5]", port: 5070 }],
    ])("takes %j", (settings, config) => {
      expect(trunkOf(settings)).toMatchObject(config);
    });

    it.each<[object, string]>([
      [{ priority: 0 }, "Too small"],
      [{ channels: 0 }, "Too small"],
      [{ number_in: "from" }, '"request-uri"|"to"|"p-called-party-id"'],
      [{ first_response_timeout: 60 }, "Too big"],
      [{ nat: "yes" }, "expected boolean"],
      [{ dial_format: "local" }, '"e164"|"e164-no-plus"|"national"'],
    ])("refuses %j", (settings, sentence) => {
      expect(trunkOf(settings)).toEqual([expect.stringContaining(sentence)]);
    });

    it("accepts calls from addresses and subnets of both IP versions, and from nowhere else", () => {
      const loaded = load(
        workspace({ trunks: [{ name: "main", address: "h", accept_from: ["192.0.2.0/24", "2001:db8::/32"] }] }),
      );
      const from = loaded.ok ? loaded.value.accounts[0]?.trunks[0]?.acceptFrom : undefined;
      expect([from?.check("192.0.2.77"), from?.check("2001:db8::7", "ipv6"), from?.check("198.51.100.1")]).toEqual([
        true,
        true,
        false,
      ]);
    });

    it("has a unique name", () => {
      const trunk = { name: "main", address: "192.0.2.1" };
      expect(problems(workspace({ trunks: [trunk, trunk] })).join()).toContain('there is already a trunk "main"');
    });
  });

  describe("two accounts whose numbers have the same national form", () => {
    const numbered = (sid: string, number: string, from: string): object => ({
      sid,
      tenant_id: 1,
      trunks: [{ name: "main", address: "192.0.2.1", accept_from: [from] }],
      exophones: [{ number }],
    });
    const both = (from: string): object => ({
      accounts: [numbered("india", "+918047100000", "192.0.2.0/24"), numbered("america", "+18047100000", from)],
    });

    it("A12: are refused when calls to both come from the same addresses", () => {
      expect(problems(both("192.0.2.7"))).toEqual([
        expect.stringContaining(
          '+18047100000 and +918047100000 of account "india" are both dialled as 08047100000 from the same addresses',
        ),
      ]);
    });

    it("A12: are told apart when calls to them come from different addresses", () => {
      const loaded = load(both("198.51.100.7"));
      if (!loaded.ok) throw new Error(JSON.stringify(loaded.error));
      const directory = new Directory(loaded.value);
      const accountBehind = (source: string): unknown => {
        const route = directory.inboundRoute(inviteRequest({ uri: "sip:08047100000@192.0.2.9" }), source);
        return route.config?.account.sid;
      };
      expect([accountBehind("192.0.2.7"), accountBehind("198.51.100.7")]).toEqual(["india", "america"]);
    });
  });

  it("reads flows from files beside it, and names the file if one is wrong", () => {
    writeFileSync(join(folder, "good.yaml"), stringify({ ...FLOW, account: "acme" }));
    expect(problems(workspace({}, { flows: [{ file: "good.yaml" }] }))).toEqual([]);
    writeFileSync(join(folder, "bad.yaml"), stringify({ ...FLOW, start: "nowhere" }));
    const loaded = load(workspace({ exophones: [{ number: "+918047100000" }] }, { flows: [{ file: "bad.yaml" }] }));
    expect(loaded.ok ? [] : loaded.error).toEqual([
      expect.objectContaining({ file: join(folder, "bad.yaml"), line: 2, path: "start" }),
    ]);
  });

  it.each<[string, object, string]>([
    [
      "an unknown key",
      { timezon: "Asia/Kolkata" },
      'unknown key "timezon", did you mean "timezone"? (allowed: sid, tenant_id',
    ],
    [
      "an unknown zone",
      { timezone: "Asia/Nowhere" },
      'accounts[0].timezone: must be an IANA zone such as "Asia/Kolkata"',
    ],
    ["an unknown country", { country: "India" }, 'must be a two-letter country such as "IN"'],
    ["a number without its plus", { exophones: [{ number: "08047100000" }] }, '"08047100000" is not an E.164 number'],
    ["an account without numbers", { exophones: [] }, "an account needs at least one ExoPhone"],
    ["an account without trunks", { trunks: [] }, "an account needs at least one trunk"],
    ["a trunk without an address", { trunks: [{ name: "main" }] }, "accounts[0].trunks[0].address"],
    ["a trunk with a path", { trunks: [{ name: "main", address: "sip:host/path" }] }, "must be host or host:port"],
    ["an unknown transport", { trunks: [{ name: "main", address: "h", transport: "sctp" }] }, '"udp"|"tcp"'],
    [
      "a source that is not an address",
      { trunks: [{ name: "main", address: "h", accept_from: ["trunk.example"] }] },
      '"trunk.example" is not an IP address or a subnet',
    ],
    [
      "a subnet that is too wide",
      { trunks: [{ name: "main", address: "h", accept_from: ["10.0.0.0/40"] }] },
      "is not an IP address or a subnet",
    ],
    [
      "a number of an unknown flow",
      { exophones: [{ number: "+918047100000", flow: "9" }] },
      'there is no flow "9" (known: 1)',
    ],
    [
      "a number on an unknown trunk",
      { exophones: [{ number: "+918047100000", trunk: "second" }] },
      'there is no trunk "second" (known: main)',
    ],
    [
      "a number given twice",
      { exophones: [{ number: "+918047100000" }, { number: "+918047100000" }] },
      '+918047100000 already belongs to account "acme"',
    ],
    [
      "a group with unknown users",
      { groups: [{ name: "sales", users: ["anil"] }] },
      'there is no user "anil" (known: none)',
    ],
    ["a limit of zero", { limits: { concurrent_calls: 0 } }, "accounts[0].limits.concurrent_calls"],
    ["a prefix without its plus", { limits: { dial_prefixes: ["91"] } }, 'must start with "+"'],
    ["a secret that is easy to guess", { signing_secret: "secret" }, "accounts[0].signing_secret: must be at least 32"],
    ["data kept for no time at all", { retention: { calls_days: 0 } }, "accounts[0].retention.calls_days: "],
    ["traces kept for ever", { retention: { traces_days: 1101 } }, "accounts[0].retention.traces_days: "],
    ["an account id with a slash", { sid: "a/b" }, "must be 1 to 64 characters of a-z"],
  ])("refuses %s, naming line, field and what is allowed", (_what, account, sentence) => {
    const found = problems(workspace(account));
    expect(found.join("\n")).toContain(sentence);
    for (const problem of found) expect(problem).toMatch(/^\d+: [\w[\].]+: .{10,}/);
  });

  it.each<[string, object, string]>([
    ["a flow of an unknown account", { flows: [{ ...FLOW, account: "other" }] }, 'flow 1 belongs to account "other"'],
    ["a flow given twice", { flows: [FLOW, FLOW] }, 'flow "1" of account "acme" is given twice'],
    ["a missing flow file", { flows: [{ file: "missing.yaml" }] }, "missing.yaml cannot be read"],
    ["a workspace without accounts", { accounts: [] }, "a workspace needs at least one account"],
  ])("refuses %s", (_what, rest, sentence) => {
    expect(problems(workspace({}, rest)).join("\n")).toContain(sentence);
  });

  it("refuses a name that is not in the environment, naming its line", () => {
    expect(problems(workspace(), {})).toEqual([
      expect.stringMatching(/^\d+: : \$\{TOKEN\} is not set in the environment$/),
    ]);
  });

  it("reports invalid YAML with its line, and a file that can't be read", () => {
    expect(problems("accounts: [\n  - {")[0]).toMatch(/^\d+: : not valid YAML/);
    const missing = loadWorkspace(join(folder, "nobody.yaml"), {});
    expect(missing.ok ? "" : missing.error[0]?.message).toContain("cannot be read");
  });
});

describe("the flows of a workspace", () => {
  const flowWith = (applets: object): object => workspace({}, { flows: [{ flow: "1", start: "hello", applets }] });

  it("EXIT-5, EXIT-6: may leave exits open and applets unused, with a warning", () => {
    const hello = { type: "greeting", say: { text: "Hello" } };
    const loaded = load(flowWith({ hello, bye: { type: "hangup" } }));
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.error));
    expect(warningsOf(loaded.value)).toEqual([
      { flow: "acme/1", rule: "EXIT-6", path: "applets.bye", message: 'No exit leads to "bye": it is never run.' },
      {
        flow: "acme/1",
        rule: "EXIT-5",
        path: "applets.hello.next",
        message: 'No applet is set for "then" of "hello": the call is hung up there.',
      },
    ]);
  });

  it("APP-9: may not loop without waiting for the caller or the network", () => {
    const hello = { type: "greeting", say: { text: "Hello" }, next: "hello" };
    expect(problems(flowWith({ hello })).join()).toMatch(/flows\[0\]\.applets\.hello: goes round in a loop/);
  });

  it("have no warnings in the sample workspace", () => {
    const loaded = loadWorkspace(join(import.meta.dirname, "../../..", "examples", "workspace.yaml"), {});
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.error));
    expect(warningsOf(loaded.value)).toEqual([]);
  });
});
