import { createSocket } from "node:dgram";
import type { Socket } from "node:dgram";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Customer } from "../support/customer.ts";
import { dials, startCustomer } from "../support/customer.ts";
import type { TestPlatform } from "../support/platform.ts";
import { EXOPHONE, startTestPlatform } from "../support/platform.ts";

const DESTINATION = "+919900000011";
const SESSION = ["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "c=IN IP4 127.0.0.1", "t=0 0"];

interface InviteOptions {
  readonly headers?: readonly string[];
  /** Offered RTP payload type; PCMU by default. */
  readonly payload?: number;
}

/** A socket that speaks just enough SIP for a test. */
class Wire {
  readonly messages: string[] = [];
  readonly port: number;
  onMessage: (message: string) => void = () => undefined;
  readonly #socket: Socket;

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.port = socket.address().port;
    socket.on("message", (octets) => {
      const message = octets.toString("utf8");
      this.messages.push(message);
      this.onMessage(message);
    });
  }

  static async open(): Promise<Wire> {
    const socket = createSocket("udp4");
    await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
    return new Wire(socket);
  }

  send(text: string, port: number): void {
    this.#socket.send(text, port, "127.0.0.1");
  }

  invite(id: string, to: string, from: string, port: number, options: InviteOptions = {}): void {
    const { headers = [], payload = 0 } = options;
    const body = [...SESSION, `m=audio 4000 RTP/AVP ${payload}`, ""].join("\r\n");
    const lines = [
      `INVITE sip:${to}@127.0.0.1:${port} SIP/2.0`,
      `Via: SIP/2.0/UDP 127.0.0.1:${this.port};branch=z9hG4bK${id};rport`,
      "Max-Forwards: 70",
      `From: ${from};tag=${id}`,
      `To: <sip:${to}@127.0.0.1>`,
      `Call-ID: ${id}`,
      "CSeq: 1 INVITE",
      `Contact: <sip:wire@127.0.0.1:${this.port}>`,
      ...headers,
      "Content-Type: application/sdp",
      `Content-Length: ${body.length}`,
    ];
    this.send(`${lines.join("\r\n")}\r\n\r\n${body}`, port);
  }

  /** Acknowledges the 200 of an INVITE sent here. */
  acknowledge(response: string, port: number): void {
    this.#inDialog("ACK", 1, response, port);
  }

  hangUp(response: string, port: number): void {
    this.#inDialog("BYE", 2, response, port);
  }

  close(): void {
    this.#socket.close();
  }

  #inDialog(method: string, sequence: number, response: string, port: number): void {
    const target = /^Contact: <([^>]+)>/im.exec(response)?.[1] ?? "";
    const lines = [
      `${method} ${target} SIP/2.0`,
      `Via: SIP/2.0/UDP 127.0.0.1:${this.port};branch=z9hG4bK${method}${header(response, "Call-ID")};rport`,
      "Max-Forwards: 70",
      `From: ${header(response, "From")}`,
      `To: ${header(response, "To")}`,
      `Call-ID: ${header(response, "Call-ID")}`,
      `CSeq: ${sequence} ${method}`,
      "Content-Length: 0",
    ];
    this.send(`${lines.join("\r\n")}\r\n\r\n`, port);
  }
}

function header(message: string, name: string): string {
  return new RegExp(`^${name}:\\s*(.*?)\\r$`, "im").exec(message)?.[1] ?? "";
}

/** A final refusal, as a stateless server would write it. */
function refusal(invite: string, status: string): string {
  const vias = [...invite.matchAll(/^Via:.*?\r\n/gim)].join("");
  const copied = ["From", "Call-ID", "CSeq"].map((name) => `${name}: ${header(invite, name)}\r\n`).join("");
  return `SIP/2.0 ${status}\r\n${vias}${copied}To: ${header(invite, "To")};tag=t\r\nContent-Length: 0\r\n\r\n`;
}

let platform: TestPlatform;
let customer: Customer;
let trunk: Wire;
let caller: Wire;

beforeAll(async () => {
  customer = await startCustomer();
  trunk = await Wire.open();
  const sales = { type: "connect", url: { primary: `${customer.url}/connect` }, exits: {} };
  platform = await startTestPlatform({ trunkPort: trunk.port, flow: { start: "sales", applets: { sales } } });
});
afterAll(async () => {
  await platform?.stop();
  await customer?.close();
  trunk?.close();
});
beforeEach(async () => {
  caller = await Wire.open();
  trunk.messages.length = 0;
  trunk.onMessage = () => undefined;
  customer.seen.length = 0;
  customer.on("/connect", dials([DESTINATION]));
});
afterEach(() => caller.close());

function trunkInvites(): string[] {
  return trunk.messages.filter((message) => message.startsWith("INVITE "));
}

function statuses(wire: Wire): string[] {
  return wire.messages.map((message) => message.split(" ")[1] ?? "").filter((status) => status !== "100");
}

async function metric(line: string): Promise<string | undefined> {
  const text = await (await fetch(`${platform.httpUrl}/metrics`)).text();
  return text.split("\n").find((one) => one.startsWith(`${line} `));
}

describe("inbound calls over a trunk", () => {
  it("S2, REQ-34: a withheld number reaches only the trunk of the outbound call", async () => {
    caller.onMessage = (message) => message.startsWith("SIP/2.0 200") && caller.acknowledge(message, platform.sipPort);
    trunk.onMessage = (message) =>
      message.startsWith("INVITE ") && trunk.send(refusal(message, "486 Busy Here"), platform.sipPort);
    caller.invite("withheld", EXOPHONE, '"Anonymous" <sip:anonymous@anonymous.invalid>', platform.sipPort, {
      headers: [
        "P-Asserted-Identity: <sip:switch@carrier.example>, <tel:+919812345678>",
        "Privacy: id",
        "Diversion: <sip:+918000000001@carrier.example>;counter=1",
      ],
    });
    await expect.poll(trunkInvites).toHaveLength(1);
    const [invite = ""] = trunkInvites();
    expect(header(invite, "P-Asserted-Identity")).toContain("+919812345678");
    expect(header(invite, "Privacy")).toBe("id");
    expect(header(invite, "Max-Forwards")).toBe("69");
    expect(header(invite, "Diversion")).toBe("<sip:+918000000001@carrier.example>;counter=1");
    expect(Object.fromEntries(customer.seen[0]?.query ?? [])).toMatchObject({
      CallFrom: "anonymous",
      From: "anonymous",
    });
    const [call] = await platform.endedCalls(1);
    expect(call?.from).toBe("anonymous");
    expect(JSON.stringify(call)).not.toContain("9812345678");
  });

  it("S10, DIAL-13: a destination that forwards to the ExoPhone is rung five times, although the carrier resets every counter", async () => {
    let forwarded = 0;
    const answered = (wire: Wire) => (message: string) => {
      if (message.startsWith("SIP/2.0 200") && / INVITE\r/.test(message)) wire.acknowledge(message, platform.sipPort);
    };
    caller.onMessage = answered(caller);
    trunk.onMessage = (message) => {
      answered(trunk)(message);
      if (!message.startsWith("INVITE ")) return;
      forwarded += 1;
      trunk.invite(`forward${forwarded}`, EXOPHONE, header(message, "From").replace(/;tag=.*/, ""), platform.sipPort);
    };
    caller.invite("looping", EXOPHONE, "<sip:+919812345678@127.0.0.1>", platform.sipPort);
    await expect.poll(() => statuses(trunk), { timeout: 5000 }).toContain("482");
    expect(new Set(trunkInvites().map((invite) => header(invite, "Call-ID")))).toHaveProperty("size", 5);
    expect(await metric('plugboard_refusals_total{reason="loop"}')).toBe('plugboard_refusals_total{reason="loop"} 1');
    for (const { call_sid } of await platform.calls())
      await fetch(`${platform.httpUrl}/api/accounts/acme/calls/${call_sid}/hangup`, {
        method: "POST",
        headers: { authorization: `Basic ${Buffer.from("acme-key:acme-token").toString("base64")}` },
      });
    await platform.endedCalls(6);
  });

  it("O2: a call to an unknown number gets 404, a count and a record", async () => {
    caller.invite("unknown", "+918047109999", "<sip:+919812345678@127.0.0.1>", platform.sipPort);
    await expect.poll(() => statuses(caller)).toContain("404");
    expect(await metric('plugboard_refusals_total{reason="unknown_number"}')).toMatch(/ 1$/);
    const find = async (): Promise<unknown> =>
      (await platform.calls()).find(({ trace }) =>
        trace.some((entry) => entry.type === "decision" && entry.message.includes("(unknown_number)")),
      );
    await expect.poll(find).toMatchObject({ status: "failed", from: "+919812345678" });
  });

  it("S21: an offer without any of our codecs gets 488 with Warning 305, a count and a record", async () => {
    caller.invite("g729", EXOPHONE, "<sip:+919812345678@127.0.0.1>", platform.sipPort, { payload: 18 });
    await expect.poll(() => statuses(caller)).toContain("488");
    expect(caller.messages.map((message) => header(message, "Warning")).join("")).toMatch(/^305 plugboard/);
    expect(await metric('plugboard_refusals_total{reason="media_not_acceptable"}')).toMatch(/ 1$/);
  });
});
