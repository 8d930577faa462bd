import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { silentLog } from "../../src/base/log.ts";
import { systemClock } from "../../src/base/system-clock.ts";
import { systemRandom } from "../../src/base/system-random.ts";
import { Softphone } from "../../src/tools/softphone/phone.ts";
import type { PhoneScript } from "../../src/tools/softphone/script.ts";
import { UrlServer } from "../../src/tools/softphone/url-server.ts";
import type { TestPlatform } from "../support/platform.ts";
import { EXOPHONE, startTestPlatform } from "../support/platform.ts";

/**
 * Programs for Exotel, rebuilt from the requests that public ones send: a CRM's connector and an SDK in Python, and an SDK in
 * Node. None knows that it talks to us. Each places a call, follows its callbacks, finds it in the list, and fetches its
 * recording. The registries have no such program that both places calls and lets us choose its host.
 */
interface Client {
  readonly name: string;
  /** Places a call; returns its id. */
  place(order: Order): Promise<string>;
  /** The ids of the newest calls. */
  list(): Promise<readonly string[]>;
  /** The bytes of a recording. */
  download(url: string): Promise<number>;
}

interface Order {
  readonly from: string;
  readonly to: string;
  readonly callback: string;
}

const KEY = "acme-key:acme-token";
const CALLER_ID = `0${EXOPHONE.slice(3)}`;
const BASE = "/v1/Accounts/acme";

const run = promisify(execFile);
const setup = { clock: systemClock, random: systemRandom(), log: silentLog, host: "127.0.0.1" };
const phones: Record<string, PhoneScript[]> = {};
const trunk = new Softphone({ ...setup, port: 0, phones });
const customer = new UrlServer(setup);
let platform: TestPlatform;

beforeAll(async () => {
  await trunk.start();
  await customer.start();
  platform = await startTestPlatform({
    trunkPort: trunk.port,
    flow: { start: "bye", applets: { bye: { type: "hangup" } } },
  });
});

afterAll(async () => {
  await trunk.stop();
  await customer.stop();
  await platform?.stop();
});

/** The start of every Python program here: sends requests as `requests` does. */
const PYTHON = `
import base64, json, sys, urllib.parse, urllib.request
url, key, *args = sys.argv[1:]
def send(path, form=None, signed=True):
    body = None if form is None else urllib.parse.urlencode(form).encode()
    request = urllib.request.Request(url + path, body)
    request.add_header("User-Agent", "python-requests/2.32.3")
    request.add_header("Accept", "*/*")
    if signed:
        request.add_header("Authorization", "Basic " + base64.b64encode(key.encode()).decode())
    with urllib.request.urlopen(request, timeout=20) as answer:
        return answer.read()
`;

async function python(program: string, ...args: readonly string[]): Promise<string> {
  const { stdout } = await run("python3", ["-c", PYTHON + program, platform.httpUrl, KEY, ...args]);
  return stdout.trim();
}

/** Checks its caller id against the account's numbers before each call, and indexes the events by hand. */
const CRM: Client = {
  name: "a CRM's connector",
  place: ({ from, to, callback }) =>
    python(
      `
numbers = json.loads(send("${BASE}/IncomingPhoneNumbers.json"))["IncomingPhoneNumbers"]
assert args[2] in [each["IncomingPhoneNumber"]["PhoneNumber"] for each in numbers]
form = {"From": args[0], "To": args[1], "CallerId": args[2], "Record": "true", "StatusCallback": args[3],
        "StatusCallbackEvents[0]": "terminal", "StatusCallbackEvents[1]": "answered"}
print(json.loads(send("${BASE}/Calls/connect.json?details=true", form))["Call"]["Sid"])`,
      from,
      to,
      CALLER_ID,
      callback,
    ),
  list: async () =>
    sids(await python(`print(send("${BASE}/Calls.json?PageSize=20&SortBy=DateCreated:desc").decode())`)),
  download: async (url) => Number(await python(`print(len(send(args[0], signed=False)))`, url)),
};

/** Repeats a key for a list, and sends its key with every request. */
const PYTHON_SDK: Client = {
  name: "a Python SDK",
  place: ({ from, to, callback }) =>
    python(
      `
form = [("From", args[0]), ("To", args[1]), ("CallerId", args[2]), ("TimeLimit", "60"), ("TimeOut", "20"), ("Record", "true"),
        ("StatusCallback", args[3]), ("StatusCallbackEvents[]", "terminal"), ("StatusCallbackEvents[]", "answered")]
print(json.loads(send("${BASE}/Calls/connect.json", form))["Call"]["Sid"])`,
      from,
      to,
      CALLER_ID,
      callback,
    ),
  list: async () => sids(await python(`print(send("${BASE}/Calls.json").decode())`)),
  download: async (url) => Number(await python(`print(len(send(args[0])))`, url)),
};

/** Builds its form by hand, with an ampersand in front, and reads XML. */
const NODE_SDK: Client = {
  name: "a Node SDK",
  place: async ({ from, to, callback }) => {
    const fields = {
      From: from,
      To: to,
      CallerId: CALLER_ID,
      CallerType: "promo",
      Record: "true",
      StatusCallback: callback,
    };
    const events = "&StatusCallbackEvents=terminal&StatusCallbackEvents=answered";
    const body = Object.entries(fields).reduce(
      (form, [name, value]) => `${form}&${name}=${encodeURIComponent(value)}`,
      "",
    );
    const form = "application/x-www-form-urlencoded";
    const answer = await ask(`${BASE}/Calls/connect`, { accept: form, "content-type": form }, body + events);
    return /<Sid>(\w+)<\/Sid>/.exec(await answer.text())?.[1] ?? "";
  },
  list: async () => {
    const answer = await ask(`${BASE}/Calls?PageSize=20`, { accept: "application/json, text/plain, */*" });
    return [...(await answer.text()).matchAll(/<Sid>(\w+)<\/Sid>/g)].map(([, sid = ""]) => sid);
  },
  download: async (url) => (await (await fetch(platform.httpUrl + url)).arrayBuffer()).byteLength,
};

function ask(path: string, headers: Record<string, string>, body?: string): Promise<Response> {
  const authorization = `Basic ${btoa(KEY)}`;
  const sent = body === undefined ? {} : { method: "POST", body };
  return fetch(platform.httpUrl + path, { headers: { authorization, ...headers }, ...sent });
}

function sids(text: string): readonly string[] {
  const { Calls } = JSON.parse(text) as { readonly Calls: readonly { readonly Sid: string }[] };
  return Calls.map(({ Sid }) => Sid);
}

/** The forms that the callback received, in order. */
function told(path: string): Promise<readonly Record<string, unknown>[]> {
  const forms = customer.requestsTo(path).map(async ({ headers, body }) => {
    const type = String(headers["content-type"]);
    return Object.fromEntries(await new Response(body, { headers: { "content-type": type } }).formData());
  });
  return Promise.all(forms);
}

describe.each([CRM, PYTHON_SDK, NODE_SDK].map((client, index) => ({ client, index, name: client.name })))(
  "$name",
  ({ client, index }) => {
    it("API-2, API-4, API-5, API-6: places a call, follows it, lists it and fetches its recording", async () => {
      const [from, to] = [`+9198300000${index}0`, `+9198300000${index}1`];
      phones[from] = [{ answer_after_ms: 100, tone_hz: 700 }];
      phones[to] = [{ answer_after_ms: 100, tone_hz: 1100, talk_ms: 1500 }];
      const path = `/status${index}`;
      customer.script(path, [{ status: 200 }]);
      const sid = await client.place({ from, to, callback: `${customer.url(path)}?key=verify` });
      expect(sid).toMatch(/^[0-9a-z]{32}$/);
      const events = async () => (await told(path)).map(({ EventType }) => EventType);
      await expect.poll(events, { timeout: 20_000, interval: 100 }).toEqual(["answered", "terminal"]);
      expect(customer.requestsTo(path)[0]?.query).toEqual([["key", "verify"]]);
      const last = (await told(path)).at(-1) ?? {};
      expect(last).toMatchObject({ CallSid: sid, Status: "completed", Direction: "outbound-api" });
      expect(await client.list()).toContain(sid);
      const { pathname, search } = new URL(String(last["RecordingUrl"]));
      // The platform took a free port, which its public address does not have.
      expect(await client.download(pathname + search)).toBeGreaterThan(8000);
    });
  },
);
