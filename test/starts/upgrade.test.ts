import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import type { TestServer } from "../../src/edges/store/testing/server.ts";
import { startTestServer } from "../../src/edges/store/testing/server.ts";
import { expectComplete } from "../chaos/complete-call.ts";
import { NODE_ID, RELEASE_SECRET } from "../fixtures/releases/release.ts";
import { AUTHORIZATION, reader, workspaceOf } from "../support/platform.ts";
import { freePort, rtpRange } from "../support/ports.ts";
import type { ServeProcess } from "../support/serve.ts";
import { startServe } from "../support/serve.ts";
import { until } from "../support/wait.ts";

/** What earlier versions left when they were killed during a call; see `make.ts` there. */
const RELEASES = join(import.meta.dirname, "../fixtures/releases");
const releases = readdirSync(RELEASES, { withFileTypes: true }).filter((entry) => entry.isDirectory());

let server: TestServer;
let folder: string;
let serve: ServeProcess | null = null;

beforeAll(async () => {
  server = await startTestServer();
  folder = mkdtempSync(join(tmpdir(), "plugboard-upgrade-"));
});
afterAll(async () => {
  serve?.process.kill("SIGKILL");
  await server.stop();
  rmSync(folder, { recursive: true });
});

/** Starts the current platform on the database and data folder of an earlier one. */
async function startOn(release: string): Promise<string> {
  const dataDir = join(folder, release);
  mkdirSync(dataDir);
  cpSync(join(RELEASES, release, "recordings"), join(dataDir, "recordings"), { recursive: true });
  writeFileSync(join(dataDir, "node"), `${NODE_ID}\n`);
  const workspaceFile = join(folder, "workspace.yaml");
  const flow = { start: "bye", applets: { bye: { type: "hangup" } } };
  writeFileSync(workspaceFile, stringify(workspaceOf({ trunkPort: await freePort(), flow })));
  const url = await server.database("TCP with a password", "empty");
  await server.query(url, readFileSync(join(RELEASES, release, "database.sql"), "utf8"));
  const env = { DATABASE_URL: url, PLUGBOARD_SECRET: RELEASE_SECRET, PLUGBOARD_RTP: await rtpRange(20) };
  const http = await freePort();
  serve = startServe({ workspaceFile, dataDir, http, sip: await freePort(), env });
  const address = `http://127.0.0.1:${http}`;
  await until("healthy", async () => (await fetch(`${address}/healthz`)).ok, 60_000);
  return address;
}

async function json<T>(url: string): Promise<T> {
  return (await (
    await fetch(url, { headers: { authorization: AUTHORIZATION, accept: "application/json" } })
  ).json()) as T;
}

interface Page {
  readonly events: readonly {
    readonly id: string;
    readonly type: string;
    readonly data: { readonly call_sid?: string };
  }[];
}

describe.each(releases.map(({ name }) => name))("an upgrade from %s", (release) => {
  it("keeps calls, traces, recordings, feed and pending deliveries, and ends the live call with a record", async () => {
    const address = await startOn(release);
    const platform = reader(address, "acme");
    const [cut, ended, ...others] = await platform.endedCalls(2, 10_000);
    if (cut === undefined || ended === undefined) throw new Error("a call is missing");
    expect(others).toEqual([]);
    for (const call of [cut, ended]) expectComplete(call);
    expect(ended.cdr).toMatchObject({ status: "completed", dial_call_status: "completed", ended_by: "caller" });
    expect(cut.cdr).toMatchObject({ status: "completed", ended_by: "platform" });
    expect(ended.requests).toMatchObject([{ purpose: "connect", result: "usable" }, ...ended.requests.slice(1)]);
    for (const { recordings } of [cut, ended]) {
      const [recording] = recordings;
      const file = join(RELEASES, release, "recordings", "acme", `${recording?.id}.wav`);
      const sound = await fetch(`${address}/api/accounts/acme/recordings/${recording?.id}.wav`, {
        headers: { authorization: AUTHORIZATION },
      });
      // The header of the recording that was cut off is repaired.
      const [heard, left] = [Buffer.from(await sound.arrayBuffer()), readFileSync(file)];
      expect(heard.subarray(44).equals(left.subarray(44, heard.length))).toBe(true);
      expect(recording).toMatchObject({ failure: null });
    }
    await until(
      "the end of the interrupted call is in the feed",
      async () => (await eventsOf(address)).at(-1)?.type === "plugboard.call.ended",
      5000,
    );
    const events = await eventsOf(address);
    expect(events.map(({ id }) => Number(id))).toEqual(events.map((_, index) => index + 1));
    expect(new Set(events.map(({ data }) => data.call_sid))).toEqual(
      new Set([ended.call_sid, cut.call_sid, undefined]),
    );
    const owed = await json<{ readonly deliveries: readonly object[] }>(`${address}/api/accounts/acme/outbox`);
    expect(JSON.stringify(owed)).toContain("dial_event");
  });
});

async function eventsOf(address: string): Promise<Page["events"]> {
  return (await json<Page>(`${address}/api/accounts/acme/events?after=0&limit=1000`)).events;
}
