import { describe, expect, it } from "vitest";
import { testConfig } from "../../../test/support/exchange-config.ts";
import { seededRandom } from "../../base/random.ts";
import { VirtualClock } from "../../base/virtual-clock.ts";
import type { FetchOptions, HttpClientOutcome } from "../../edges/http-client/types.ts";
import type { UrlCheckOrder } from "../api/url-checker.ts";
import { urlChecker } from "./url-check.ts";

const URL = "https://app.example/connect";
const JSON_TYPE = "application/json";
const GOOD = JSON.stringify({ destination: { numbers: ["+919900000011"] } });

/** A customer's server that answers after `afterMs` of virtual time; keeps the requests that it got. */
function customer(clock: VirtualClock, afterMs = 0) {
  const options: FetchOptions[] = [];
  const answer = (given: FetchOptions): Promise<HttpClientOutcome> => {
    options.push(given);
    if (given.signal?.aborted === true)
      return Promise.resolve({ ok: false, reason: "reset", detail: "It was cancelled." });
    clock.advance(afterMs);
    return Promise.resolve({ ok: true, status: 200, contentType: JSON_TYPE, body: GOOD });
  };
  const fetcher = {
    fetch: async (_: object, given: FetchOptions) => ({ outcome: await answer(given), elapsedMs: afterMs }),
    head: (_: string, given: FetchOptions) => answer(given),
    download: () => Promise.reject(new Error("there is no audio")),
  };
  return { options, check: urlChecker({ fetcher, clock, random: seededRandom(1) }) };
}

function order(changes: Partial<UrlCheckOrder> = {}): UrlCheckOrder {
  const config = testConfig();
  return { config, url: URL, fallback: null, as: "connect", validation: "strict", runs: 0, ...changes };
}

describe("a URL that an account has checked", () => {
  it("gets requests as the account's own, to internal addresses only if the account may", async () => {
    for (const privateDestinations of [false, true]) {
      const { check, options } = customer(new VirtualClock(0));
      const report = await check(order({ config: testConfig({ privateDestinations }) }));
      expect(report).toMatchObject({ ok: true, value: { url: URL, ok: true, kind: "connect" } });
      expect(options.length).toBeGreaterThan(5);
      const expected = { account: "acct", purpose: "check_by_api", allowPrivate: privateDestinations };
      for (const each of options) expect(each).toMatchObject(expected);
    }
  });

  it("is refused if it is not a URL or can't be used for this", async () => {
    const { check } = customer(new VirtualClock(0));
    expect(await check(order({ url: "file:///etc/passwd" }))).toMatchObject({ ok: false, error: { kind: "wrong" } });
    const wrong = await check(order({ as: "event", fallback: URL }));
    expect(wrong).toMatchObject({ error: { message: expect.stringMatching(/^fallback is for Connect and Gather/) } });
  });

  it("is one at a time for each account", async () => {
    const { check } = customer(new VirtualClock(0));
    const [first, second] = await Promise.all([check(order()), check(order())]);
    expect(first.ok).toBe(true);
    expect(second).toMatchObject({ ok: false, error: { kind: "busy" } });
    expect((await check(order())).ok).toBe(true);
  });

  it("is abandoned if it is so slow that nobody would wait for the report", async () => {
    const clock = new VirtualClock(0);
    const { check, options } = customer(clock, 4000);
    expect(await check(order())).toMatchObject({ ok: false, error: { kind: "slow" } });
    expect(options.filter(({ signal }) => signal?.aborted === true).length).toBe(options.length);
    expect(clock.now()).toBeLessThan(60_000);
  });
});
