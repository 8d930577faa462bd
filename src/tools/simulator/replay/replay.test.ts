import { readFileSync, readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { seededRandom } from "../../../base/random.ts";
import type { CallReport } from "../../../core/call/report.ts";
import { drawScenario, makeScenarioPools } from "../random/random-scenario.ts";
import { differences, replayOf } from "./replay.ts";
import { parseFlowText, parseScenario } from "../scenario/scenario.ts";
import { recordCall } from "../testing/recorded-call.ts";
import { simulate } from "../simulate.ts";

const FOLDER = new URL("../../../../test/scenarios/", import.meta.url);
const EXAMPLES = new URL("../../../../examples/scenarios/", import.meta.url);

function read(path: string, folder = FOLDER): string {
  return readFileSync(new URL(path, folder), "utf8");
}

function reportOfFile(file: string, folder = FOLDER): CallReport {
  const parsed = parseScenario(read(file, folder), file, (path) => read(path, folder));
  if (!parsed.ok) throw new Error(file);
  return simulate(parsed.value);
}

/** The report as if it had been read from a file. */
function fromFile(report: CallReport): unknown {
  return JSON.parse(JSON.stringify(report));
}

function replayed(report: CallReport): CallReport {
  const replay = replayOf(fromFile(report), "call.json");
  if (!replay.ok) throw new Error(replay.error);
  return simulate(replay.value.scenario, { callSid: replay.value.callSid });
}

/** Everything but the messages about answers, which the trace does not keep. */
function comparable({
  call_sid,
  ended_by,
  duration_ms,
  applets,
  exits,
  attempts,
  requests,
  dial_events,
  cdr,
}: CallReport) {
  const asked = requests.map(({ at_ms, purpose, role, query, result }) => ({ at_ms, purpose, role, query, result }));
  return { call_sid, ended_by, duration_ms, applets, exits, attempts, asked, dial_events, cdr };
}

const HOLD = "https://cdn.example/hold.wav";
const HELLO = "https://cdn.example/hello.wav";

describe("a replay", () => {
  const files = [FOLDER, EXAMPLES].flatMap((folder) =>
    readdirSync(folder).flatMap((file) => (file.endsWith(".yaml") ? [{ file, folder }] : [])),
  );

  it.each(files)("of $file repeats the call, from its trace alone", ({ file, folder }) => {
    const report = reportOfFile(file, folder);
    expect(comparable(replayed(report))).toEqual(comparable(report));
    expect(differences(fromFile(report), replayed(report).trace)).toEqual([]);
  });

  it("of random calls, through menus and voicemails, repeats them", () => {
    const parsed = parseFlowText(read("flows/support.yaml", EXAMPLES), "support.yaml");
    if (!parsed.ok) throw new Error("support.yaml");
    const pools = makeScenarioPools(parsed.value, 3);
    for (let run = 1; run <= 200; run++) {
      const report = simulate(drawScenario(pools, seededRandom(run), run));
      expect(differences(fromFile(report), replayed(report).trace)).toEqual([]);
    }
  });

  it("REQ-14, REQ-32: formats numbers and times as the original account did", () => {
    const account = 'account: { number_format: e164, wire: observed, exophones: ["+918047100000"] }';
    const text = read("answer.yaml").replace(/^account: .*$/m, account);
    const parsed = parseScenario(text, "answer.yaml", read);
    if (!parsed.ok) throw new Error("answer.yaml");
    const report = simulate(parsed.value);
    expect(report.requests[0]?.query).toContainEqual(["CallFrom", "+919812345678"]);
    expect(comparable(replayed(report))).toEqual(comparable(report));
  });

  it.each([
    ["connect", { destination: { numbers: [] }, music_on_hold: { type: "custom_tone", value: HOLD } }],
    [
      "connect",
      {
        destination: { numbers: [] },
        music_on_hold: { type: "custom_tone", value: HOLD },
        start_call_playback: { playback_to: "both", type: "audio_url", value: HELLO },
      },
    ],
    ["gather", { gather_prompt: { audio_url: HOLD } }],
    ["gather", { gather_prompt: { audio_url: HOLD }, repeat_gather_prompt: { audio_url: HELLO } }],
  ])("RES-27: of a caller who left while the audio of a %s was being checked repeats the call", (type, json) => {
    const scenario = {
      flow: { flow: "1", start: "first", applets: { first: { type, url: { primary: "https://app.example/ask" } } } },
      call: { from: "+919812345678", to: "+918047100000" },
      urls: {
        "https://app.example/ask": [{ after_ms: 200, status: 200, json }],
        [HELLO]: [{ after_ms: 100, status: 200, headers: { "content-type": "audio/wav" } }],
        [HOLD]: [{ error: "timeout" }],
      },
      caller: { hang_up_after_ms: 1000 },
    };
    const parsed = parseScenario(JSON.stringify(scenario), "left.yaml", read);
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
    const report = simulate(parsed.value);
    expect(report.requests[0]?.result).toBe("usable");
    expect(comparable(replayed(report))).toEqual(comparable(report));
  });

  it("with the digits of its caller repeats a message that silence ended", () => {
    const flow = {
      flow: "1",
      start: "vm",
      applets: {
        vm: { type: "voicemail", say: { text: "Go on" }, max_duration: 60, max_silence: 4, next: "bye" },
        bye: { type: "hangup" },
      },
    };
    const call = { from: "+919812345678", to: "+918047100000" };
    const parsed = parseScenario(JSON.stringify({ flow, call, caller: { silent_after_ms: 9_000 } }), "vm.yaml", read);
    if (!parsed.ok) throw new Error("vm.yaml");
    const { setup, trace, caller } = recordCall(parsed.value, "c0ffee00000000000000000000001a15");
    const options = { flow: setup.flow, account: setup.account, ...(caller !== null && { recorded: caller }) };
    const replay = replayOf({ trace }, "call.json", options);
    if (!replay.ok) throw new Error(replay.error);
    expect(simulate(replay.value.scenario).duration_ms).toBe(13_000);
    expect(trace.at(-1)?.at_ms).toBe(13_000);
  });

  it("through another flow shows what would have happened to the call", () => {
    const flow = parseFlowText(
      read("flows/chain.yaml").replace("nobody_answered: desk", "nobody_answered: talked"),
      "x",
    );
    if (!flow.ok) throw new Error("flow");
    const report = reportOfFile("chain.yaml");
    const replay = replayOf(fromFile(report), "call.json", { flow: flow.value });
    if (!replay.ok) throw new Error(replay.error);
    const other = simulate(replay.value.scenario);
    expect(other.applets).toEqual(["sales", "talked"]);
    expect(differences(fromFile(report), other.trace)).toContain(
      "applets: was sales → desk → talked, is sales → talked",
    );
  });

  it("of something other than a report is refused with a sentence", () => {
    expect(replayOf({}, "call.json")).toMatchObject({
      ok: false,
      error: expect.stringContaining("not the report of a call"),
    });
    expect(replayOf({ trace: [] }, "call.json")).toMatchObject({ ok: false });
    const headless = fromFile(reportOfFile("answer.yaml")) as { trace: unknown[] };
    expect(replayOf({ trace: headless.trace.slice(1) }, "call.json")).toEqual({
      ok: false,
      error: "call.json is not the report of a call: its trace has no call.started",
    });
  });
});
