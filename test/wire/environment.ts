import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { silentLog } from "../../src/base/log.ts";
import { systemClock } from "../../src/base/system-clock.ts";
import { systemRandom } from "../../src/base/system-random.ts";
import type { CallReport } from "../../src/core/call/report.ts";
import { SoftphoneCaller } from "../../src/tools/softphone/caller.ts";
import { Softphone } from "../../src/tools/softphone/phone.ts";
import type { PhoneScript } from "../../src/tools/softphone/script.ts";
import type { ScriptedAnswer } from "../../src/tools/softphone/url-server.ts";
import { UrlServer } from "../../src/tools/softphone/url-server.ts";
import { parseScenario } from "../../src/tools/simulator/scenario/scenario.ts";
import type { Scenario } from "../../src/tools/simulator/scenario/scenario.ts";
import { KEYS, startPlatformOf } from "../support/platform.ts";
import type { TestPlatform } from "../support/platform.ts";
import { fileURLToPath } from "node:url";

/** The parts of a scenario document that the stage changes. */
interface Document {
  flow: unknown;
  account?: { exophones?: (string | { number: string })[]; [key: string]: unknown };
  call?: { from?: string; to?: string };
  urls?: Record<string, ScriptedAnswer[]>;
  phones?: Record<string, PhoneScript[]>;
  caller?: { hang_up_after_ms?: number; presses?: { after_ms: number; digits: string }[] };
}

/** One scenario prepared for the wire: its own account, with its own numbers, trunk and URLs. */
interface Part {
  readonly name: string;
  readonly sid: string;
  readonly document: Document;
  readonly simulated: Scenario;
  /** Answers by path on the URL server. */
  readonly answers: ReadonlyMap<string, readonly ScriptedAnswer[]>;
  trunk: Softphone;
  plays: number;
}

const FOLDER = fileURLToPath(new URL("../scenarios/", import.meta.url));
const HOST = "127.0.0.1";
/** Our numbers in scenario files begin with this; on the wire each scenario gets its own block. */
const OWN_BLOCK = "+9180471000";

/** A scenario as text, with the texts of the flow documents it names. */
export interface Script {
  readonly name: string;
  readonly text: string;
  readonly readFile: (path: string) => string;
}

/** Every scenario in test/scenarios. */
export function scenarioFiles(): Script[] {
  const names = readdirSync(FOLDER).filter((name) => name.endsWith(".yaml"));
  const readFile = (path: string): string => readFileSync(join(FOLDER, path), "utf8");
  return names.map((name) => ({ name, text: readFile(name), readFile }));
}

/** Scenarios, played at once through one platform over real SIP, RTP and HTTP. */
export class Stage {
  readonly #server = new UrlServer({ clock: systemClock });
  readonly #caller: SoftphoneCaller;
  readonly #setup = { clock: systemClock, random: systemRandom(), log: silentLog, host: HOST, deaf: true };
  #parts: Part[] = [];
  #platform: TestPlatform | null = null;

  readonly #scripts: readonly Script[];

  constructor(scripts: readonly Script[]) {
    this.#scripts = scripts;
    this.#caller = new SoftphoneCaller(this.#setup);
  }

  async start(): Promise<void> {
    await this.#server.start();
    await this.#caller.start();
    this.#parts = await Promise.all(this.#scripts.map((script, index) => this.#part(script, index)));
    this.#platform = await startPlatformOf({
      accounts: this.#parts.map((part) => accountOf(part)),
      flows: this.#parts.map(({ document, sid }) => ({ ...(document.flow as object), account: sid })),
    });
  }

  async stop(): Promise<void> {
    await this.#caller.stop();
    await Promise.all(this.#parts.map(({ trunk }) => trunk.stop()));
    await this.#platform?.stop();
    await this.#server.stop();
  }

  scenario(name: string): Scenario {
    const part = this.#parts.find((one) => one.name === name);
    if (part === undefined) throw new Error(`no scenario ${name}`);
    return part.simulated;
  }

  /**
   * Plays one scenario for real, from the start each time; returns the API's report with the scenario's own numbers and
   * URLs.
   */
  async play(name: string): Promise<CallReport> {
    const part = this.#parts.find((one) => one.name === name);
    if (part === undefined || this.#platform === null) throw new Error(`no scenario ${name}`);
    const { document, sid } = part;
    if (part.plays > 0) await this.#rewind(part);
    part.plays += 1;
    const call = this.#caller.call({
      to: document.call?.to ?? numbersOf(document)[0] ?? "",
      from: document.call?.from ?? "+919812345678",
      via: { host: HOST, port: this.#platform.sipPort },
      ...document.caller,
    });
    await call.over;
    const [report] = await this.#platform.as(sid).endedCalls(part.plays);
    const text = JSON.stringify(report).replaceAll(ownBlock(sid), OWN_BLOCK);
    return JSON.parse(text.replaceAll(new RegExp(`https?://[^/"]+/${sid}/`, "g"), "https://")) as CallReport;
  }

  /** Makes URLs and phones start again from the first line of their scripts. */
  async #rewind(part: Part): Promise<void> {
    for (const [path, answers] of part.answers) this.#server.script(path, answers);
    const { port } = part.trunk;
    await part.trunk.stop();
    part.trunk = new Softphone({ ...this.#setup, port, phones: part.document.phones ?? {} });
    await part.trunk.start();
  }

  async #part({ name, text: original, readFile }: Script, index: number): Promise<Part> {
    const sid = `s${String(index).padStart(3, "0")}`;
    const simulated = parseScenario(original, name, readFile);
    if (!simulated.ok) throw new Error(`${name}: ${simulated.error[0]?.message}`);
    const document = parse(original) as Document;
    if (typeof document.flow === "string") document.flow = parse(readFile(document.flow));
    for (const [url, answers] of Object.entries(document.urls ?? {})) this.#server.script(pathOf(sid, url), answers);
    // The scenario's numbers and URLs become this part's own, wherever they appear.
    const own = stringify(document).replaceAll(OWN_BLOCK, ownBlock(sid));
    const local = own.replaceAll(/https:\/\/[\w.-]+\/[\w./-]*/g, (url) => this.#server.url(pathOf(sid, url)));
    const ready = parse(local) as Document;
    const localise = (text: string): string => text.replaceAll(OWN_BLOCK, ownBlock(sid));
    const answers = new Map<string, readonly ScriptedAnswer[]>();
    for (const [url, given] of Object.entries(document.urls ?? {}))
      answers.set(pathOf(sid, url), localAnswers(given, localise));
    for (const [path, given] of answers) this.#server.script(path, given);
    const trunk = new Softphone({ ...this.#setup, port: 0, phones: ready.phones ?? {} });
    await trunk.start();
    return { name, sid, document: ready, trunk, answers, plays: 0, simulated: simulated.value };
  }
}

function localAnswers(answers: readonly ScriptedAnswer[], localise: (text: string) => string): ScriptedAnswer[] {
  return JSON.parse(localise(JSON.stringify(answers))) as ScriptedAnswer[];
}

function pathOf(sid: string, url: string): string {
  return `/${sid}/${url.replace(/^https:\/\//, "")}`;
}

function ownBlock(sid: string): string {
  return `+91804${sid.slice(1)}1000`.slice(0, OWN_BLOCK.length);
}

function numbersOf(document: Document): string[] {
  return (document.account?.exophones ?? []).map((one) => (typeof one === "string" ? one : one.number));
}

function accountOf({ document, sid, trunk }: Part): object {
  const { exophones = [], ...account } = document.account ?? {};
  const flow = (document.flow as { flow: string }).flow;
  return {
    tenant_id: 1409,
    ...account,
    sid,
    api_keys: KEYS,
    private_destinations: true,
    trunks: [{ name: "main", address: `${HOST}:${trunk.port}`, accept_from: [HOST] }],
    exophones: exophones.map((one) => ({ ...(typeof one === "string" ? { number: one } : one), flow })),
  };
}
