import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { seededRandom } from "../../base/random.ts";
import { VirtualClock } from "../../base/virtual-clock.ts";
import type { HttpClientOutcome } from "../../edges/http-client/types.ts";
import { fingerprint, quickCheck } from "./quick-check.ts";
import { accountWith, CHECK_LIMITS } from "./check-target.ts";
import type { CheckTarget, CheckDeps } from "./check-target.ts";
import { watch } from "./watch.ts";

const clock = new VirtualClock();

/** Runs everything that needs no more time. */
async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}

async function pass(ms: number): Promise<void> {
  await settle();
  clock.advance(ms);
  await settle();
}

describe("watching", () => {
  it("checks at once, and again when a changed state has stayed the same for one look", async () => {
    const stop = new AbortController();
    let state = "a";
    const checked: string[] = [];
    const recheck = (): Promise<void> => Promise.resolve(void checked.push(state));
    const look = (): Promise<string> => Promise.resolve(state);
    const ended = watch({ clock, everyMs: 1000, look, recheck, signal: stop.signal });
    await pass(0);
    expect(checked).toEqual(["a"]);
    await pass(5000);
    await pass(5000);
    expect(checked).toEqual(["a"]);
    for (state of ["b", "c", "d"]) await pass(1000);
    expect(checked).toEqual(["a"]);
    await pass(1000);
    expect(checked).toEqual(["a", "d"]);
    stop.abort();
    await ended;
    expect(clock.step()).toBe(false);
  });

  it("does not check again when the state returns to what was checked", async () => {
    const stop = new AbortController();
    let state = "a";
    let checks = 0;
    const recheck = (): Promise<void> => Promise.resolve(void checks++);
    const look = (): Promise<string> => Promise.resolve(state);
    const ended = watch({ clock, everyMs: 1000, look, recheck, signal: stop.signal });
    await pass(0);
    for (state of ["b", "a", "a", "a"]) await pass(1000);
    stop.abort();
    await ended;
    expect(checks).toBe(1);
  });
});

describe("what the watch looks at", () => {
  let folder = "";
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "plugboard-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("a file below the folder that is created, changed or removed; hidden and installed ones do not count", async () => {
    const seen: string[] = [await fingerprint(folder)];
    mkdirSync(join(folder, "src"));
    for (const text of ["a", "ab"]) {
      writeFileSync(join(folder, "src", "app.js"), text);
      seen.push(await fingerprint(folder));
    }
    rmSync(join(folder, "src", "app.js"));
    expect(new Set(seen).size).toBe(3);
    expect(await fingerprint(folder)).toBe(seen[0]);
    mkdirSync(join(folder, "node_modules"));
    writeFileSync(join(folder, "node_modules", "x.js"), "x");
    writeFileSync(join(folder, ".hidden"), "x");
    expect(await fingerprint(folder)).toBe(seen[0]);
  });

  it("a missing folder counts as an empty one", async () => {
    expect(await fingerprint(join(folder, "nowhere"))).toBe(await fingerprint(folder));
  });

  it("how the endpoint answers: a different mistake counts, a different person does not", async () => {
    const seen = async (outcome: HttpClientOutcome): Promise<string> => quickCheck(TARGET, depsOf(outcome));
    const good = await seen(json({ destination: { numbers: ["+919900000001"] } }));
    expect(await seen(json({ destination: { numbers: ["+919900000002"] } }))).toBe(good);
    expect(await seen(json({ destination: { numbers: ["09900000002"] } }))).not.toBe(good);
    const gone = await seen({ ok: false, reason: "refused", detail: "" });
    expect(gone).not.toBe(good);
    expect(await seen(json({}))).not.toBe(gone);
  });
});

const TARGET: CheckTarget = {
  kind: "connect",
  numberForms: false,
  primary: "http://127.0.0.1/",
  fallback: null,
  mode: "strict",
  account: accountWith(["+918047100000"], "IN"),
  from: "+919812345678",
  customField: "",
  runs: 0,
  version: "0.0.0",
  limits: CHECK_LIMITS,
};

function json(value: object): HttpClientOutcome {
  return { ok: true, status: 200, contentType: "application/json", body: JSON.stringify(value) };
}

function depsOf(outcome: HttpClientOutcome): CheckDeps {
  const fetched = { outcome, elapsedMs: 1 };
  const fetcher = {
    fetch: () => Promise.resolve(fetched),
    head: () => Promise.resolve(outcome),
    download: () => Promise.resolve({ ok: false, reason: "refused", detail: "" } as const),
  };
  const decode = () => Promise.resolve({ ok: true, value: null } as const);
  return { fetcher, clock, random: seededRandom(1), decode, formatOf: () => null };
}
