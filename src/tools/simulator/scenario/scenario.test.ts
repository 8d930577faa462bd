import { describe, expect, it } from "vitest";
import { showProblem } from "../../../core/flow/yaml-document.ts";
import { parseScenario } from "./scenario.ts";
import type { Scenario } from "./scenario-types.ts";

const FLOW = `flow: "1"
account: acme
start: sales
applets:
  sales: { type: connect, url: { primary: "https://app.example/connect" }, exits: { conversation_ended: bye } }
  bye: { type: hangup }
`;

function readFile(path: string): string {
  if (path === "flow.yaml") return FLOW;
  throw new Error("no such file");
}

/** The problems of a scenario whose first line is the flow, so that line 2 is the first of `text`. */
function problems(text: string): string[] {
  const parsed = parseScenario(`flow: flow.yaml\n${text}\n`, "s.yaml", readFile);
  return parsed.ok ? [] : parsed.error.map(showProblem);
}

function scenario(text: string): Scenario {
  const parsed = parseScenario(`flow: flow.yaml\n${text}\n`, "s.yaml", readFile);
  if (!parsed.ok) throw new Error(parsed.error.map(showProblem).join("\n"));
  return parsed.value;
}

describe("a scenario", () => {
  it("needs nothing but a flow: the rest has defaults that make one call", () => {
    const { setup, call, startMs, caller } = scenario("");
    expect(setup.flow.start).toBe("sales");
    expect(setup.account).toMatchObject({ country: "IN", timezone: "Asia/Kolkata", dialEvents: ["dial", "terminal"] });
    expect(call).toEqual({ from: "+919812345678", to: "+918047100000", direction: "incoming", customField: null });
    expect(setup.account.exophones).toMatchObject([{ number: "+918047100000" }]);
    expect(new Date(startMs).toISOString()).toBe("2026-01-05T04:30:00.000Z");
    expect(caller).toEqual({ hangUpAfterMs: null, presses: [], silentAfterMs: null });
  });

  it("calls the first ExoPhone of the account by default", () => {
    expect(scenario('account: { exophones: ["+918047100001", "+918047100002"] }').call.to).toBe("+918047100001");
    expect(scenario('call: { to: "+918047100003" }').setup.account.exophones).toMatchObject([
      { number: "+918047100003" },
    ]);
  });

  it("may hold the flow itself", () => {
    const inline = FLOW.split("\n")
      .map((line) => `  ${line}`)
      .join("\n");
    const parsed = parseScenario(`flow:\n${inline}\n`, "s.yaml", readFile);
    expect(parsed.ok && parsed.value.setup.flow.id).toBe("1");
  });

  it("may be JSON", () => {
    const parsed = parseScenario('{"flow": "flow.yaml", "caller": {"hang_up_after_ms": 900}}', "s.json", readFile);
    expect(parsed.ok && parsed.value.caller.hangUpAfterMs).toBe(900);
  });

  it("reads answers: the content type follows from json or text, and headers win", () => {
    const { urls } = scenario(`urls:
  "HTTPS://App.example:443/c?q=1":
    - { after_ms: 5, json: { a: 1 } }
    - { status: 201, text: hello, headers: { Content-Type: text/html } }
    - { error: tls }`);
    expect(urls).toEqual({
      "https://app.example/c": [
        {
          kind: "answer",
          afterMs: 5,
          status: 200,
          headers: { "content-type": "application/json" },
          body: '{"a":1}',
        },
        {
          kind: "answer",
          afterMs: 0,
          status: 201,
          headers: { "content-type": "text/html" },
          body: "hello",
        },
        { kind: "error", afterMs: 0, error: "tls" },
      ],
    });
  });

  it("reads phones, even if YAML takes the plus of an unquoted number for a sign", () => {
    const { phones } = scenario(`phones:
  "+919900000011": [{ ring_after_ms: 1, answer_after_ms: 2, talk_ms: 3 }, { busy_after_ms: 4 }]
  +919900000012: [{ reject_after_ms: 5 }, { fail_after_ms: 6, sip: 404 }, { fail_after_ms: 6 }]
  "sip:anil": [{ ring_after_ms: 7, early_media_after_ms: 8, cancel_takes_ms: 9 }]`);
    expect(phones["+919900000011"]).toMatchObject([
      { ringAfterMs: 1, ending: { kind: "answer", afterMs: 2 }, talkMs: 3 },
      { ending: { kind: "fail", afterMs: 4, sip: 486 } },
    ]);
    expect(phones["+919900000012"]?.map(({ ending }) => ending)).toEqual([
      { kind: "fail", afterMs: 5, sip: 603 },
      { kind: "fail", afterMs: 6, sip: 404 },
      { kind: "fail", afterMs: 6, sip: null },
    ]);
    expect(phones["sip:anil"]).toMatchObject([{ earlyMediaAfterMs: 8, cancelTakesMs: 9, ending: { kind: "ring" } }]);
  });
});

describe("a flow with mistakes", () => {
  const mistaken = {
    flow: "1",
    start: "menu",
    applets: { menu: { type: "menu", say: { text: "x" }, keys: {}, no_input: "bey" }, odd: { type: "nope" } },
  };
  const read = (more: object) => parseScenario(JSON.stringify({ flow: mistaken, ...more }), "s.json", () => "");

  it("is refused in a scenario too", () => {
    const found = read({});
    expect(found.ok ? [] : found.error.map(({ path }) => path)).toEqual([
      "flow.applets.odd.type",
      "flow.applets.menu.no_input",
    ]);
  });

  it("is played as far as possible if the scenario says so: what is missing hangs up", () => {
    const found = read({ play_refused_flow: true });
    if (!found.ok) throw new Error(JSON.stringify(found.error));
    expect(found.value.setup.flow.applets).toMatchObject({
      menu: { type: "menu" },
      bey: { type: "hangup" },
      odd: { type: "hangup" },
    });
  });

  it("cannot be played if it does not say where to start", () => {
    const { start: _start, ...startless } = mistaken;
    expect(read({ flow: startless, play_refused_flow: true }).ok).toBe(false);
  });
});

describe("a mistake in a scenario", () => {
  const table: readonly (readonly [what: string, text: string, sentence: string | RegExp])[] = [
    [
      "an unknown key",
      "uls: {}",
      's.yaml:2: uls: unknown key "uls", did you mean "urls"? (allowed: flow, play_refused_flow, account, call, start, urls, phones, sounds, caller)',
    ],
    [
      "an unknown key of an answer",
      'urls:\n  "https://a.example":\n    - { afer_ms: 3 }',
      /^s\.yaml:4: .*unknown key "afer_ms", did you mean "after_ms"\? \(allowed: after_ms, status, headers, json, text, error\)$/,
    ],
    [
      "an unknown key of a phone",
      'phones:\n  "+919900000011":\n    - { anwser_after_ms: 3 }',
      /^s\.yaml:4: .*did you mean "answer_after_ms"\? \(allowed: ring_after_ms, .*cancel_takes_ms\)$/,
    ],
    [
      "an unknown key of the account",
      "account: { contry: IN }",
      /^s\.yaml:2: account\.contry: .*did you mean "country"\?/,
    ],
    [
      "an unknown key of the caller",
      "caller: { presss: [] }",
      /did you mean "presses"\? \(allowed: hang_up_after_ms, presses, silent_after_ms\)/,
    ],
    [
      "a word instead of a number",
      "caller: { hang_up_after_ms: soon }",
      /^s\.yaml:2: caller\.hang_up_after_ms: .*expected number, received string/,
    ],
    ["a negative time", "caller: { hang_up_after_ms: -1 }", /^s\.yaml:2: caller\.hang_up_after_ms: .*>=0/],
    ["half a millisecond", "caller: { hang_up_after_ms: 0.5 }", /must be whole milliseconds/],
    [
      "digits with a letter",
      'caller: { presses: [{ after_ms: 1, digits: "1a" }] }',
      /presses\[0\]\.digits: must be 1 to 64 of the digits 0-9, \* and #/,
    ],
    ["digits without quotes", "caller: { presses: [{ after_ms: 1, digits: 12 }] }", /must be digits in quotes/],
    [
      "an unknown error of a URL",
      'urls: { "https://a.example": [{ error: broken }] }',
      /"timeout"\|"refused"\|"dns"\|"tls"/,
    ],
    [
      "both json and text",
      'urls: { "https://a.example": [{ json: {}, text: a }] }',
      /give either json or text, not both/,
    ],
    [
      "an error with a status",
      'urls: { "https://a.example": [{ error: dns, status: 200 }] }',
      /only after_ms may be given with it/,
    ],
    ["no answer at all", 'urls: { "https://a.example": [] }', /give at least one entry, or leave the key out/],
    ["a URL without a scheme", 'urls: { "app.example": [{}] }', /must be an http\(s\) URL without its query/],
    [
      "two endings of a phone",
      'phones: { "+919900000011": [{ busy_after_ms: 1, answer_after_ms: 2 }] }',
      /give only one of answer_after_ms, busy_after_ms/,
    ],
    [
      "a conversation without an answer",
      'phones: { "+919900000011": [{ talk_ms: 1 }] }',
      /talk_ms and hang_up_after_ms need answer_after_ms/,
    ],
    ["a status without a failure", 'phones: { "+919900000011": [{ sip: 404 }] }', /give fail_after_ms too/],
    [
      "a success as a failure",
      'phones: { "+919900000011": [{ fail_after_ms: 1, sip: 200 }] }',
      /must be a final failure, 400 to 699/,
    ],
    [
      "a phone that is not a destination",
      'phones: { "09900000011": [{}] }',
      /must be an E\.164 number such as "\+919900000011", "sip:user" or "sip:user@host"/,
    ],
    [
      "a time without its offset",
      'start: "2026-01-05T10:00:00"',
      /^s\.yaml:2: start: must be a time with its offset, such as/,
    ],
    [
      "an ExoPhone that is not an E.164 number",
      'account: { exophones: ["08047100000"] }',
      /^s\.yaml:2: account\.exophones\[0\]: must be an E\.164 number in quotes/,
    ],
    ["an unknown time zone", "account: { timezone: Kolkata }", /^s\.yaml:2: account\.timezone: must be an IANA zone/],
    [
      "a tenant_id with a fraction",
      "account: { tenant_id: 1.5 }",
      "s.yaml:2: account.tenant_id: must be digits, such as 1409",
    ],
    ["broken YAML", "urls: [", /^s\.yaml:\d+: not valid YAML: /],
    ["a key that occurs twice", "caller: {}\ncaller: {}", /^s\.yaml:3: not valid YAML: .*unique/],
  ];

  it.each(table)("%s is named with its line and what is allowed", (_what, text, sentence) => {
    const found = problems(text);
    expect(found).toHaveLength(1);
    if (typeof sentence === "string") expect(found[0]).toBe(sentence);
    else expect(found[0]).toMatch(sentence);
  });

  it("does not hide another: all are listed", () => {
    expect(problems("uls: {}\ncaller: { hang_up: 3 }\nstart: now")).toHaveLength(3);
  });

  it.each([
    ["call: { direction: outbound-dial, from: anonymous }", "call.from: must be something that can be dialled"],
    ["call: { time_out: 20 }", "call.time_out: needs direction: outbound-dial"],
    ["call: { direction: outbound-dial, record: true }", "call.record: needs dial_to"],
    ["call: { direction: outbound-dial, time_out: 61 }", "call.time_out: "],
    ['call: { direction: outbound-dial, dial_to: "+919812345678" }', "flow: must be left out if call.dial_to"],
  ])("API-1, API-2: a call by API that cannot be placed: %s", (line, problem) => {
    const flow = "flow: { flow: '1', start: bye, applets: { bye: { type: hangup } } }";
    const parsed = parseScenario(`${flow}\n${line}\n`, "s.yaml", readFile);
    expect(parsed.ok ? "" : parsed.error.map(showProblem).join("\n")).toContain(problem);
  });

  it("a missing flow is named", () => {
    const parsed = parseScenario("urls: {}\n", "s.yaml", readFile);
    expect(parsed.ok ? [] : parsed.error.map(showProblem)).toEqual([
      "s.yaml:1: flow: must be the path of a flow document, or the flow itself",
    ]);
  });

  it("a flow that cannot be read is named where the scenario names it", () => {
    const parsed = parseScenario("caller: {}\nflow: none.yaml\n", "s.yaml", readFile);
    expect(parsed.ok ? [] : parsed.error.map(showProblem)).toEqual([
      's.yaml:2: flow: the flow document "none.yaml" cannot be read: no such file',
    ]);
  });

  it("a mistake in the flow is named with the flow's own file and line", () => {
    const broken = FLOW.replace("bye }", "byee }");
    const parsed = parseScenario("flow: f.yaml\n", "s.yaml", () => broken);
    const found = parsed.ok ? [] : parsed.error.map(showProblem);
    expect(found[0]).toMatch(/^f\.yaml:5: applets\.sales/);
  });
});
