import { createServer } from "node:http";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { checkUrl } from "./check-url.ts";

let server: Server;
let url = "";
/** Paths and queries, in the order asked. */
let asked: URL[] = [];
/** Methods by which the audio was asked for, and the file. */
let audioMethods: string[] = [];
let headStatus = 200;
let file: Buffer | string = "<html>";

beforeEach(async () => {
  asked = [];
  audioMethods = [];
  headStatus = 200;
  file = "<html>";
  server = createServer((request, response) => {
    const at = new URL(request.url ?? "/", url);
    asked.push(at);
    const isText = at.pathname === "/whom";
    response.setHeader(
      "content-type",
      isText ? "text/plain" : at.pathname === "/a.wav" ? "audio/wav" : "application/json",
    );
    if (at.pathname === "/a.wav") audioMethods.push(request.method ?? "");
    if (isText) response.end("+919900000001");
    else if (at.pathname === "/a.wav") response.writeHead(request.method === "HEAD" ? headStatus : 200).end(file);
    else response.end(JSON.stringify(answerOf(at)));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(() => {
  server.close().closeAllConnections();
});

function answerOf(at: URL): object {
  const music = { type: "custom_tone", value: `${url}/a.wav` };
  const more = at.pathname === "/music" ? { music_on_hold: music } : {};
  return { destination: { numbers: ["+919900000001"] }, ...more };
}

/** The beginning of a FLAC file. */
function flac(): Buffer {
  return Buffer.concat([Buffer.from("fLaC"), Buffer.alloc(60)]);
}

describe("checkUrl", () => {
  it("returns the report of a good URL, with whom it would ring", async () => {
    const report = await checkUrl(`${url}/connect`);
    expect(report).toMatchObject({ kind: "connect", mode: "strict", fallback: null, issues: [] });
    expect(report.probes[0]).toMatchObject({ id: "first", result: "passed", effects: ["rings +919900000001"] });
  });

  it("takes the options of the command", async () => {
    const exophones = ["+918047100009"];
    const options = { as: "dial-whom", from: "+919812300000", exophones, runs: 0, validation: "lenient" } as const;
    const report = await checkUrl(`${url}/whom`, options);
    expect(report).toMatchObject({ kind: "dial-whom", mode: "lenient", issues: [] });
    expect(asked[0]?.searchParams.get("CallFrom")).toBe("09812300000");
    expect(asked[0]?.searchParams.get("CallTo")).toBe("08047100009");
    expect(report.probes.find(({ id }) => id === "again")?.requests).toBe(0);
  });

  it("checks the Fallback too, and the audio that answers name", async () => {
    const report = await checkUrl(`${url}/music`, { fallback: `${url}/connect` });
    expect(report.issues.map(({ endpoint, level, id }) => `${endpoint} ${level} ${id}`)).toEqual([
      "primary error audio",
      "fallback warning same-fallback",
    ]);
  });

  it.each([
    [200, ["HEAD", "GET"]],
    [403, ["HEAD", "GET"]],
  ])("C5, RES-27: asks for audio by GET once where HEAD answers %i", async (status, methods) => {
    headStatus = status;
    file = flac();
    await checkUrl(`${url}/music`);
    expect(audioMethods).toEqual(methods);
  });

  it("C11: calls audio by its name, and takes what the platform decodes", async () => {
    file = flac();
    const report = await checkUrl(`${url}/music`);
    expect(report.issues).toMatchObject([{ id: "audio-format", level: "warning" }]);
    expect(report.issues[0]?.message).toMatch(/a\.wav is FLAC; best is WAV, 8 kHz, 16 bit, mono\.$/);
  });

  it.each([
    ["nonsense", {}, "the URL (nonsense) cannot be checked: "],
    ["http://app.example/", { fallback: "ftp://b" }, "fallback (ftp://b) cannot be checked: "],
    ["http://app.example/", { as: "greeting", fallback: "http://b.example/" }, "a Greeting URL has no Fallback"],
    ["http://app.example/", { country: "India" }, 'country must be a two-letter country such as "IN"'],
    ["http://app.example/", { from: "09812345678" }, '"09812345678" must be an E.164 number'],
    ["http://app.example/", { exophones: ["support"] }, '"support" must be an E.164 number'],
    ["http://app.example/", { runs: 101 }, "runs must be a whole number from 0 to 100"],
    ["http://app.example/", { runs: 1.5 }, "runs must be a whole number from 0 to 100"],
  ] as const)("refuses %s with %j", async (address, options, sentence) => {
    await expect(checkUrl(address, options)).rejects.toThrow(sentence);
    await expect(checkUrl(address, options)).rejects.toBeInstanceOf(RangeError);
  });
});
