import type { Server } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { eventsCommand } from "./events.ts";
import { outboxCommand } from "./outbox.ts";
import { runCommand } from "./testing/run-command.ts";

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: NodeJS.Dict<string | string[]>;
}

/** Answers in order of the requests: text of a stream, which then breaks, or a JSON answer with its status. */
let answers: (string | readonly [number, object])[];
let asked: Asked[];
let server: Server;
let flags: readonly string[];

beforeEach(async () => {
  answers = [];
  asked = [];
  server = createServer(({ method = "", url = "", headers }, response) => {
    asked.push({ method, path: url, headers });
    const answer = answers.shift() ?? [410, { detail: "no more" }];
    if (typeof answer !== "string") {
      response.writeHead(answer[0], { "content-type": "application/json" }).end(JSON.stringify(answer[1]));
      return;
    }
    response.writeHead(200, { "content-type": "text/event-stream" }).write(answer, () => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  flags = ["--url", url, "--account", "acme", "--key", "acme-key:acme-token"];
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

function event(id: number): object {
  const data = { call_sid: "c1", at_ms: 5, destination: "+919900000011", message: "two words" };
  return { id: String(id), type: "plugboard.attempt.started", subject: "c1", time: "2026-01-05T08:00:00.000Z", data };
}

function frame(id: number): string {
  return `id: ${id}\ndata: ${JSON.stringify(event(id))}\n\n`;
}

describe("plugboard events", () => {
  it("follows, and resumes after the last event if the connection breaks, even before the first one", async () => {
    answers = [
      "retry: 1000\nid: 6\n\n",
      `retry: 1000\nid: 6\n\n${frame(7)}:\n\n${frame(8)}id: 9\ndata: {"half`,
      frame(9),
    ];
    const { out, errors, status } = await runCommand(eventsCommand(), ...flags);
    expect(out.split("\n").map((line) => line.trim().split(" ", 1)[0])).toEqual(["7", "8", "9", ""]);
    expect(out).toContain(
      '7  2026-01-05T08:00:00.000Z  attempt.started     c1  destination=+919900000011 message="two words"\n',
    );
    expect(asked.map(({ path }) => path)).toEqual(asked.map(() => "/api/accounts/acme/events"));
    expect(asked.map(({ headers }) => headers["last-event-id"])).toEqual([undefined, "6", "8", "9"]);
    expect(asked[0]?.headers["authorization"]).toBe("Basic YWNtZS1rZXk6YWNtZS10b2tlbg==");
    expect([errors, status]).toEqual(["no more\n", 1]);
  });

  it("prints existing events with --no-follow, page after page, as JSON on request", async () => {
    answers = [
      [200, { events: [event(3), event(4)], next: "4" }],
      [200, { events: [], next: "4" }],
    ];
    const { out, status } = await runCommand(eventsCommand(), ...flags, "--no-follow", "--json", "--after", "2");
    expect(
      out
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as object),
    ).toEqual([event(3), event(4)]);
    expect(asked.map(({ path }) => path.replace(/.*\?/, ""))).toEqual(["limit=1000&after=2", "limit=1000&after=4"]);
    expect(status).toBe(0);
  });

  it.each([
    [["--account", "acme"], "an API key of the account is needed"],
    [["--key", "a:b"], "which account?"],
    [["--key", "a:b", "--account", "acme", "--url", "nowhere"], '--url is "nowhere"'],
  ])("says what is missing with %j", async (args, sentence) => {
    const { errors, status } = await runCommand(eventsCommand(), ...args);
    expect([errors, status]).toEqual([expect.stringContaining(sentence), 2]);
  });

  it("says if nothing answers", async () => {
    const args = ["--url", "http://127.0.0.1:1", "--account", "acme", "--key", "a:b"];
    const { errors, status } = await runCommand(eventsCommand(), ...args);
    expect([errors, status]).toEqual([expect.stringContaining("is plugboard serve running there?"), 1]);
  });
});

describe("plugboard outbox", () => {
  const parked = {
    id: "c1-n2",
    state: "parked",
    purpose: "dial_event",
    url: "https://app.example/events",
    tries: 1,
    due_at: null,
    parked_at: "2026-01-05T08:00:00.000Z",
    error: "timeout: no answer.",
  };

  it("lists every page, with the reason of each failure", async () => {
    answers = [
      [200, { deliveries: [parked], next: "17" }],
      [200, { deliveries: [{ ...parked, id: "c1-n1", error: null, tries: 3 }], next: null }],
    ];
    const { out, status } = await runCommand(outboxCommand(), ...flags, "--parked");
    const tail = "given up 2026-01-05T08:00:00.000Z";
    expect(out).toBe(
      `c1-n2  dial_event  ${tail}, 1 try  https://app.example/events\n    timeout: no answer.\n` +
        `c1-n1  dial_event  ${tail}, 3 tries  https://app.example/events\n`,
    );
    expect(asked.map(({ path }) => path.replace(/.*\?/, ""))).toEqual([
      "limit=100&state=parked",
      "limit=100&state=parked&before=17",
    ]);
    expect(status).toBe(0);
  });

  it("resends deliveries, and says why it can't resend others", async () => {
    answers = [
      [202, { id: "c1-n2" }],
      [404, { detail: "account acme owes no delivery c1-n3" }],
    ];
    const { out, errors, status } = await runCommand(outboxCommand(), ...flags, "replay", "c1-n2", "c1-n3");
    expect([out, errors, status]).toEqual(["c1-n2 is sent again\n", "account acme owes no delivery c1-n3\n", 1]);
    expect(asked.map(({ method, path }) => `${method} ${path}`)).toEqual([
      "POST /api/accounts/acme/outbox/c1-n2/replay",
      "POST /api/accounts/acme/outbox/c1-n3/replay",
    ]);
  });
});
