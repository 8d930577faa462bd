import { describe, expect, it } from "vitest";
import { Drive } from "../../engine/testing/drive.ts";

const A = "+919900000011";
const B = "+919900000012";
const EVENTS = { dial_passthru_event_url: "https://user:secret@app.example/events?key=1" };
const ALL = { dialEvents: ["dial", "ringing", "answered", "terminal"] } as const;

function dialling(numbers: readonly string[], account: object = {}, more: object = {}): Drive {
  const call = new Drive({ account });
  call.dial(numbers, { ...EVENTS, ...more });
  return call;
}

function sentEvents(call: Drive): string[] {
  return call.traced("dial_event").map((entry) => `${entry.leg} ${entry.event}`);
}

describe("dial events", () => {
  it("EVT-1: carry the call, the destination, the line's state and the agent's email", () => {
    const users = [{ name: "anil", number: A, email: "anil@acme.example" }];
    const call = dialling([A, B], { users });
    call.refuse(2);
    const [first, , third] = call.traced("dial_event");
    expect(first?.query.map(([name]) => name)).toEqual([
      "CallSid",
      "CallFrom",
      "CallTo",
      "Direction",
      "Created",
      "From",
      "To",
      "CurrentTime",
      "DialWhomNumber",
      "Status",
      "EventType",
      "AgentEmail",
    ]);
    expect(Object.fromEntries(first?.query ?? [])).toMatchObject({
      DialWhomNumber: "09900000011",
      AgentEmail: "anil@acme.example",
    });
    expect(third?.query.map(([name]) => name)).not.toContain("AgentEmail");
  });

  it("EVT-1: go to the URL with its own query, and its credentials stay out of the trace", () => {
    const call = dialling([A]);
    const [notify] = call.of("notify");
    expect(notify?.purpose).toBe("dial_event");
    expect(notify?.request.baseUrl).toBe("https://app.example/events?key=1");
    expect(notify?.request.query[0]).toEqual(["CallSid", call.call.callSid]);
    expect(notify?.request.authorization).toMatch(/^Basic /);
    expect(notify?.request.headers).toMatchObject({ accept: "*/*" });
    expect(notify?.request.headers).not.toHaveProperty("exotel-version");
    expect(JSON.stringify(call.trace)).not.toContain("secret");
  });

  it("EVT-2: Dial when the attempt starts and Terminal when it ends, however it ends", () => {
    const call = dialling([A, B]);
    call.ring(2);
    call.refuse(2);
    call.answer(3);
    call.hangUp(3);
    expect(sentEvents(call)).toEqual(["2 Dial", "2 Terminal", "3 Dial", "3 Terminal"]);
  });

  it("EVT-2: Ringing and Answered between them if the account turns them on, Ringing once", () => {
    const call = dialling([A], ALL);
    call.ring(2);
    call.ring(2);
    call.answer(2);
    call.hangUp(2);
    expect(sentEvents(call)).toEqual(["2 Dial", "2 Ringing", "2 Answered", "2 Terminal"]);
  });

  it("EVT-4: a phone that reports ringing after it answered sends no further event", () => {
    const call = dialling([A], ALL);
    call.answer(2);
    call.ring(2);
    call.hangUp(2);
    expect(sentEvents(call)).toEqual(["2 Dial", "2 Answered", "2 Terminal"]);
  });

  it("EVT-3: Status is the line's: busy until Terminal, then free", () => {
    const call = dialling([A], ALL);
    call.ring(2);
    call.answer(2);
    call.hangUp(2);
    const status = call.traced("dial_event").map((entry) => Object.fromEntries(entry.query)["Status"]);
    expect(status).toEqual(["busy", "busy", "busy", "free"]);
  });

  it("EVT-4: each attempt of a parallel round has its own Dial and Terminal", () => {
    const call = dialling([A, B], {}, { parallel_ringing: { activate: true } });
    call.answer(3);
    call.hangUp();
    expect(sentEvents(call)).toEqual(["2 Dial", "3 Dial", "2 Terminal", "3 Terminal"]);
  });

  it.each(["caller leaves", "ring limit", "hang_up", "recover"])(
    "EVT-4: an attempt that ends by %s has its Terminal",
    (how) => {
      const call = dialling([A]);
      if (how === "caller leaves") call.hangUp();
      else if (how === "ring limit") call.after(30_000);
      else call.event({ kind: "command", command: how === "recover" ? "recover" : "hang_up" });
      expect(sentEvents(call)).toEqual(["2 Dial", "2 Terminal"]);
    },
  );

  it("EVT-4: a re-fetch that names another URL does not redirect the Terminal of the attempt before", () => {
    const call = dialling([A], {}, { fetch_after_attempt: true });
    call.refuse(2);
    call.dial([B], { dial_passthru_event_url: "https://other.example/events" });
    call.refuse(3);
    const hosts = call.of("notify").map((effect) => new URL(effect.request.baseUrl).host);
    expect(hosts).toEqual(["app.example", "app.example", "other.example", "other.example"]);
  });

  it("EVT-5: Direction is the call's", () => {
    const call = new Drive({ call: { direction: "outbound-dial" } });
    call.dial([A], EVENTS);
    expect(Object.fromEntries(call.traced("dial_event")[0]?.query ?? [])["Direction"]).toBe("outbound-dial");
  });

  it("EVT-6: are handed to the outbox in order per attempt, and the call does not wait for them", () => {
    const call = dialling([A, B], {}, { parallel_ringing: { activate: true } });
    const orders = call.of("notify").map((effect) => effect.order);
    expect(new Set(orders).size).toBe(2);
    expect(orders.every((order) => order.startsWith(call.call.callSid))).toBe(true);
    expect(call.call.fetches).toEqual([]);
  });

  it("RES-20: without a URL, or with a malformed one, there are no events", () => {
    const call = new Drive();
    call.dial([A], { dial_passthru_event_url: "not a url" });
    call.refuse(2);
    expect(call.of("notify")).toEqual([]);
  });
});
