import { RecordingLinks } from "./recording-links.ts";
import { setImmediate as nextTurn } from "node:timers/promises";
import { DatabaseError } from "pg";
import { describe, expect, it } from "vitest";
import type { Log } from "../../base/log.ts";
import { seededRandom } from "../../base/random.ts";
import { VirtualClock } from "../../base/virtual-clock.ts";
import { ACCOUNT, EXOPHONE } from "../../../test/fixtures/contract.ts";
import type { Flow } from "../../core/call/setup.ts";
import type { MediaClient } from "../../edges/media/process/client.ts";
import type { DialOptions, OutgoingInvite, SipCall, SipEndpointApi } from "../../edges/sip/endpoint.ts";
import type { JournalRow } from "../../edges/store/types.ts";
import type { AccountConfig } from "./account-config.ts";
import { Directory } from "./directory.ts";
import { Exchange } from "./exchange.ts";
import type { ExchangeOptions } from "./exchange.ts";
import { testConfig, testTrunk } from "../../../test/support/exchange-config.ts";
import type { InviteParts, Rejection } from "../../../test/support/invite.ts";
import { incomingInvite, inviteRequest } from "../../../test/support/invite.ts";
import type { Workspace } from "./workspace.ts";

const CALLER = "+919812345678";
const connect = { type: "connect", url: { primary: "http://app.example/connect" }, exits: {} };
const flow: Flow = { id: "1", name: "", start: "c", validation: "strict", applets: { c: connect } };
const SOURCE = { protocol: "udp", address: "192.0.2.1", port: 5060 } as const;

function never<T>(): Promise<T> {
  return new Promise(() => undefined);
}

/** Takes every command and reports nothing. */
function mediaOpening(open: () => Promise<{ port: number }>): MediaClient {
  return new Proxy({} as MediaClient, { get: (_, name) => (name === "open" ? open : () => undefined) });
}
const USER_ABROAD = { name: "abroad", number: "+14155552671", email: null };

interface Line {
  readonly level: keyof Log;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly message: string;
}

/** An open exchange, with what it wrote to its log and journal. */
class Stage {
  readonly clock = new VirtualClock(1_767_600_000_000);
  readonly lines: Line[] = [];
  readonly rows: JournalRow[] = [];
  readonly exchange: Exchange;
  queueDelayMs = 0;
  isDiskLow = false;
  isDiskShort = false;
  isDatabaseStopped = false;
  readonly #held: (() => void)[] = [];
  databaseError: Error | null = null;
  media = mediaOpening(() => Promise.resolve({ port: 30_000 }));
  /** Called for each INVITE that goes out. */
  onDial: (options: DialOptions) => void = () => undefined;
  /** The answered calls of callers. */
  readonly answered: SipCall[] = [];
  readonly #config: AccountConfig;

  constructor(config: AccountConfig = testConfig(), others: readonly AccountConfig[] = []) {
    this.#config = config;
    const line =
      (level: keyof Log) =>
      (fields: object, message: string): void =>
        void this.lines.push({ level, fields: fields as Line["fields"], message });
    const accounts = [config, ...others];
    this.exchange = new Exchange({
      clock: this.clock,
      random: seededRandom(1),
      log: { debug: line("debug"), info: line("info"), warn: line("warn"), error: line("error") },
      store: {
        putSetup: () => Promise.resolve(),
        append: (rows: readonly JournalRow[]) => this.#append(rows),
        outageMs: 0,
      },
      isDiskLow: () => this.isDiskLow,
      isDiskShort: () => this.isDiskShort,
      fetcher: { fetch: never },
      directory: new Directory({ accounts, flows: new Map() }),
      mediaAddress: "192.0.2.9",
      recordingsDir: "recordings",
      links: new RecordingLinks("secret", "https://voice.example"),
      publicUrl: "http://192.0.2.9",
      version: "test",
    } as unknown as ExchangeOptions);
  }

  async open(document: Flow = flow): Promise<this> {
    const { sid } = this.#config.account;
    const workspace: Workspace = { accounts: [this.#config], flows: new Map([[`${sid}/1`, document]]) };
    await this.exchange.prepare(workspace);
    this.exchange.connect(
      Object.defineProperty({ dial: this.#dial } as unknown as SipEndpointApi, "queueDelayMs", {
        get: () => this.queueDelayMs,
      }),
    );
    this.exchange.addMedia(this.media);
    this.exchange.open();
    return this;
  }

  readonly #dial = (options: DialOptions): OutgoingInvite => {
    this.onDial(options);
    return { callId: "b", cancel: () => undefined, snapshot: () => null };
  };

  /** What the caller of one INVITE gets at once; null: the call was accepted. */
  invite(parts: InviteParts = {}): Rejection | null {
    return this.inviteAndWait(parts)[0] ?? null;
  }

  /** What the caller of one INVITE is refused with, now or later. */
  inviteAndWait(parts: InviteParts = {}): readonly Rejection[] {
    const rejections: Rejection[] = [];
    const invite = incomingInvite(parts, rejections);
    const answer = (sdp: string): SipCall => {
      const call = invite.answer(sdp);
      this.answered.push(call);
      return call;
    };
    this.exchange.handlers.onInvite({ ...invite, answer });
    return rejections;
  }

  /** The records of refused calls: parties, and the sentence in the trace. */
  get refused(): { readonly from: string; readonly to: string; readonly account: string; readonly message: string }[] {
    return this.rows.flatMap(({ call, end, trace, account }) => {
      if (call === undefined || end === undefined) return [];
      const entries = JSON.parse(trace) as { type: string; message?: string }[];
      const message = entries.find(({ type }) => type === "decision")?.message ?? "";
      return [{ from: call.from, to: call.to, account, message }];
    });
  }

  resumeDatabase(): void {
    this.isDatabaseStopped = false;
    for (const write of this.#held.splice(0)) write();
  }

  #append(rows: readonly JournalRow[]): Promise<void> {
    if (this.databaseError !== null) return Promise.reject(this.databaseError);
    return new Promise((resolve) => {
      const write = (): void => {
        this.rows.push(...rows);
        resolve();
      };
      if (this.isDatabaseStopped) this.#held.push(write);
      else write();
    });
  }
}

function opened(config?: AccountConfig, others?: readonly AccountConfig[]): Promise<Stage> {
  return new Stage(config, others).open();
}

const NO_FLOW = testConfig({ flowOf: new Map() });

describe("new calls", () => {
  it("are refused while SIP messages wait long enough for peers to repeat them", async () => {
    const stage = await opened();
    stage.queueDelayMs = 301;
    expect(stage.invite()).toEqual([503, null, [["Retry-After", "2"]]]);
    expect(stage.exchange.liveCalls).toBe(0);
  });

  it("are accepted while messages are read in time", async () => {
    const stage = await opened();
    stage.queueDelayMs = 300;
    expect(stage.invite()).toBeNull();
    expect(stage.exchange.liveCalls).toBe(1);
  });

  it("are announced to be refused soon, while they still are taken", async () => {
    const stage = await opened();
    expect(stage.exchange.strainedBecause).toBeNull();
    stage.queueDelayMs = 151;
    expect(stage.exchange.strainedBecause).toBe("SIP messages wait 151 ms before they are read");
    stage.queueDelayMs = 0;
    stage.isDiskShort = true;
    expect(stage.exchange.strainedBecause).toBe("the disk of the data folder will soon be full");
    stage.isDiskShort = false;
    const second = mediaOpening(() => Promise.resolve({ port: 30_002 }));
    stage.exchange.addMedia(second);
    stage.exchange.mediaLost(second);
    expect(stage.exchange.strainedBecause).toBe("media processes that ended and are not running again yet: 1");
    expect(stage.exchange.closedBecause).toBeNull();
    expect(stage.invite()).toBeNull();
    stage.exchange.addMedia(second);
    expect(stage.exchange.strainedBecause).toBeNull();
  });

  it("O4: have a log line when they begin, with numbers where they can be redacted", async () => {
    const stage = await opened();
    stage.invite();
    const began = stage.lines.filter(({ message }) => message === "call began");
    expect(began).toHaveLength(1);
    expect(began[0]?.fields).toMatchObject({
      account: "acct",
      flow: "1",
      trunk: "main",
      source: "192.0.2.1",
      pii: { from: CALLER, to: EXOPHONE.number },
    });
    expect(began[0]?.fields["call"]).toBe(stage.rows[0]?.callSid);
  });
});

describe("a call that is refused", () => {
  it.each<[string, Stage, InviteParts, Rejection, string, string]>([
    [
      "O2: to an unknown number",
      new Stage(),
      { uri: "sip:+918000009999@192.0.2.9" },
      [404, null, []],
      "unknown_number",
      "+918000009999",
    ],
    ["O2: to an ExoPhone without a flow", new Stage(NO_FLOW), {}, [480, "No flow", []], "no_flow", EXOPHONE.number],
    [
      "O2: beyond the account's calls at once",
      new Stage(testConfig({ concurrentCalls: 0 })),
      {},
      [503, null, [["Retry-After", "2"]]],
      "account_full",
      EXOPHONE.number,
    ],
    [
      "O2: beyond the account's calls a second",
      new Stage(testConfig({ callsPerSecond: 0 })),
      {},
      [503, null, [["Retry-After", "2"]]],
      "account_rate",
      EXOPHONE.number,
    ],
  ])("%s has a log line, a count and a record", async (_title, stage, parts, rejection, reason, to) => {
    await stage.open();
    expect(stage.invite(parts)).toEqual(rejection);
    expect([...stage.exchange.refusals.counts]).toEqual([[reason, 1]]);
    const [line] = stage.lines.filter(({ level }) => level === "warn");
    expect(line?.fields).toMatchObject({ reason, account: "acct", pii: { from: CALLER, to } });
    expect(stage.refused).toEqual([
      { account: "acct", from: CALLER, to, message: expect.stringContaining(`Refused with ${rejection[0]}`) as string },
    ]);
    expect(stage.rows[0]).toMatchObject({ seq: 1, end: { status: "failed" } });
  });

  const sdp = (lines: readonly string[]): string =>
    ["v=0", "o=- 1 1 IN IP4 192.0.2.1", "s=-", "t=0 0", ...lines, ""].join("\r\n");
  const C = "c=IN IP4 192.0.2.1";

  it.each<[string, string, string]>([
    ["304", sdp([C, "m=video 9 RTP/AVP 31"]), "an audio line is needed, and the offer has video"],
    ["302", sdp([C, "m=audio 9 RTP/SAVP 0"]), "audio is taken by RTP/AVP, and the offer has RTP/SAVP"],
    ["305", sdp([C, "m=audio 9 RTP/AVP 18"]), "PCMU or PCMA is needed, and the offer has"],
    [
      "301",
      sdp(["c=IN IP6 2001:db8::1", "m=audio 9 RTP/AVP 0"]),
      "an IPv4 address is needed, and the offer has 2001:db8::1",
    ],
    ["399", "nonsense", "can't be read"],
  ])(
    "S21: an offer that cannot be answered gets Warning %s, and the log says what was missing",
    async (code, offer, missing) => {
      const stage = await opened();
      const rejection = stage.invite({ offer });
      expect(rejection?.[0]).toBe(488);
      expect(rejection?.[2]).toEqual([["Warning", expect.stringMatching(new RegExp(`^${code} plugboard "`))]]);
      expect(stage.lines.filter(({ level }) => level === "warn").map(({ message }) => message)).toEqual([
        expect.stringContaining(missing),
      ]);
      expect(stage.refused[0]?.message).toContain(missing);
      expect(stage.exchange.refusals.counts.get("media_not_acceptable")).toBe(1);
    },
  );

  it.each<[number, string, string]>([
    [415, "unusable_body", "Unsupported Media Type"],
    [400, "bad_request", "Bad Request - no Via"],
    [482, "merged_request", "Loop Detected"],
    [483, "too_many_hops", "Too Many Hops"],
  ])(
    "S21: a %s from the SIP stack is logged, counted as %s and recorded, once for each INVITE",
    async (status, word, reason) => {
      const stage = await opened();
      for (let copy = 0; copy < 3; copy++)
        stage.exchange.handlers.onRefusedRequest?.(SOURCE, inviteRequest(), { status, reason });
      expect([...stage.exchange.refusals.counts.keys()]).toEqual([word]);
      expect(stage.lines[0]?.message).toContain(`${status} ${reason}`);
      expect(stage.refused).toHaveLength(1);
    },
  );

  it("S21: a request other than INVITE is no call, and leaves no record", async () => {
    const stage = await opened();
    const options = { ...inviteRequest(), method: "OPTIONS", headers: inviteRequest().headers };
    stage.exchange.handlers.onRefusedRequest?.(SOURCE, options, { status: 400, reason: "Bad Request" });
    expect(stage.exchange.refusals.counts.get("bad_request")).toBe(1);
    expect(stage.rows).toEqual([]);
  });

  it("S2, REQ-34: does not name a caller who withheld the number; nor does an accepted call", async () => {
    const headers = [
      ["Privacy", "id"],
      ["P-Asserted-Identity", `<sip:${CALLER}@x>`],
    ] as const;
    for (const stage of [await opened(), await opened(NO_FLOW)]) {
      stage.invite({ headers });
      expect(stage.rows[0]?.call?.from).toBe("anonymous");
      expect(JSON.stringify([stage.rows, stage.lines])).not.toContain("9812345678");
    }
  });

  it("O2: in a flood, lines and records per minute are limited, and all calls are counted", async () => {
    const stage = await opened(NO_FLOW);
    for (let i = 0; i < 500; i++) stage.invite({ callId: `c${i}` });
    expect(stage.exchange.refusals.counts.get("no_flow")).toBe(500);
    expect(stage.lines).toHaveLength(20);
    expect(stage.refused).toHaveLength(60);
    await nextTurn();
    stage.clock.advance(60_000);
    stage.invite({ callId: "later" });
    expect(stage.lines.at(-1)?.fields["heldBack"]).toBe(480);
    expect(stage.refused).toHaveLength(61);
  });

  it("has no record if its trunk serves several accounts and the call could be for any of them", async () => {
    const other = testConfig({ account: { ...ACCOUNT, sid: "other", exophones: [] } });
    const stage = await opened(testConfig(), [other]);
    expect(stage.invite({ uri: "sip:+918000009999@192.0.2.9" })?.[0]).toBe(404);
    expect(stage.rows).toEqual([]);
    expect(stage.exchange.refusals.counts.get("unknown_number")).toBe(1);
  });
});

describe("a call that comes back", () => {
  const parameters = { destination: { numbers: ["+919900000011"] } };
  const dials: Flow = { ...flow, applets: { c: { type: "connect", parameters, exits: {} } } };

  /** Every dialled call comes back at once as a new INVITE with these parts. */
  async function loop(parts: InviteParts): Promise<{ stage: Stage; rejections: (Rejection | null)[] }> {
    const stage = new Stage();
    const rejections: (Rejection | null)[] = [];
    stage.onDial = () => void rejections.push(stage.invite({ ...parts, callId: `c${rejections.length}` }));
    await stage.open(dials);
    stage.invite();
    for (let turn = 0; turn < 200; turn++) await nextTurn();
    return { stage, rejections };
  }

  it("DIAL-13, S10: is refused with 482 the sixth time, although Max-Forwards is reset each time", async () => {
    const { stage, rejections } = await loop({ from: `<sip:${EXOPHONE.number}@x>`, port: 5099 });
    expect(rejections.map((rejection) => rejection?.[0] ?? 200)).toEqual([200, 200, 200, 200, 482]);
    expect(stage.exchange.refusals.counts.get("loop")).toBe(1);
    expect(stage.refused[0]?.message).toContain("came back to its own ExoPhone");
  });

  it("DIAL-13, S10: is found also when the carrier shows the original caller", async () => {
    const { rejections } = await loop({});
    expect(rejections.map((rejection) => rejection?.[0] ?? 200)).toEqual([200, 200, 200, 200, 482]);
  });

  it("DIAL-13, S10: passes on Max-Forwards reduced by one, and the history", async () => {
    const stage = new Stage();
    const dialed: DialOptions[] = [];
    stage.onDial = (options) => void dialed.push(options);
    await stage.open(dials);
    stage.invite({ maxForwards: 12, headers: [["Diversion", "<sip:1@x>;counter=3"]] });
    for (let turn = 0; turn < 20; turn++) await nextTurn();
    expect(dialed).toMatchObject([{ maxForwards: 11, headers: [["Diversion", "<sip:1@x>;counter=3"]] }]);
  });

  it("A11: with wait_for_ack nobody is dialled before the caller's ACK", async () => {
    const stage = new Stage(testConfig({ trunks: [testTrunk({ waitForAck: true })] }));
    const dialed: DialOptions[] = [];
    stage.onDial = (options) => void dialed.push(options);
    await stage.open(dials);
    stage.invite();
    for (let turn = 0; turn < 20; turn++) await nextTurn();
    expect(dialed).toHaveLength(0);
    stage.answered[0]?.handlers.onAcknowledged?.();
    for (let turn = 0; turn < 20; turn++) await nextTurn();
    expect(dialed).toHaveLength(1);
  });

  it("S23: waits for a first response as long as the trunk's first_response_timeout says", async () => {
    const stage = new Stage(testConfig({ trunks: [testTrunk({ firstResponseTimeoutMs: 9000 })] }));
    const dialed: DialOptions[] = [];
    stage.onDial = (options) => void dialed.push(options);
    await stage.open(dials);
    stage.invite();
    for (let turn = 0; turn < 20; turn++) await nextTurn();
    expect(dialed[0]?.noProvisionalTimeoutMs).toBe(9000);
  });

  it("counts a number outside dial_prefixes", async () => {
    const stage = new Stage(testConfig({ account: { ...ACCOUNT, dialPrefixes: ["+91800"] } }));
    await stage.open(dials);
    stage.invite();
    for (let turn = 0; turn < 20; turn++) await nextTurn();
    expect(stage.exchange.refusals.counts.get("dial_prefix")).toBe(1);
  });

  it("O8: both phones of a group ring at once, each over the trunk that reaches it", async () => {
    const phones = { anil: "+919900000011", bina: "+919900000022" };
    const users = Object.entries(phones).map(([name, number]) => ({ name, number, email: null }));
    const account = { ...ACCOUNT, users, groups: { sales: ["anil", "bina"] } };
    const trunks = users.map(({ name, number }, i) =>
      testTrunk({ name, host: `192.0.2.1${i + 1}`, reaches: [number] }),
    );
    const stage = new Stage(testConfig({ account, trunks: [testTrunk({ reaches: ["+1"] }), ...trunks] }));
    const dialed: string[] = [];
    stage.onDial = ({ target }) => void dialed.push(target.uri);
    const parallel = { parallel_ringing: { activate: true } };
    const group = { type: "connect", dial_whom: { group: "sales" }, parameters: parallel, exits: {} };
    await stage.open({ ...flow, applets: { c: group } });
    stage.invite();
    for (let turn = 0; turn < 20; turn++) await nextTurn();
    expect(dialed).toEqual(["sip:+919900000011@192.0.2.11:5060", "sip:+919900000022@192.0.2.12:5060"]);
  });

  it("counts a user whose number is outside dial_prefixes", async () => {
    const stage = new Stage(testConfig({ account: { ...ACCOUNT, users: [USER_ABROAD], dialPrefixes: ["+91"] } }));
    const toUser = { type: "connect", parameters: { destination: { numbers: ["sip:abroad"] } }, exits: {} };
    await stage.open({ ...flow, applets: { c: toUser } });
    stage.invite();
    for (let turn = 0; turn < 20; turn++) await nextTurn();
    expect(stage.exchange.refusals.counts.get("dial_prefix")).toBe(1);
  });

  it("O4: has a log line when it ends, with outcome, cause and durations", async () => {
    const stage = new Stage();
    stage.onDial = ({ handlers }) => handlers.onFailed(486, "Busy Here", null);
    await stage.open(dials);
    stage.invite();
    for (let turn = 0; turn < 20; turn++) await nextTurn();
    stage.answered[0]?.handlers.onEnded("hung_up", null, []);
    for (let turn = 0; turn < 20; turn++) await nextTurn();
    const [ended] = stage.lines.filter(({ message }) => message === "call ended");
    expect(ended?.fields).toMatchObject({
      call: stage.rows[0]?.callSid,
      account: "acct",
      status: "completed",
      dial_call_status: "busy",
      cause: "17 USER_BUSY",
      ended_by: "platform",
      conversation_s: 0,
      duration_s: 0,
    });
    expect([...stage.exchange.calls.ended]).toEqual([
      { outcome: { status: "completed", dial_call_status: "busy", cause: "USER_BUSY" }, count: 1 },
    ]);
    expect(stage.exchange.liveCalls).toBe(0);
  });
});

describe("exhausted RTP ports", () => {
  it("A12: refuse the caller for now, with a log line, a count and a record", async () => {
    const stage = new Stage();
    stage.media = mediaOpening(() => Promise.reject(new Error("no port is free")));
    await stage.open();
    const rejections = stage.inviteAndWait();
    for (let turn = 0; turn < 20; turn++) await nextTurn();
    expect(rejections).toEqual([[503, null, [["Retry-After", "2"]]]]);
    expect(stage.exchange.refusals.counts.get("no_rtp_port")).toBe(1);
    const [line] = stage.lines.filter(({ level }) => level === "warn");
    expect(line?.fields).toMatchObject({
      reason: "no_rtp_port",
      call: stage.rows[0]?.callSid,
      error: "no port is free",
    });
    expect(stage.rows.some(({ end }) => end !== undefined)).toBe(true);
    expect(stage.exchange.liveCalls).toBe(0);
  });
});

const RETRY_LATER: Rejection = [503, null, [["Retry-After", "2"]]];

describe("A8: when rows can't be written", () => {
  it("the next caller gets 503 with Retry-After, without a record, until they can", async () => {
    const stage = await opened();
    stage.databaseError = Object.assign(new DatabaseError("could not extend file", 0, "error"), { code: "53100" });
    expect(stage.invite()).toBeNull();
    await nextTurn();
    expect(stage.exchange.closedBecause).toBe("journal_failing");
    for (let i = 0; i < 200; i++) expect(stage.invite()).toEqual(RETRY_LATER);
    expect(stage.exchange.refusals.counts.get("journal_failing")).toBe(200);
    expect(stage.lines.length).toBeLessThan(30);
    stage.databaseError = null;
    stage.clock.advance(200);
    await nextTurn();
    expect(stage.exchange.closedBecause).toBeNull();
    expect(new Set(stage.rows.map(({ callSid }) => callSid)).size).toBe(1);
    expect(stage.invite()).toBeNull();
  });

  it("a caller whose first row is late gets 503 instead of silence; the call gets its record later", async () => {
    const stage = await opened();
    stage.isDatabaseStopped = true;
    const rejections = stage.inviteAndWait();
    await nextTurn();
    stage.clock.advance(3999);
    expect(rejections).toEqual([]);
    stage.clock.advance(1);
    expect(rejections).toEqual([RETRY_LATER]);
    expect(stage.exchange.refusals.counts.get("journal_behind")).toBe(1);
    stage.resumeDatabase();
    await nextTurn();
    expect(stage.rows.filter(({ end }) => end !== undefined)).toHaveLength(1);
    expect(JSON.stringify(stage.rows)).toContain("first journal row was not written within 4000 ms");
    expect(stage.exchange.liveCalls).toBe(0);
  });

  it("a caller whose first row is written in time is not refused later", async () => {
    const stage = await opened();
    const rejections = stage.inviteAndWait();
    await nextTurn();
    stage.clock.advance(10_000);
    expect(rejections).toEqual([]);
  });

  it("new calls are refused before the disk is full", async () => {
    const stage = await opened();
    stage.isDiskLow = true;
    expect(stage.invite()).toEqual(RETRY_LATER);
    expect(stage.exchange.closedBecause).toBe("disk_full");
    expect(stage.refused).toEqual([]);
    stage.isDiskLow = false;
    expect(stage.invite()).toBeNull();
    expect(stage.exchange.closedBecause).toBeNull();
  });
});

describe("channels of a trunk", () => {
  it("O8: when all are in use, inbound calls are refused for now", async () => {
    const stage = await opened(testConfig({ trunks: [testTrunk({ channels: 2 })] }));
    expect([1, 2, 3].map(() => stage.invite()?.[0] ?? 200)).toEqual([200, 200, 503]);
    expect(stage.exchange.refusals.counts.get("trunk_full")).toBe(1);
  });
});

describe("an address that no trunk accepts", () => {
  const stranger = { protocol: "udp", address: "203.0.113.9", port: 5070 } as const;

  it("O1: gets no answer, and is listed, counted and logged, one line a minute", async () => {
    const stage = await opened();
    const { handlers } = stage.exchange;
    expect(handlers.admits(stranger, "INVITE")).toBe("drop");
    for (let i = 0; i < 5; i++) handlers.onRefusedSource?.(stranger, "INVITE");
    expect(stage.exchange.refusedSourceRequests).toBe(5);
    expect(stage.exchange.refusedSources()).toEqual([
      expect.objectContaining({ address: "203.0.113.9", method: "INVITE", requests: 5 }),
    ]);
    expect(stage.lines).toHaveLength(1);
    expect(stage.lines[0]?.message).toContain("no trunk accepts (accept_from)");
    stage.clock.advance(60_000);
    handlers.onRefusedSource?.(stranger, "INVITE");
    expect(stage.lines).toHaveLength(2);
  });

  it("O1: a scan from many addresses fills neither the log nor the memory", async () => {
    const stage = await opened();
    for (let i = 0; i < 3000; i++)
      stage.exchange.handlers.onRefusedSource?.({ ...stranger, address: `2001:db8::${i.toString(16)}` }, "INVITE");
    expect(stage.exchange.refusedSources()).toHaveLength(1000);
    expect(stage.exchange.refusedSources()[0]?.address).toBe(`2001:db8::${(2999).toString(16)}`);
    expect(stage.lines).toHaveLength(30);
  });
});
