import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { systemClock } from "../base/system-clock.ts";
import { UrlServer } from "../tools/softphone/url-server.ts";
import { checkCommand } from "./check.ts";
import { runCommand } from "./testing/run-command.ts";

let server: UrlServer;
let folder = "";

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "plugboard-"));
  server = new UrlServer({ clock: systemClock });
  await server.start();
  server.script("/good", [{ json: { destination: { numbers: ["+919900000001"] } } }]);
  server.script("/warned", [{ json: { destination: { numbers: ["09900000001"] } } }]);
  server.script("/strict", [{ json: { destination: { numbers: ["+919900000001"] }, max_ringing_duration: 90 } }]);
});

afterEach(async () => {
  rmSync(folder, { recursive: true });
  vi.restoreAllMocks();
  await server.stop();
});

const run = (...args: string[]) => runCommand(checkCommand(), ...args);

describe("plugboard check", () => {
  it("passes a good endpoint on this machine", async () => {
    const { out, errors, status } = await run(server.url("/good"));
    expect(errors).toBe("");
    expect(out).toMatch(/nothing to fix\.\n$/);
    expect(status).toBe(0);
  });

  it("a warning is reported, but is not a failure", async () => {
    const { out, status } = await run(server.url("/warned"), "--json");
    expect(JSON.parse(out)).toMatchObject({ ok: true, errors: 0, warnings: 1, findings: [{ rule: "RES-24" }] });
    expect(status).toBe(0);
  });

  it("RES-5: what is an error in strict mode is a warning in lenient", async () => {
    expect((await run(server.url("/strict"))).status).toBe(1);
    const lenient = await run(server.url("/strict"), "--lenient", "--json");
    expect(JSON.parse(lenient.out)).toMatchObject({
      mode: "lenient",
      findings: [{ rule: "RES-5", level: "warning", strict: "error", lenient: "warning" }],
    });
    expect(lenient.status).toBe(0);
  });

  it("makes requests with the number of runs, caller and account given by options", async () => {
    const options = ["--runs", "7", "--from", "+919812300000", "--exophone", "+918047100001", "--custom-field", "x1"];
    await run(server.url("/good"), ...options);
    const queries = server.requestsTo("/good").map(({ query }) => new Map(query));
    const plain = queries.filter((query) => query.get("CallType") === "call-attempt" && !query.has("digits"));
    expect(plain.filter((query) => query.get("CallFrom") === "09812300000").length).toBeGreaterThanOrEqual(8);
    expect(new Set(queries.map((query) => query.get("CallTo")))).toEqual(new Set(["08047100001", "+918047100001"]));
    expect(queries.some((query) => query.get("CustomField") === "x1")).toBe(true);
  });

  it("C21: checks another kind of URL, and shows what a good one does", async () => {
    server.script("/hello", [{ headers: { "content-type": "text/plain" }, text: "Welcome" }]);
    const { out, status } = await run(server.url("/hello"), "--as", "greeting", "--verbose");
    expect(out).toMatch(/^ {2}ok {4}first .*\n {8}says "Welcome"$/m);
    expect(out).toMatch(/A good Greeting URL: nothing to fix\.\n$/);
    expect(status).toBe(0);
    const wrong = await run(server.url("/good"), "--as", "passthru", "--fallback", server.url("/good"));
    expect(wrong.errors).toBe("--fallback is for Connect and Gather: a Passthru URL has no Fallback\n");
    expect(wrong.status).toBe(2);
  });

  it("C20: failing on callers from abroad is a warning, or an error if requested", async () => {
    const application = createServer((request, response) => {
      const from = new URL(request.url ?? "/", "http://app.example").searchParams.get("CallFrom") ?? "";
      response.writeHead(/^0\d{10}$/.test(from) ? 200 : 400, { "content-type": "application/json" });
      response.end(JSON.stringify({ destination: { numbers: ["+919900000001"] } }));
    });
    await new Promise<void>((resolve) => application.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${(application.address() as AddressInfo).port}/`;
    const plain = await run(url, "--json");
    const asked = await run(url, "--json", "--number-forms");
    application.close().closeAllConnections();
    expect(JSON.parse(plain.out)).toMatchObject({ errors: 0, findings: [{ id: "caller-form", level: "warning" }] });
    expect(plain.status).toBe(0);
    expect(JSON.parse(asked.out)).toMatchObject({ warnings: 0, findings: [{ id: "status", level: "error" }] });
    expect(asked.status).toBe(1);
  });

  it("writes a JUnit report in addition to what it prints", async () => {
    const file = join(folder, "check.xml");
    const { status } = await run(server.url("/strict"), "--junit", file);
    expect(status).toBe(1);
    expect(readFileSync(file, "utf8")).toMatch(/^<\?xml[^]*<failure type="RES-5"[^]*<\/testsuites>\n$/);
  });

  it("REQ-2: a password in the URL is sent but not shown", async () => {
    const { out } = await run(server.url("/good").replace("//", "//me:hidden@"));
    expect(out).not.toContain("hidden");
    expect(server.requestsTo("/good")[0]?.headers["authorization"]).toBe(`Basic ${btoa("me:hidden")}`);
  });

  it.each([
    [["ftp://me:hidden@app.example/"], "the URL (***@app.example/) cannot be checked: The URL is not an absolute"],
    [["http://127.0.0.1:1/", "--fallback", "nonsense"], "--fallback (nonsense) cannot be checked"],
    [["http://127.0.0.1:1/", "--account-country", "India"], "--account-country must be a two-letter country"],
  ])("refuses %j with one clear sentence", async (args, sentence) => {
    const { errors, out, status } = await run(...args);
    expect(status).toBe(2);
    expect(out).toBe("");
    expect(errors).toContain(sentence);
  });

  it.each([
    ["--runs", "101"],
    ["--runs", "many"],
    ["--from", "09812345678"],
    ["--exophone", "support"],
  ])("refuses %s %s", async (...option) => {
    await expect(run("http://127.0.0.1:1/", ...option)).rejects.toMatchObject({ code: "commander.invalidArgument" });
  });

  it("refuses to be strict and lenient at once", async () => {
    await expect(run("http://127.0.0.1:1/", "--strict", "--lenient")).rejects.toMatchObject({
      code: "commander.conflictingOption",
    });
  });

  it("says if the JUnit file can't be written", async () => {
    const { errors, status } = await run(server.url("/good"), "--junit", join(folder, "none", "check.xml"));
    expect(errors).toMatch(/check\.xml: cannot be written: ENOENT/);
    expect(status).toBe(2);
  });

  it("with --watch, checks again if the endpoint answers differently, one line of JSON per report", async () => {
    server.script("/fixed", [{ status: 500, text: "" }]);
    const lines: string[] = [];
    vi.spyOn(process.stdout, "write").mockImplementation((text) => {
      lines.push(String(text));
      if (lines.length === 2) process.emit("SIGINT");
      server.script("/fixed", [{ json: { destination: { numbers: ["+919900000001"] } } }]);
      return true;
    });
    await checkCommand(20).parseAsync([server.url("/fixed"), "--watch", "--watch-dir", folder, "--json"], {
      from: "user",
    });
    expect(lines.map((line) => (JSON.parse(line) as { ok: boolean }).ok)).toEqual([false, true]);
    expect(process.exitCode).toBe(0);
    process.exitCode = undefined;
  });
});
