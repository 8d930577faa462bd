import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { silentLog } from "../../src/base/log.ts";
import { systemClock } from "../../src/base/system-clock.ts";
import { systemRandom } from "../../src/base/system-random.ts";
import type { CallerCall } from "../../src/tools/softphone/caller.ts";
import { SoftphoneCaller } from "../../src/tools/softphone/caller.ts";
import { Softphone } from "../../src/tools/softphone/phone.ts";
import { toneMs } from "../../src/tools/softphone/tone-monitor.ts";
import { EXOPHONE, reader, workspaceOf } from "../support/platform.ts";
import { until } from "../support/wait.ts";
import { findEngine } from "./engine.ts";

const CALLER_HZ = 700;
const CALLEE_HZ = 1100;
const CALLEE = "+919900000012";
/** ms of the other side's tone that each side must hear: most of a three-second conversation. */
const ENOUGH_MS = 1500;
/** ms for the database, two processes, and the ten seconds between two health checks on a busy machine. */
const START_LIMIT_MS = 90_000;
const SIP_PORT = 5060;

const engine = findEngine();
const image = process.env["PLUGBOARD_TEST_IMAGE"] ?? "plugboard-test";
const name = `plugboard-test-${process.pid}`;
/** Ids of the containers to remove, even if a test fails. */
const started: string[] = [];

let folder: string;
let host: string;
let caller: SoftphoneCaller;
let trunk: Softphone;

/** Starts a container with the workspace and the volume, ready for calls; returns its id and its address on the bridge. */
async function startContainer(docker: NonNullable<typeof engine>): Promise<{ id: string; address: string }> {
  const mounts = ["--volume", `${folder}:/etc/plugboard:ro`, "--volume", `${name}:/var/lib/plugboard`];
  const id = docker.run("run", "--detach", ...mounts, image);
  started.push(id);
  await until(`${id} is healthy`, async () => docker.isHealthy(id), START_LIMIT_MS).catch((error: unknown) => {
    throw new Error(docker.log(id), { cause: error });
  });
  return { id, address: docker.addressOf(id, "IPAddress") };
}

function call(address: string, talkMs: number): CallerCall {
  const via = { host: address, port: SIP_PORT };
  return caller.call({ to: EXOPHONE, from: "+919812345678", via, tone_hz: CALLER_HZ, hang_up_after_ms: talkMs });
}

/** Makes the host's address on the bridge, where caller and callee are, the one trunk of the workspace. */
function workspace(): object {
  return workspaceOf({
    trunkPort: trunk.port,
    trunk: { address: `${host}:${trunk.port}`, accept_from: [host] },
    flow: {
      start: "sales",
      applets: {
        sales: {
          type: "connect",
          dial_whom: { numbers: [CALLEE] },
          exits: { conversation_ended: "bye", nobody_answered: "bye", nobody_dialed: "bye" },
        },
        bye: { type: "hangup" },
      },
    },
  });
}

const title = "a container on a bridge network";
if (engine === null) it.skip(`${title}: neither podman nor docker answers to root on this machine`, () => undefined);
else
  describe(title, () => {
    beforeAll(async () => {
      if (process.env["PLUGBOARD_TEST_IMAGE"] === undefined) engine.build(image);
      const probe = engine.run("run", "--detach", "--entrypoint", "sleep", image, "60");
      started.push(probe);
      host = engine.addressOf(probe, "Gateway");
      const setup = { clock: systemClock, random: systemRandom(), log: silentLog, host };
      const phone = { ring_after_ms: 50, answer_after_ms: 300, tone_hz: CALLEE_HZ };
      [caller, trunk] = [
        new SoftphoneCaller(setup),
        new Softphone({ ...setup, port: 0, phones: { [CALLEE]: [phone] } }),
      ];
      await caller.start();
      await trunk.start();
      folder = await mkdtemp(join(tmpdir(), "plugboard-container-"));
      await writeFile(join(folder, "plugboard.yaml"), stringify(workspace()), { mode: 0o600 });
      const owner = ["--user", "root", "--entrypoint", "chown", "--volume", `${folder}:/etc/plugboard`];
      engine.run("run", "--rm", ...owner, image, "--recursive", "plugboard", "/etc/plugboard");
    });

    afterAll(async () => {
      for (const id of started) engine.run("rm", "--force", "--volumes", id);
      engine.attempt("volume", "rm", name);
      await caller?.stop();
      await trunk?.stop();
      if (folder !== undefined) await rm(folder, { recursive: true, force: true });
    });

    it("takes its first call with audio both ways, finishes a call when stopped, and leaves both calls to the next container", async () => {
      const first = await startContainer(engine);
      const inbound = call(first.address, 4000);
      await inbound.over;
      expect(toneMs(inbound.tones, CALLEE_HZ)).toBeGreaterThan(ENOUGH_MS);
      expect(toneMs(trunk.calls[0]?.tones ?? [], CALLER_HZ)).toBeGreaterThan(ENOUGH_MS);
      expect(engine.log(first.id).match(/password/g)).toHaveLength(1);

      const drained = call(first.address, 8000);
      await until("the conversation has begun", async () => toneMs(drained.tones, CALLEE_HZ) > 0, 10_000);
      // The signal that `stop` sends first; `stop` itself would block this process, and its softphone, until the container has ended.
      engine.run("kill", "--signal", "TERM", first.id);
      await drained.over;
      expect(toneMs(drained.tones, CALLEE_HZ)).toBeGreaterThan(5000);
      expect(engine.run("wait", first.id)).toBe("0");

      const second = await startContainer(engine);
      expect(engine.log(second.id)).not.toContain("password");
      const calls = await reader(`http://${second.address}:8080`, "acme").calls();
      expect(calls.map(({ cdr }) => cdr?.call_type)).toEqual(["completed", "completed"]);
    });
  });
