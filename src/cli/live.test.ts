import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { CallReport } from "../core/call/report.ts";
import { simulateCommand } from "./simulate.ts";

interface Answered {
  readonly status?: number;
  readonly type?: string;
  readonly body: unknown;
}

let folder = "";
let base = "";
let server: Server;
let asked: URL[] = [];
/** What the server under test answers. */
let application: (url: URL) => Answered = () => ({ status: 404, body: {} });

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "plugboard-"));
  asked = [];
  server = createServer((request, response) => {
    const url = new URL(request.url ?? "/", base);
    asked.push(url);
    const { status = 200, type = "application/json", body } = application(url);
    response.writeHead(status, { "content-type": type });
    response.end(typeof body === "string" ? body : JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(() => {
  rmSync(folder, { recursive: true });
  server.close().closeAllConnections();
  vi.restoreAllMocks();
});

interface Outcome {
  readonly report: CallReport;
  readonly complaints: string;
  readonly status: unknown;
}

async function simulate(scenario: object, ...args: readonly string[]): Promise<Outcome> {
  const file = join(folder, "scenario.yaml");
  writeFileSync(file, JSON.stringify(scenario));
  let out = "";
  let complaints = "";
  vi.spyOn(process.stdout, "write").mockImplementation((text) => ((out += String(text)), true));
  vi.spyOn(process.stderr, "write").mockImplementation((text) => ((complaints += String(text)), true));
  process.exitCode = 0;
  await simulateCommand()
    .exitOverride()
    .parseAsync([file, "--json", ...args], { from: "user" });
  vi.restoreAllMocks();
  const status: unknown = process.exitCode;
  process.exitCode = undefined;
  return { report: (out === "" ? null : JSON.parse(out)) as CallReport, complaints, status };
}

const PHONES = {
  "+919900000011": [{ ring_after_ms: 200, reject_after_ms: 3000 }],
  "+919900000012": [{ ring_after_ms: 200, answer_after_ms: 2000, talk_ms: 5000 }],
};

function scenarioAt(url: string, more: object = {}): object {
  const connect = { type: "connect", url: { primary: url } };
  const flow = { flow: "11754", start: "sales", applets: { sales: connect } };
  return { flow, phones: PHONES, ...more };
}

/** Names one person after the other, by how many have been tried. */
function oneByOne({ searchParams }: URL): Answered {
  const tried = [...searchParams.keys()].filter((name) => name.endsWith("[Number]")).length;
  return { body: { fetch_after_attempt: true, destination: { numbers: [`+9199000000${11 + tried}`] } } };
}

describe("C21: plugboard simulate --live", () => {
  it("C21: requests the real URL, once for each request, with what happened in the call so far", async () => {
    application = oneByOne;
    const { report, status, complaints } = await simulate(scenarioAt(`${base}/connect`), "--live", `${base}/connect`);
    expect(complaints).toBe(`live requests: 2; --seed ${report.seed} gives the call the same ids again\n`);
    expect(status).toBe(0);
    expect(report.attempts.map(({ destination, outcome }) => `${destination} ${outcome}`)).toEqual([
      "+919900000011 busy",
      "+919900000012 completed",
    ]);
    expect(asked.map(({ pathname }) => pathname)).toEqual(["/connect", "/connect"]);
    expect(asked[1]?.searchParams.get("DialCallStatus")).toBe("busy");
    expect(new Set(asked.map(({ searchParams }) => searchParams.get("CallSid"))).size).toBe(1);
    expect(asked[0]?.searchParams.get("CallSid")).toBe(report.call_sid);
  });

  it("C21: uses no scripted answer for that URL, but every scripted one for the others", async () => {
    application = () => ({ status: 500, body: "" });
    const flow = {
      flow: "11754",
      start: "sales",
      applets: {
        sales: { type: "connect", url: { primary: `${base}/connect`, fallback: "https://backup.example/connect" } },
      },
    };
    const good = [{ json: { destination: { numbers: ["+919900000012"] } } }];
    const urls = { [`${base}/connect`]: good, "https://backup.example/connect": good };
    const { report } = await simulate({ flow, phones: PHONES, urls }, "--live", `${base}/connect`);
    expect(report.requests.map(({ role, result }) => `${role} ${result}`)).toEqual([
      "primary http_error",
      "fallback usable",
    ]);
    expect(asked).toHaveLength(1);
  });

  it("C21: requests another server in place of the URL, including the URL's own query", async () => {
    application = ({ searchParams }) => ({
      body: { destination: { numbers: searchParams.get("token") === "t1" ? ["+919900000012"] : [] } },
    });
    const live = `https://app.example/connect=${base.replace("//", "//me:secret@")}/try`;
    const { report } = await simulate(scenarioAt("https://app.example/connect?token=t1"), "--live", live);
    expect(asked.map(({ pathname }) => pathname)).toEqual(["/try"]);
    expect(report.attempts).toHaveLength(1);
    expect(JSON.stringify(report)).not.toContain("secret");
  });

  it("C21: checks audio and delivers events on the same server, each once", async () => {
    application = ({ pathname }) => {
      if (pathname === "/hold.wav") return { type: "audio/wav", body: "RIFF" };
      if (pathname === "/events") return { body: "" };
      const music_on_hold = { type: "custom_tone", value: `${base}/hold.wav` };
      const numbers = ["+919900000012"];
      return { body: { destination: { numbers }, music_on_hold, dial_passthru_event_url: `${base}/events` } };
    };
    const { report } = await simulate(scenarioAt(`${base}/connect`), "--live", `${base}/connect`);
    expect(report.attempts.map(({ outcome }) => outcome)).toEqual(["completed"]);
    const events = asked.filter(({ pathname }) => pathname === "/events");
    expect(events.map(({ searchParams }) => searchParams.get("EventType"))).toEqual(["Dial", "Terminal"]);
    expect(asked.map(({ pathname }) => pathname).filter((path) => path === "/hold.wav")).toHaveLength(1);
  });

  it("C21: a missing server counts as one that refuses the connection", async () => {
    const { report, status } = await simulate(scenarioAt("http://127.0.0.1:1/x"), "--live", "http://127.0.0.1:1/x");
    expect(report.requests.map(({ result }) => result)).toEqual(["unreachable"]);
    expect(status).toBe(0);
  });

  it("C21: each call is a new one, and a seed repeats it", async () => {
    application = oneByOne;
    const seeds: (number | null)[] = [];
    for (const args of [[], [], ["--seed", "5"]])
      seeds.push((await simulate(scenarioAt(`${base}/connect`), "--live", `${base}/connect`, ...args)).report.seed);
    expect(new Set(seeds).size).toBe(3);
    expect(seeds[2]).toBe(5);
  });

  it("C21: says so if the call never requests that URL", async () => {
    const { complaints, status } = await simulate(scenarioAt("https://app.example/x"), "--live", `${base}/connect`);
    expect(complaints).toBe(`no request of this call goes to ${base}/connect\n`);
    expect(status).toBe(1);
  });

  it("C21: stops requesting a URL that a flow requests in circles", async () => {
    application = () => ({ body: "ok" });
    const ask = (next: string): object => ({ type: "passthru", url: `${base}/step`, exits: { ok: next } });
    const flow = { flow: "11754", start: "a", applets: { a: ask("b"), b: ask("a") } };
    const { report, status, complaints } = await simulate({ flow }, "--live", `${base}/step`);
    // APP-9 ends the call after 200 applets.
    expect(complaints).toMatch(/^live requests: 200;.*\n$/);
    expect(asked).toHaveLength(200);
    expect(report.requests).toHaveLength(asked.length);
    expect(status).toBe(0);
  });

  it.each([["nonsense"], ["nonsense=https://app.example/"], ["ftp://app.example/"]])("C21: refuses %s", async (url) => {
    await expect(simulate({}, "--live", url)).rejects.toMatchObject({ code: "commander.invalidArgument" });
  });

  it("C21: works only with a scenario", async () => {
    let complaints = "";
    vi.spyOn(process.stderr, "write").mockImplementation((text) => ((complaints += String(text)), true));
    await simulateCommand().parseAsync(["--replay", "call.json", "--live", base], { from: "user" });
    expect(complaints).toBe("--live is only for a scenario: a replay has the answers of its call\n");
    expect(process.exitCode).toBe(2);
    process.exitCode = undefined;
  });
});
