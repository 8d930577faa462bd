import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { SIGNATURE_HEADER, signed, signedDelivery } from "../src/edges/http-client/sign.ts";
import type { OutboundRequest } from "../src/edges/http-client/types.ts";

const PAGE = readFileSync(join(import.meta.dirname, "../docs/signatures.md"), "utf8");
const SECRET = "0123456789abcdef0123456789abcdef";
const OTHER = "another secret of 32 characters.";
const BASE64 = `whsec_${Buffer.from("32 octets, which are no text: ÿ!").toString("base64")}`;
const AT_S = 1_767_600_000;
const URL_ASKED = "https://app.example/connect?CallSid=a1&digits=%22215250%22";
const BODY = '--x\r\nContent-Disposition: form-data; name="CustomField"\r\n\r\nतक $1 \\ "\r\n--x--\r\n';

/** An interpreter, how it runs a program, and how the page's code is called from it with JSON on its input. */
interface Language {
  readonly name: string;
  readonly fence: string;
  readonly command: readonly string[];
  readonly main: string;
}

const LANGUAGES: readonly Language[] = [
  {
    name: "Node",
    fence: "js",
    command: [process.execPath, "--input-type=module", "-e"],
    main: `
const cases = JSON.parse((await import("node:fs")).readFileSync(0, "utf8"));
console.log(JSON.stringify(cases.map(({ secret, method, url, header, headers, body, now }) => headers === undefined
  ? isPlugboard(secret, method, url, header ?? undefined, now) : isPlugboardWebhook(secret, headers, Buffer.from(body), now))));`,
  },
  {
    name: "Python",
    fence: "python",
    command: ["python3", "-c"],
    main: `
import json, sys
print(json.dumps([is_plugboard(c["secret"], c["method"], c["url"], c["header"], c["now"]) if "headers" not in c
  else is_plugboard_webhook(c["secret"], c["headers"], c["body"].encode(), c["now"]) for c in json.load(sys.stdin)]))`,
  },
  {
    name: "PHP",
    fence: "php",
    command: ["php", "-r"],
    main: `
echo json_encode(array_map(fn($c) => isset($c['headers'])
  ? is_plugboard_webhook($c['secret'], $c['headers'], $c['body'], $c['now'])
  : is_plugboard($c['secret'], $c['method'], $c['url'], $c['header'], $c['now']), json_decode(stream_get_contents(STDIN), true)));`,
  },
];

interface Case {
  readonly what: string;
  readonly ours: boolean;
  readonly input: Readonly<Record<string, unknown>>;
}

function asked(changes: object, secrets: readonly string[] = [SECRET]): Case["input"] {
  const request = { method: "GET", url: URL_ASKED, headers: {}, authorization: null } as const;
  const header = signed(request, secrets, AT_S * 1000).headers[SIGNATURE_HEADER];
  return { secret: SECRET, method: "GET", url: URL_ASKED, header, now: AT_S + 5, ...changes };
}

function posted(changes: object, headerChanges: object = {}, secrets: readonly string[] = [SECRET]): Case["input"] {
  const request: OutboundRequest = { method: "POST", url: URL_ASKED, headers: {}, authorization: null, body: BODY };
  const { headers } = signedDelivery(request, "c1-cb2", secrets, AT_S * 1000);
  return { secret: secrets.at(-1), headers: { ...headers, ...headerChanges }, body: BODY, now: AT_S + 5, ...changes };
}

const CASES: readonly Case[] = [
  { what: "a request of ours", ours: true, input: asked({}) },
  { what: "under the old of two secrets", ours: true, input: asked({}, [OTHER, SECRET]) },
  { what: "under the new of two secrets", ours: true, input: asked({}, [SECRET, OTHER]) },
  { what: "another query", ours: false, input: asked({ url: `${URL_ASKED}&x=1` }) },
  { what: "another method", ours: false, input: asked({ method: "POST" }) },
  { what: "another secret", ours: false, input: asked({ secret: OTHER }) },
  { what: "an old request", ours: false, input: asked({ now: AT_S + 301 }) },
  { what: "a request of the future", ours: false, input: asked({ now: AT_S - 301 }) },
  { what: "no signature", ours: false, input: asked({ header: null }) },
  { what: "a signature of nonsense", ours: false, input: asked({ header: "t=x,v1,=,,v1=" }) },
  { what: "a callback of ours", ours: true, input: posted({}) },
  { what: "a callback under the old of two secrets", ours: true, input: posted({}, {}, [OTHER, SECRET]) },
  { what: "a callback under a secret in base64", ours: true, input: posted({}, {}, [BASE64]) },
  { what: "another body", ours: false, input: posted({ body: `${BODY} ` }) },
  { what: "another id", ours: false, input: posted({}, { "webhook-id": "c1-cb3" }) },
  { what: "another time", ours: false, input: posted({}, { "webhook-timestamp": String(AT_S + 1) }) },
  { what: "a callback under another secret", ours: false, input: posted({ secret: OTHER }) },
  { what: "an old callback", ours: false, input: posted({ now: AT_S + 301 }) },
  { what: "a callback without a signature", ours: false, input: posted({ headers: { host: "app.example" } }) },
  { what: "a callback with half a signature", ours: false, input: posted({}, { "webhook-signature": "v1," }) },
];

describe("REQ-9: the code of docs/signatures.md", () => {
  it.for(LANGUAGES)("in $name tells our requests from others", ({ name, fence, command, main }, { skip }) => {
    const [program = "", ...args] = command;
    const code = new RegExp(`\`\`\`${fence}\n([^]*?)\`\`\``).exec(PAGE)?.[1] ?? "";
    const input = JSON.stringify(CASES.map((one) => one.input));
    const run = spawnSync(program, [...args, code.replace("<?php", "") + main], { input, encoding: "utf8" });
    const isMissing = run.error !== undefined && "code" in run.error && run.error.code === "ENOENT";
    skip(isMissing, `${name} is not installed here (${program}): its code was not run`);
    expect(run.stderr).toBe("");
    const verdicts = JSON.parse(run.stdout) as readonly boolean[];
    expect(CASES.map(({ what }, i) => `${what}: ${verdicts[i]}`)).toEqual(
      CASES.map(({ what, ours }) => `${what}: ${ours}`),
    );
  });

  it("is shown with a signature that it accepts", () => {
    expect(PAGE).toContain(`Plugboard-Signature: ${String(asked({})["header"])}`);
  });
});
