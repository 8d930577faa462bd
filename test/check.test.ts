import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { curlOf } from "../src/tools/check/curl.ts";
import { DIAGNOSTICS } from "../src/tools/check/diagnostics.ts";
import { reportJunit } from "../src/tools/check/junit.ts";
import { reportJson } from "../src/tools/check/json.ts";
import { PROBES, PROBES_OF } from "../src/tools/check/probes.ts";
import { reportTable } from "../src/tools/check/table.ts";
import { validateAnswer } from "../src/index.ts";
import { attempts } from "./check/corpus/attempts.ts";
import { audio } from "./check/corpus/audio.ts";
import { callers } from "./check/corpus/callers.ts";
import { fields } from "./check/corpus/fields.ts";
import { good } from "./check/corpus/good.ts";
import { brokenKinds, goodKinds } from "./check/corpus/kinds.ts";
import { times } from "./check/corpus/times.ts";
import { wholeAnswer } from "./check/corpus/whole-answer.ts";
import type { Ask, Sample } from "./check/sample.ts";
import { always, checkSample, GOOD } from "./check/sample.ts";

const broken: Readonly<Record<string, Sample>> = {
  ...wholeAnswer,
  ...fields,
  ...audio,
  ...attempts,
  ...times,
};

describe("plugboard check passes an endpoint that", () => {
  it.each(Object.entries(good))("%s", async (_, sample) => {
    const { findings, report } = await checkSample(sample);
    expect(findings).toEqual([]);
    expect(report.probes.filter(({ result }) => result !== "passed" && result !== "skipped")).toEqual([]);
  });
});

describe("plugboard check finds, and finds nothing else in, an endpoint that", () => {
  it.each(Object.entries(broken))("%s", async (_, sample) => {
    const { findings, report } = await checkSample(sample);
    expect(findings).toEqual(sample.expect);
    for (const issue of report.issues) {
      expect(issue.probes.length).toBeGreaterThan(0);
      expect(issue.sent.url).toContain("CallSid=");
    }
  });

  const different = Object.entries(broken).filter(([, { lenient }]) => lenient !== undefined);
  it.each(different)("RES-5: %s, in lenient mode", async (_, sample) => {
    const { findings } = await checkSample(sample, { mode: "lenient" });
    expect(findings).toEqual(sample.lenient);
  });
});

describe("plugboard check shows all mistakes at once of an endpoint that", () => {
  it.each(Object.entries(callers))("C20: %s", async (_, sample) => {
    const { findings, report } = await checkSample(sample);
    expect(findings).toEqual(sample.expect);
    expect(
      report.probes.filter(({ reason }) => reason === "the answer asks for no re-fetch").map(({ id }) => id),
    ).toEqual(JSON.stringify(report.issues).includes("fetch_after_attempt") ? [] : ["refetch-to-the-end"]);
  });

  const different = Object.entries(callers).filter(([, { lenient }]) => lenient !== undefined);
  it.each(different)("C20: %s, in lenient mode", async (_, sample) => {
    expect((await checkSample(sample, { mode: "lenient" })).findings).toEqual(sample.lenient);
  });

  it("C20: failing on the form of a number is an error if requested", async () => {
    const { findings } = await checkSample(sample("knows national numbers only"), { numberForms: true });
    expect(findings).toEqual(["error RES-1 status"]);
  });

  it("C20: an endpoint that breaks (5xx) on withheld numbers has an error, one that refuses them a warning", async () => {
    const withheld = (status: number): Sample => ({
      expect: [],
      endpoint: () => (ask) => ({ status: ask.query.get("CallFrom") === "anonymous" ? status : 200, body: GOOD }),
    });
    expect((await checkSample(withheld(500))).findings).toEqual(["error RES-1 status"]);
    expect((await checkSample(withheld(403))).findings).toEqual(["warning REQ-32 caller-form"]);
    const empty: Sample = {
      expect: [],
      endpoint: () => (ask) => ({ body: ask.query.get("CallFrom") === "anonymous" ? { error: "who?" } : GOOD }),
    };
    expect((await checkSample(empty)).findings).toEqual(["warning REQ-32 caller-form"]);
  });

  it.each([
    [{ fetch_after_attempt: "yes", ...GOOD }, "the answer asks for a re-fetch, but it cannot be used as it is"],
    [{ fetch_after_attempt: true }, "the answer asks for a re-fetch, but it cannot be used as it is"],
    [{ fetch_after_attempt: true, destination: { numbers: [] } }, /^the answer asks for a re-fetch, but names nobody/],
    [{ fetch_after_attempt: "false", ...GOOD }, "the answer asks for no re-fetch"],
    [GOOD, "the answer asks for no re-fetch"],
  ])("C20: of %j it says why nothing is re-fetched", async (answer, reason) => {
    const { report } = await checkSample(sampleOf(answer));
    expect(report.probes.find(({ id }) => id === "refetch-to-the-end")?.reason).toMatch(reason);
  });
});

describe("plugboard check --as", () => {
  it.each(Object.entries(goodKinds))("C21: passes an endpoint that %s", async (_, sample) => {
    const { findings, report } = await checkSample(sample);
    expect(findings).toEqual([]);
    expect(report.kind).toBe(sample.kind);
    expect(report.requests).toBeGreaterThan(10);
  });

  it.each(Object.entries(brokenKinds))("C21: finds, and finds nothing else in, one that %s", async (_, sample) => {
    expect((await checkSample(sample)).findings).toEqual(sample.expect);
    if (sample.lenient === undefined) return;
    expect((await checkSample(sample, { mode: "lenient" })).findings).toEqual(sample.lenient);
  });

  it.each([
    ["gather", "1.0", "application/json"],
    ["passthru", undefined, "*/*"],
    ["dial-whom", undefined, "text/plain, */*;q=0.5"],
    ["greeting", undefined, "text/plain, */*;q=0.5"],
    ["event", undefined, "*/*"],
  ] as const)("C21: asks %s with version header %s and Accept %s", async (kind, version, accept) => {
    const { asks } = await checkSample({ kind, expect: [], endpoint: always("OK", { type: "text/plain" }) });
    for (const { headers } of asks) {
      expect(headers["exotel-version"]).toBe(version);
      expect(headers["accept"]).toBe(accept);
    }
  });

  it("C21: a greeting is requested with only APP-1's parameters", async () => {
    const { asks } = await checkSample({
      kind: "greeting",
      expect: [],
      endpoint: always("Hi", { type: "text/plain" }),
    });
    const names = new Set(asks.flatMap(({ query }) => [...query.keys()]));
    expect([...names].toSorted()).toEqual(["CallSid", "CustomField", "DialWhomNumber", "From", "To"]);
  });

  it("C21: EVT-2: an event URL gets every event, of users with AgentEmail, and a delivery twice", async () => {
    const { asks } = await checkSample({ kind: "event", expect: [], endpoint: always("") });
    const types = new Set(asks.map(({ query }) => `${query.get("EventType")} ${query.get("Status")}`));
    expect([...types]).toEqual(["Dial busy", "Ringing busy", "Answered busy", "Terminal free"]);
    expect(asks.filter(({ query }) => query.get("AgentEmail") === "anil@app.example")).toHaveLength(2);
    expect(asks.filter(({ headers }) => headers["plugboard-delivery"] === "check-dial-1")).toHaveLength(2);
  });
});

describe("what is sent", () => {
  it("REQ-25: digits go out in quotes, and once each without, to compare", async () => {
    const { asks } = await checkSample(sampleOf(GOOD));
    expect(asks.map(({ query }) => query.get("digits")).filter((digits) => digits !== null)).toEqual([
      '"1"',
      "1",
      '"2"',
      "2",
      '"12"',
      "12",
    ]);
  });

  it("REQ-3: every request is like the platform's: method, headers, parameters", async () => {
    const { asks } = await checkSample(sampleOf(GOOD));
    for (const ask of asks) {
      expect(ask.method).toBe("GET");
      expect(ask.headers).toMatchObject({ "exotel-version": "1.0", accept: "application/json" });
      expect(ask.headers["user-agent"]).toBe("plugboard/0.0.0");
      expect(ask.query.get("CallSid")).toMatch(/^[0-9a-z]{32}$/);
    }
  });

  it("REF-3: a re-fetch has the attempts so far and the previous list, with every kind of outcome", async () => {
    const refetching = { fetch_after_attempt: true, ...GOOD };
    const { asks } = await checkSample(sampleOf(refetching));
    const again = asks.filter(({ query }) => query.has("numbers"));
    expect(again[0]?.query.get("numbers")).toBe("09900000001,09900000002");
    expect(again[0]?.query.get("Legs[0][Number]")).toBe("09900000001");
    expect(again.map(({ query }) => query.get("Legs[0][CauseCode]")).slice(0, 5)).toEqual([
      "USER_BUSY",
      "CALL_REJECTED",
      "RING_TIMEOUT",
      "UNALLOCATED_NUMBER",
      "NETWORK_OUT_OF_ORDER",
    ]);
    for (const { query } of again) expect(query.get("CallType")).toBe("incomplete");
  });

  it("REF-2: with parallel ringing an attempt is a whole round", async () => {
    const parallel = { fetch_after_attempt: true, parallel_ringing: { activate: true }, ...GOOD };
    const { asks } = await checkSample(sampleOf(parallel));
    const [again] = asks.filter(({ query }) => query.has("numbers"));
    expect(again?.query.get("Legs[1][Number]")).toBe("09900000002");
    expect(again?.query.get("DialWhomNumber")).toBe("09900000002");
  });

  it("REF-7: one Connect asks at most twenty times", async () => {
    const { asks } = await checkSample(sample("names a new person every time"));
    const legs = asks.map(({ query }) => [...query.keys()].filter((name) => name.endsWith("[Number]")).length);
    expect(Math.max(...legs)).toBe(19);
  });

  it("REQ-32: callers are sent in every form that occurs", async () => {
    const { asks } = await checkSample(sampleOf(GOOD));
    const callers = new Set(asks.map(({ query }) => query.get("CallFrom")));
    expect([...callers]).toEqual([
      "09812345678",
      "02240000001",
      "+12025550143",
      "anonymous",
      "sip:anil",
      "+919812345678",
    ]);
  });

  it("REQ-26: a CustomField is sent as given, whatever it contains", async () => {
    const { asks } = await checkSample(sampleOf(GOOD), { customField: "order=1&x" });
    const sent = asks.map(({ query }) => query.get("CustomField")).filter((text) => text !== null);
    expect(sent).toEqual(["order=1&x", `{"order":42,"note":"50% & 'more' = café ☎"}`]);
  });

  it("REQ-7: the Fallback gets a selection of the same requests", async () => {
    const { asks, report } = await checkSample({ as: "fallback", expect: [], endpoint: always(GOOD) });
    expect(asks.every(({ path }) => path === "/fallback")).toBe(true);
    expect(report.probes.filter(({ endpoint }) => endpoint === "fallback").map(({ id }) => id)).toEqual([
      "first",
      "after-busy",
      "digits",
      "at-once",
      "audio",
    ]);
  });

  it("is at most sixty requests, not counting the runs, whatever the endpoint answers", () => {
    const most = PROBES.flatMap(({ roles, requests }) =>
      roles.map((role) => [role, requests({ runs: 0 }, role)] as const),
    );
    const sum = most.reduce((total, [, requests]) => total + requests, 0);
    expect(sum).toBeLessThanOrEqual(60);
  });

  it("is one request if the connection is refused, and three if no answer comes", async () => {
    const silent = await checkSample(sample("never answers"));
    expect(silent.asks).toHaveLength(3);
    expect(silent.report.probes.at(-2)).toMatchObject({ result: "skipped", requests: 0 });
    const { report } = await checkSample(sampleOf(GOOD), { primary: "http://127.0.0.1:1/" });
    expect(report.requests).toBe(1);
    expect(report.issues.map(({ level, rule, id }) => `${level} ${rule} ${id}`)).toEqual(["error RES-1 unreachable"]);
  });
});

describe("what can be repeated", () => {
  const strange = "it's $HOME `id` & {a,b} [1-3] !!";

  it("C21: the command of a finding, run by bash and zsh, sends the request again", async () => {
    const { report, asks } = await checkSample(sampleOf("no"), { customField: strange }, "you:secret@");
    const [issue] = report.issues;
    expect(issue?.curl).toMatch(
      /^curl -g -sS -i -m 5 -u '\*\*\*:\*\*\*' -H 'exotel-version: 1.0' -H 'accept: application\/json'/,
    );
    expect(issue?.curl).not.toContain("secret");
    expect(asks.length).toBeGreaterThan(0);
    for (const shell of ["bash", "zsh"].filter(isInstalled)) {
      const words = wordsOf(shell, issue?.curl ?? "");
      expect(words.at(-1)).toBe(issue?.sent.url);
      expect(words).toContain("exotel-version: 1.0");
    }
  });

  it("C21: quotes survive the shell, whatever the URL holds", () => {
    const url = `http://app.example/?note=${strange}`;
    const curl = curlOf({ method: "GET", url, headers: {}, authorization: null });
    expect(wordsOf("bash", curl).at(-1)).toBe(url);
  });

  it("C21: a failure seen only twice at once is repeated twice at once, and one of audio by the request for audio", async () => {
    const twice = await checkSample(sample("stores the CallSid under a unique key"));
    const atOnce = twice.report.issues.find(({ id }) => id === "at-once");
    expect(atOnce?.curl).toMatch(/^for i in 1 2; do curl .* & done; wait$/);
    const { report } = await checkSample(sample("names audio that is not there"));
    expect(report.issues[0]?.curl).toMatch(
      /^curl -g -sS -o \/dev\/null -D - .* 'http:\/\/127\.0\.0\.1:\d+\/hold\.wav'$/,
    );
  });

  it("C21: --verbose shows whom a good URL would ring", async () => {
    const parallel = { parallel_ringing: { activate: true, max_parallel_attempts: 2 } };
    const numbers = ["+919900000001", "+919900000002", "+919900000003"];
    const { report } = await checkSample(sampleOf({ ...parallel, destination: { numbers } }));
    const rings = "rings +919900000001 and +919900000002 at once, then +919900000003";
    expect(reportTable(report)).not.toContain(rings);
    expect(reportTable(report, { verbose: true })).toMatch(
      /^ {2}ok {4}first .*\n {8}rings \+919900000001 and \+919900000002 at once, then \+919900000003$/m,
    );
    expect(reportTable(report, { verbose: true })).toContain(`        ${rings} (2 times)`);
    expect(reportJson(report)["probes"]).toMatchObject([{ id: "first", effects: [rings] }, {}, ...Array(18).fill({})]);
  });
});

describe("what is reported", () => {
  it("REQ-6: first answer, p50, p99 and longest", async () => {
    const { report } = await checkSample(sample("wakes up slowly"));
    expect(report.latency).toMatchObject([{ endpoint: "primary", firstMs: 4200, p50Ms: 0, p99Ms: 4200, maxMs: 4200 }]);
  });

  it("REQ-2: no credentials are shown, from the URL or from its answers", async () => {
    const endpoint = () => (ask: Ask) => {
      const value = `${ask.base.replace("//", "//me:hidden@")}/gone.wav`;
      return ask.path === "/gone.wav"
        ? { status: 404, body: "" }
        : { body: { ...GOOD, music_on_hold: { type: "custom_tone", value } } };
    };
    const { report, asks } = await checkSample({ expect: [], endpoint }, {}, "you:secret@");
    const basics = new Set(asks.map(({ headers }) => headers["authorization"]));
    expect([...basics]).toEqual(["you:secret", "me:hidden"].map((pair) => `Basic ${btoa(pair)}`));
    expect(report.issues.map(({ id }) => id)).toEqual(["audio"]);
    for (const text of [reportTable(report), JSON.stringify(reportJson(report)), reportJunit(report)]) {
      expect(text).toContain("//***@127.0.0.1");
      expect(text).not.toMatch(/hidden|secret/);
    }
  });

  it("EXIT-1: a Fallback on the same host as the Primary is a warning", async () => {
    const { report } = await checkSample(sampleOf(GOOD), {
      fallback: "http://127.0.0.1:1/",
      primary: "http://127.0.0.1:1/",
    });
    expect(report.issues.map(({ id }) => id)).toContain("same-fallback");
  });

  it("a mistake seen often is reported once, with the probes that saw it", async () => {
    const { report } = await checkSample(sample("writes numbers in national form"));
    const [issue] = report.issues;
    expect(issue?.count).toBeGreaterThan(60);
    expect(issue?.probes).toContain("caller-foreign");
    expect(issue?.path).toBe("destination.numbers[0]");
  });

  it("the JSON has its fixed keys", async () => {
    const { report } = await checkSample(sample("redirects to the address with a slash"));
    const json = reportJson(report);
    expect(Object.keys(json)).toEqual([
      "url",
      "fallback",
      "kind",
      "mode",
      "started_at",
      "ok",
      "errors",
      "warnings",
      "requests",
      "latency",
      "probes",
      "findings",
    ]);
    expect(json).toMatchObject({
      fallback: null,
      mode: "strict",
      started_at: "2026-01-05T04:30:00.000Z",
      ok: false,
      errors: 1,
      latency: [{ endpoint: "primary", first_ms: 0, p50_ms: 0, p99_ms: 0, max_ms: 0 }],
      findings: [
        {
          id: "redirect",
          rule: "REQ-5",
          level: "error",
          strict: "error",
          lenient: "error",
          endpoint: "primary",
          path: "",
          sent: { method: "GET" },
          came_back: { status: 301, content_type: null, body: "", failure: null, elapsed_ms: 0 },
          fix: DIAGNOSTICS.redirect.fix,
        },
      ],
    });
  });

  it("the table names what was sent, what came back and the fix", async () => {
    const { report } = await checkSample(sample("lets phones ring for two minutes"));
    const table = reportTable(report);
    expect(table).toMatch(
      /^error RES-5 \(field\) {2}max_ringing_duration is 120; allowed is a whole number from 1 to 60/m,
    );
    expect(table).toMatch(
      /^ {2}sent {2}GET http:\/\/127\.0\.0\.1:\d+\/connect with CallSid=\w{32} CallFrom=09812345678 Direction=incoming CallType=call-attempt$/m,
    );
    expect(table).toMatch(/^ {2}got {3}200 application\/json after 0 ms: \{"destination"/m);
    expect(table).toContain(`  fix   ${DIAGNOSTICS.field.fix}`);
    expect(table).toContain("a lenient flow would accept the answer");
    expect(table).toMatch(/\n1 error, 0 warnings$/);
  });

  it("the table shows the distinctive parameters of a long request", async () => {
    const { report } = await checkSample(sample("names a new person every time"));
    const [sent] = /sent .*numbers=.*/.exec(reportTable(report)) ?? [];
    expect(sent).toMatch(/CallType=incomplete DialWhomNumber=\d+ DialCallStatus=busy numbers=\d+ and 19 legs$/);
  });

  it("a good endpoint gets a clear verdict", async () => {
    const { report } = await checkSample(sampleOf(GOOD));
    expect(reportTable(report)).toMatch(/\nA good Connect URL: nothing to fix\.$/);
  });

  it("the JUnit report is well-formed, whatever the endpoint sends, and counts failures", async () => {
    const { report } = await checkSample(sampleOf('<b>"&]]>\u0000\u001b[31m\ud800</b>'));
    const xml = reportJunit(report);
    expect(xml.isWellFormed()).toBe(true);
    expect(openTags(xml)).toEqual([]);
    expect(xml).toMatch(/<testsuite name="plugboard check [^"]+" tests="20" failures="18" errors="0" skipped="2"/);
    expect(xml).toContain('<failure type="RES-1"');
    expect(xml).toContain("&lt;b&gt;&quot;&amp;]]&gt;");
  });
});

describe("docs/connect-url.md", () => {
  it("names every parameter that is sent, and every field of the answer", async () => {
    const page = documentation("connect-url.md");
    const { asks } = await checkSample(sampleOf({ fetch_after_attempt: true, ...GOOD }));
    const sent = new Set(asks.flatMap(({ query }) => [...query.keys()]));
    expect(sent).toContain("RecordingUrl");
    const names = [...sent].map((name) => name.replace(/^Legs\[\d+\](?:\[Number\])?/, ""));
    for (const name of names) expect(page).toContain(name === "" ? "`Legs[i][Number]`" : `\`${name}\``);
    const { answer } = validateAnswer({ status: 200, headers: { "content-type": "application/json" }, body: GOOD });
    const fields = Object.keys(answer ?? {});
    expect(fields).toContain("start_call_playback");
    for (const field of fields) expect(page).toMatch(new RegExp(`\\| \`(?:\\w+\\.)?${field}[.\`]`));
  });
});

describe("docs/check.md", () => {
  const page = documentation("check.md");
  const rows = page.split("\n").filter((line) => line.startsWith("| `"));

  it("lists exactly the findings and probes of the code, in the same words and order", () => {
    const probes = PROBES.map(
      ({ id, title, roles }) => `| \`${id}\` | ${title} | ${roles.length === 2 ? "yes" : ""} |`,
    );
    const others = Object.values(PROBES_OF)
      .flat()
      .filter((probe) => !PROBES.some(({ title }) => title === probe.title))
      .map(({ id, title }) => `| \`${id}\` | ${title} |`);
    const diagnostics = Object.entries(DIAGNOSTICS).map(
      ([id, { rule, about, fix }]) => `| \`${id}\` | ${rule} | ${about} | ${fix} |`,
    );
    expect(rows).toEqual([...probes, ...others, ...diagnostics]);
  });

  it("has an example in the corpus for every finding", () => {
    const shown = Object.values({ ...broken, ...callers, ...brokenKinds }).flatMap(({ expect, lenient = [] }) => [
      ...expect,
      ...lenient,
    ]);
    const ids = new Set(shown.map((finding) => finding.split(" ")[2]));
    // Two depend on addresses and have their own tests above.
    const missing = Object.keys(DIAGNOSTICS).filter((id) => !ids.has(id));
    expect(missing).toEqual(["unreachable", "same-fallback"]);
  });
});

function documentation(page: string): string {
  return readFileSync(join(import.meta.dirname, "..", "docs", page), "utf8");
}

function isInstalled(shell: string): boolean {
  return spawnSync(shell, ["-c", "true"]).status === 0;
}

/** The words of a command as a shell reads them. */
function wordsOf(shell: string, command: string): readonly string[] {
  const { stdout } = spawnSync(shell, ["-c", `curl() { printf '%s\\0' "$@"; }; ${command}`], { encoding: "utf8" });
  return stdout.split("\0").slice(0, -1);
}

function sampleOf(answer: string | object): Sample {
  return { expect: [], endpoint: always(answer) };
}

function sample(name: string): Sample {
  const found = { ...broken, ...callers }[name];
  if (found === undefined) throw new Error(`no sample "${name}"`);
  return found;
}

/** Names of elements opened but not closed, or closed but not opened. */
function openTags(xml: string): string[] {
  const open: string[] = [];
  const stray: string[] = [];
  for (const [, close, name = "", rest = ""] of xml.matchAll(/<(\/?)([a-z-]+)((?:\s[a-z]+="[^"<]*")*\/?)>/g)) {
    if (close === "/") {
      if (open.pop() !== name) stray.push(name);
    } else if (!rest.endsWith("/")) open.push(name);
  }
  return [...open, ...stray];
}
