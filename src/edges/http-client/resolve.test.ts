import { describe, expect, it } from "vitest";
import { systemClock } from "../../base/system-clock.ts";
import { sharing, systemResolver } from "./resolve.ts";
import type { ResolvedAddress } from "./types.ts";

describe("resolving", () => {
  it("resolves this machine's own names without a name server", async () => {
    const found = await systemResolver(systemClock)("localhost", "acme");
    expect(found.map(({ address }) => address).every((address) => ["127.0.0.1", "::1"].includes(address))).toBe(true);
    expect(found.length).toBeGreaterThan(0);
  });

  it("queries of one account for a name that is being resolved share the answer; later ones resolve it again", async () => {
    let answer: (addresses: readonly ResolvedAddress[]) => void = () => undefined;
    const asked: string[] = [];
    const resolve = sharing((name) => {
      asked.push(name);
      return new Promise((resolve) => (answer = resolve));
    });
    const both = [resolve("a.example", "acme"), resolve("a.example", "acme")];
    answer([{ address: "192.0.2.1", family: 4 }]);
    expect(await Promise.all(both)).toEqual([
      [{ address: "192.0.2.1", family: 4 }],
      [{ address: "192.0.2.1", family: 4 }],
    ]);
    void resolve("a.example", "acme");
    void resolve("b.example", "acme");
    void resolve("a.example", "other");
    expect(asked).toEqual(["a.example", "a.example", "b.example", "a.example"]);
  });

  it("a failure is also shared, and not cached", async () => {
    let n = 0;
    const resolve = sharing(() => (++n === 1 ? Promise.reject(new Error("first")) : Promise.resolve([])));
    const both = [resolve("a.example", "acme"), resolve("a.example", "acme")];
    expect((await Promise.allSettled(both)).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect(await resolve("a.example", "acme")).toEqual([]);
  });
});
