import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import type { Customer } from "../support/customer.ts";
import { dials, startCustomer } from "../support/customer.ts";
import { EXOPHONE, reader, workspaceOf } from "../support/platform.ts";
import { rtpRange } from "../support/ports.ts";
import type { ServeProcess } from "../support/serve.ts";
import { startServe } from "../support/serve.ts";
import { inviteOnce } from "../support/single-invite.ts";
import type { Sipp } from "../support/sipp.ts";
import { freePort, startSipp } from "../support/sipp.ts";
import { SmallDisk } from "../support/small-disk.ts";
import { sleep, until } from "../support/wait.ts";
import { allEnded, expectComplete, expectRecordings, readRecording } from "./complete-call.ts";

/** An embedded database takes 60 MiB, the reserve for live calls 64; `/readyz` is green with 256 free. */
const DISK_MIB = 448;
const CALLS = 10;
/** ms of a call that ends while the disk is full. */
const SHORT_MS = 5000;
/** ms of a call that ends after there is room again. */
const LONG_MS = 13_000;
const FULL_MS = 6000;
/** Bytes that all processes may log; it used to be 150 KB a second. */
const LOG_BYTES = 50_000;

const folder = await mkdtemp(join(tmpdir(), "plugboard-full-"));
const disk = await SmallDisk.mount(join(folder, "data"), DISK_MIB);

let customer: Customer;
let callees: Sipp;
let http: number;
let sip: number;
let workspaceFile: string;
let serve: ServeProcess;

beforeAll(async () => {
  customer = await startCustomer();
  customer.on(
    "/connect",
    dials(["+919900000012"], {
      record: true,
      recording_channels: "dual",
      dial_passthru_event_url: `${customer.url}/events`,
    }),
  );
  const trunkPort = await freePort();
  callees = await startSipp({ scenario: "callees.xml", port: trunkPort, args: [] });
  [http, sip] = [await freePort(), await freePort()];
  const flow = {
    start: "c",
    applets: { c: { type: "connect", url: { primary: `${customer.url}/connect` }, exits: {} } },
  };
  workspaceFile = join(folder, "workspace.yaml");
  await writeFile(workspaceFile, stringify(workspaceOf({ trunkPort, flow })));
});

afterAll(async () => {
  await callees?.stop();
  await customer?.close();
  await disk?.unmount();
  await rm(folder, { recursive: true, force: true });
});

async function start(dataDir = join(folder, "data")): Promise<ServeProcess> {
  const env = { PLUGBOARD_RTP: await rtpRange(400) };
  return startServe({ workspaceFile, dataDir, http, sip, env });
}

async function status(path: string): Promise<number> {
  return (await fetch(`http://127.0.0.1:${http}${path}`)).status;
}

async function call(count: number, talkMs: number): Promise<Sipp> {
  const args = ["-m", String(count), "-r", "20", "-s", EXOPHONE, `127.0.0.1:${sip}`];
  return startSipp({ scenario: "caller.xml", port: await freePort(), args, values: { talk_ms: talkMs } });
}

async function mediaLegs(): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${http}/metrics`)).text();
  return Number(/^plugboard_media_legs (\d+)$/m.exec(text)?.[1]);
}

describe.skipIf(disk === null)("a data folder whose disk is full", () => {
  it("A8, M7: refuses new calls with 503, is unhealthy, loses nothing of live calls, and recovers", async () => {
    serve = await start();
    await until("healthy", async () => (await status("/healthz")) === 200, 30_000);
    const [short, long] = [await call(CALLS, SHORT_MS), await call(CALLS, LONG_MS)];
    await until("all talk", async () => (await mediaLegs()) === 4 * CALLS, 10_000);
    await disk?.fill();
    const fullSince = Date.now();
    for (const path of ["/healthz", "/readyz"])
      await until(`${path} is red`, async () => (await status(path)) === 503, 3000);
    const refused = await inviteOnce(sip, EXOPHONE);
    expect(refused).toMatch(/^SIP\/2\.0 503 /);
    expect(refused).toMatch(/^Retry-After: \d+/m);
    expect(await short.done).toEqual({ code: 0, errors: "" });
    await sleep(FULL_MS - (Date.now() - fullSince));
    expect(await status("/healthz"), "red for as long as the disk is full").toBe(503);
    expect(await mediaLegs(), "the others still talk").toBeGreaterThanOrEqual(2 * CALLS);
    await disk?.free();
    const freeSince = Date.now();
    for (const path of ["/healthz", "/readyz"])
      await until(`${path} is green again`, async () => (await status(path)) === 200, 5000);
    const backMs = Date.now() - freeSince;
    const fresh = await call(1, 500);
    expect(await fresh.done).toEqual({ code: 0, errors: "" });
    expect(await long.done).toEqual({ code: 0, errors: "" });
    const calls = await allEnded(reader(`http://127.0.0.1:${http}`, "acme"));
    expect(calls).toHaveLength(2 * CALLS + 1);
    const cut = calls.filter(({ recordings }) => recordings.some(({ failure }) => failure !== null));
    expect(cut.length).toBeGreaterThan(0);
    for (const one of calls) {
      expectComplete(one);
      if (!cut.includes(one)) await expectRecordings(one, join(folder, "data"), 1500);
    }
    for (const { recordings, trace } of cut) {
      const closed = trace.find(({ type }) => type === "recording.closed");
      expect(closed).toMatchObject({ failure: expect.stringContaining("ENOSPC") as string });
      for (const { id, duration_ms, failure } of recordings) {
        expect(failure).toContain("ENOSPC");
        if (duration_ms === 0) continue; // the disk was full before its first byte
        expect(Math.abs((await readRecording(join(folder, "data"), id)).length / 8 - duration_ms)).toBeLessThan(50);
      }
    }
    const expected = calls.flatMap(({ dial_events }) => dial_events).length;
    const events = (): number => customer.seen.filter(({ path }) => path === "/events").length;
    await until("all events delivered", async () => events() >= expected, 20_000);
    expect(backMs).toBeLessThan(4000);
    expect(serve.output().length).toBeLessThan(LOG_BYTES);
    serve.process.kill("SIGTERM");
    expect(await serve.done).toMatchObject({ code: 0 });
  });

  it("M7: that can't be written to is refused at the start in one sentence", async () => {
    const data = join(folder, "data");
    const refusals: [string, string, () => Promise<void> | undefined, () => Promise<void> | undefined][] = [
      ["its file system is mounted read-only", data, () => disk?.remount("ro"), () => disk?.remount("rw")],
      ["its file system is mounted read-only", `${data}/new`, () => disk?.remount("ro"), () => disk?.remount("rw")],
      ["its disk is full", data, () => disk?.fill(), () => disk?.free()],
    ];
    for (const [reason, dataDir, spoil, repair] of refusals) {
      await spoil();
      const { code, errors } = await (await start(dataDir)).done;
      await repair();
      expect([code, errors]).toEqual([1, expect.stringMatching(/^plugboard serve: The data folder .+\n$/)]);
      expect(errors).toContain(reason);
    }
  });
});
