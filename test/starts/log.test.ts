import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { stringify } from "yaml";
import type { TestServer } from "../../src/edges/store/testing/server.ts";
import { startTestServer } from "../../src/edges/store/testing/server.ts";
import type { Customer } from "../support/customer.ts";
import { dials, json, startCustomer } from "../support/customer.ts";
import { EXOPHONE, reader, workspaceOf } from "../support/platform.ts";
import { rtpRange } from "../support/ports.ts";
import type { ServeProcess } from "../support/serve.ts";
import { startServe } from "../support/serve.ts";
import { inviteOnce } from "../support/single-invite.ts";
import type { Sipp } from "../support/sipp.ts";
import { freePort, startSipp } from "../support/sipp.ts";
import { until } from "../support/wait.ts";

/** The national digits of everyone in these calls; the last is outside `dial_prefixes`, the one before belongs to no account. */
const NUMBERS = ["9812345678", "9900000012", "8047100000", "8047100009", "4155551212"];

const folder = await mkdtemp(join(tmpdir(), "plugboard-log-"));
let database: TestServer | undefined;
let customer: Customer | undefined;
let callees: Sipp | undefined;
let serve: ServeProcess | undefined;

afterAll(async () => {
  serve?.process.kill("SIGKILL");
  await callees?.stop();
  await customer?.close();
  await database?.stop();
  await rm(folder, { recursive: true, force: true });
});

interface LogLine {
  readonly msg: string;
  readonly call?: string;
}

it("a log at its most detailed has nobody's number, and the call's id in each line about a call", async () => {
  database = await startTestServer();
  customer = await startCustomer();
  customer.on("/connect", json({ error: "nothing here" }, 500));
  customer.on(
    "/fallback",
    dials(["+14155551212", "+919900000012"], {
      record: true,
      dial_passthru_event_url: `${customer.url}/no`,
    }),
  );
  const [trunkPort, http, sip] = [await freePort(), await freePort(), await freePort()];
  callees = await startSipp({ scenario: "callees.xml", port: trunkPort, args: [] });
  const url = { primary: `${customer.url}/connect`, fallback: `${customer.url}/fallback` };
  const flow = { start: "c", applets: { c: { type: "connect", url, exits: {} } } };
  const workspaceFile = join(folder, "workspace.yaml");
  await writeFile(workspaceFile, stringify(workspaceOf({ trunkPort, flow })));
  const env = { DATABASE_URL: await database.database(), PLUGBOARD_RTP: await rtpRange(20), PLUGBOARD_LOG: "trace" };
  serve = startServe({ workspaceFile, dataDir: join(folder, "data"), http, sip, env });
  await until("healthy", async () => (await fetch(`http://127.0.0.1:${http}/healthz`)).ok, 60_000);
  const args = ["-m", "1", "-s", EXOPHONE, `127.0.0.1:${sip}`];
  const caller = await startSipp({ scenario: "caller.xml", port: await freePort(), args, values: { talk_ms: 300 } });
  await caller.done;
  const [call] = await reader(`http://127.0.0.1:${http}`, "acme").endedCalls(1);
  expect(JSON.stringify(call)).toContain("+919900000012");
  expect(await inviteOnce(sip, "+918047100009")).toMatch(/^SIP\/2\.0 404 /);
  const platform = reader(`http://127.0.0.1:${http}`, "acme");
  const sids = (await platform.endedCalls(2)).map(({ call_sid }) => call_sid);
  serve.process.kill("SIGTERM");
  await serve.done;
  const output = serve.output().replaceAll(/^first call .*$/gm, "");
  const lines = output
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as LogLine);
  expect(lines.map(({ msg }) => msg)).toEqual(expect.arrayContaining(["call began", "call ended"]));
  expect(output).toContain('"pii":"[redacted]"');
  expect(NUMBERS.filter((number) => output.includes(number))).toEqual([]);
  const ofCalls = lines.filter(({ msg }) => /\bcall (?:began|ended|refused)|destination|number/.test(msg));
  expect(ofCalls.length).toBeGreaterThan(3);
  expect(ofCalls.filter(({ call: id }) => id === undefined || !sids.includes(id)).map(({ msg }) => msg)).toEqual([]);
});
