import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { VirtualClock } from "../../base/virtual-clock.ts";
import { UrlServer } from "./url-server.ts";

describe("a scripted customer URL", () => {
  const clock = new VirtualClock();
  const server = new UrlServer({ clock });

  /** One request; the virtual clock advances as soon as it has arrived. */
  async function request(path: string, advanceMs = 0): Promise<Response> {
    const before = server.requests.length;
    const response = fetch(server.url(path));
    response.catch(() => undefined);
    for (let turn = 0; server.requests.length === before && turn < 200; turn++) await new Promise(setImmediate);
    clock.advance(advanceMs);
    return response;
  }

  beforeEach(() => server.start());
  afterEach(() => server.stop());

  it("gives its answers in order and repeats the last", async () => {
    server.script("/connect", [{ json: { destination: { numbers: [] } } }, { status: 503, text: "later" }]);
    const answers = [await request("/connect"), await request("/connect"), await request("/connect")];
    expect(answers.map((answer) => answer.status)).toEqual([200, 503, 503]);
    expect(answers[0]?.headers.get("content-type")).toBe("application/json");
    expect(await answers[0]?.json()).toEqual({ destination: { numbers: [] } });
    expect(await answers[2]?.text()).toBe("later");
  });

  it("answers 404 to a path without a script, and keeps the request", async () => {
    expect((await request("/else?a=1&b=%221%22")).status).toBe(404);
    expect(server.requestsTo("/else").at(-1)).toMatchObject({
      method: "GET",
      query: [
        ["a", "1"],
        ["b", '"1"'],
      ],
      rawQuery: "a=1&b=%221%22",
    });
  });

  it("waits as long as the script says", async () => {
    server.script("/slow", [{ after_ms: 4000, text: "x" }]);
    const seen: number[] = [];
    const done = request("/slow", 3999).then((answer) => seen.push(answer.status));
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
    expect(seen).toEqual([]);
    clock.advance(1);
    await done;
    expect(seen).toEqual([200]);
  });

  it("is a closed port, an unknown host or without TLS if its script begins with that, and never answers a timeout", async () => {
    server.script("/refused", [{ error: "refused" }]);
    server.script("/dns", [{ error: "dns" }]);
    server.script("/tls", [{ error: "tls" }]);
    server.script("/timeout", [{ error: "timeout" }]);
    await expect(fetch(server.url("/refused"))).rejects.toMatchObject({ cause: { code: "ECONNREFUSED" } });
    expect(new URL(server.url("/dns")).hostname).toBe("nobody.invalid");
    await expect(fetch(server.url("/tls"))).rejects.toMatchObject({ message: "fetch failed" });
    const asked = fetch(server.url("/timeout"), { signal: AbortSignal.timeout(50) });
    await expect(asked).rejects.toMatchObject({ name: "TimeoutError" });
    expect(server.requestsTo("/timeout")).toHaveLength(1);
  });
});
