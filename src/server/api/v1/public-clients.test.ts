import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CLIENTS } from "../../../../test/fixtures/clients.ts";
import type { ClientRequest } from "../../../../test/fixtures/clients.ts";
import { ok } from "../../../base/result.ts";
import type { ApiOptions } from "../api-options.ts";
import { TWO_ATTEMPTS } from "../testing/calls.ts";
import type { TestApi } from "../testing/test-api.ts";
import { acme, START_MS, startTestApi } from "../testing/test-api.ts";

let api: TestApi;
let url: URL;
let config = acme();

beforeAll(async () => {
  const directory: ApiOptions["directory"] = {
    account: (sid) => (sid === "acme" ? config : undefined),
  };
  const numberRouting: NonNullable<ApiOptions["numberRouting"]> = {
    change: (_account, number, { name = "", flow = "" }) => {
      config = acme({ nameOf: new Map([[number, name]]), flowOf: new Map([[number, flow]]) });
      return Promise.resolve(ok(undefined));
    },
  };
  api = await startTestApi({ directory, numberRouting });
  const recordings = [{ id: "r1", file: "acme/r1.wav", layout: "mono", durationMs: 8000, failure: null }] as const;
  await api.add(
    { sid: "talked", startedAt: START_MS, trace: TWO_ATTEMPTS, recordings },
    { sid: "missed", startedAt: START_MS + 1000, record: { status: "no-answer", dial_call_status: "no-answer" } },
  );
  url = new URL(await api.app.listen({ port: 0, host: "127.0.0.1" }));
}, 60_000);
afterAll(() => api.close());

/** Sends a request as the client's library does: over a socket, with the key in the header made from a URL's user and password. */
async function send({ method = "GET", path, headers = {}, form }: ClientRequest): Promise<string> {
  const response = await fetch(new URL(path, url), {
    method,
    headers: { authorization: `Basic ${btoa("acme-key:acme-token")}`, ...headers },
    ...(form === undefined ? {} : { body: new URLSearchParams(form) }),
  });
  return response.text();
}

describe.each(CLIENTS)("$name", ({ requests }) => {
  it.each(requests)("API-4, API-5, API-7: $what", async (request) => {
    const read = request.read(await send(request));
    if (request.reads instanceof RegExp) expect(read).toMatch(request.reads);
    else expect(read).toEqual(request.reads);
  });
});

it("API-5: a program that follows NextPageUri sees every call once, then stops", async () => {
  const seen: unknown[] = [];
  for (let path: string | null = "/v1/Accounts/acme/Calls.json?PageSize=1"; path !== null;) {
    const page = JSON.parse(await send({ what: "", path, read: String, reads: "" })) as {
      readonly Metadata: { readonly NextPageUri: string | null };
      readonly Calls: readonly { readonly Sid: string }[];
    };
    seen.push(...page.Calls.map(({ Sid }) => Sid));
    path = page.Metadata.NextPageUri;
  }
  expect(seen).toEqual(["missed", "talked"]);
});
