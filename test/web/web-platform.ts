import { silentLog } from "../../src/base/log.ts";
import { systemClock } from "../../src/base/system-clock.ts";
import { systemRandom } from "../../src/base/system-random.ts";
import { SoftphoneCaller } from "../../src/tools/softphone/caller.ts";
import type { CallScript } from "../../src/tools/softphone/caller.ts";
import { Softphone } from "../../src/tools/softphone/phone.ts";
import type { Page } from "playwright-core";
import type { Customer } from "../support/customer.ts";
import { dials, startCustomer } from "../support/customer.ts";
import type { TestPlatform } from "../support/platform.ts";
import { EXOPHONE, startPlatformOf, workspaceOf } from "../support/platform.ts";

const HOST = "127.0.0.1";
/** They ring, answer and talk for two seconds; are busy; ring for ever; don't exist. */
export const TALKS = "+919900000011";
export const BUSY = "+919900000012";
export const RINGS = "+919900000013";
export const UNKNOWN = "+919900000014";
/** Answers and talks until somebody hangs up. */
export const KEEPS_TALKING = "+919900000015";
export const CALLER = "+919812345678";

/** The password that the tests choose for the first administrator. */
const PASSWORD = "correct horse battery staple";

/** A platform with phones and a customer's server around it, whose dashboard is looked at. */
export interface WebPlatform {
  readonly platform: TestPlatform;
  readonly customer: Customer;
  /** The first administrator, whose password has to be changed. */
  readonly admin: { readonly login: string; readonly password: string };
  /** Calls the number of the account. */
  call(script?: Partial<CallScript>): void;
  /** Signs the administrator in, with a password of their own, without looking at a page. */
  signIn(page: Page): Promise<void>;
  stop(): Promise<void>;
}

/** `env`: settings of the platform besides those of `startPlatformOf`. */
export async function startWebPlatform(env: Readonly<Record<string, string>> = {}): Promise<WebPlatform> {
  const robot = { clock: systemClock, random: systemRandom(), log: silentLog, host: HOST };
  const phones = {
    [TALKS]: [{ ring_after_ms: 100, answer_after_ms: 500, talk_ms: 2000, tone_hz: 700 }],
    [BUSY]: [{ ring_after_ms: 50, busy_after_ms: 400 }],
    [RINGS]: [{ ring_after_ms: 100 }],
    [UNKNOWN]: [{ fail_after_ms: 50, sip: 404 }],
    [KEEPS_TALKING]: [{ ring_after_ms: 100, answer_after_ms: 300, tone_hz: 700 }],
  };
  const phone = new Softphone({ ...robot, port: 0, phones });
  await phone.start();
  const customer = await startCustomer();
  customer.on("/connect", dials([BUSY, TALKS], { record: true, recording_channels: "dual" }));
  const workspace = workspaceOf({ trunkPort: phone.port, flow: flowOf(customer.url) });
  const platform = await startPlatformOf(workspace, env);
  const caller = new SoftphoneCaller(robot);
  await caller.start();
  const { firstAdmin: admin } = platform;
  if (admin === null) throw new Error("the platform made no administrator");
  const via = { host: platform.sipHost, port: platform.sipPort };
  let isChanged = false;
  return {
    platform,
    customer,
    admin,
    call: (script) => void caller.call({ to: EXOPHONE, from: CALLER, via, tone_hz: 500, ...script }),
    signIn: async (page) => {
      const password = isChanged ? PASSWORD : admin.password;
      await send(page, platform.httpUrl, "post", "/api/session", { login: admin.login, password });
      if (!isChanged)
        await send(page, platform.httpUrl, "put", "/api/session/password", { password, new_password: PASSWORD });
      isChanged = true;
    },
    stop: async () => {
      await caller.stop();
      await platform.stop();
      await customer.close();
      await phone.stop();
    },
  };
}

function flowOf(url: string): object {
  return {
    name: "Support line",
    start: "support",
    applets: {
      support: {
        type: "connect",
        url: { primary: `${url}/connect`, fallback: `${url}/fallback` },
        exits: { conversation_ended: "bye", nobody_answered: "bye" },
      },
      bye: { type: "hangup" },
    },
  };
}

async function send(page: Page, origin: string, method: "post" | "put", path: string, data: object): Promise<void> {
  const answer = await page.context().request[method](path, { data, headers: { origin } });
  if (!answer.ok()) throw new Error(`${path} answers ${answer.status()}: ${await answer.text()}`);
}
