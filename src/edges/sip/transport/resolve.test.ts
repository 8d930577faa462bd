import { describe, expect, it } from "vitest";
import { seededRandom } from "../../../base/random.ts";
import { literalAddress, makeResolver, type NameServer, orderServices, type ServiceRecord } from "./resolve.ts";

const records: readonly ServiceRecord[] = [
  { name: "backup.example", port: 5070, priority: 20, weight: 0 },
  { name: "main.example", port: 5080, priority: 10, weight: 1 },
];

function names(services: readonly ServiceRecord[], asked: string[] = []): NameServer {
  return {
    services: (name) => {
      asked.push(name);
      return Promise.resolve(services);
    },
    addresses: (host) => Promise.resolve(host === "main.example" ? ["192.0.2.1", "192.0.2.2"] : ["192.0.2.9"]),
  };
}

const half = (): number => 0.5;

describe("where a name leads (RFC 3263)", () => {
  it("an IP literal to itself, with 5060 if there is no port", async () => {
    expect(literalAddress("[2001:db8::9]", null)).toEqual({ address: "2001:db8::9", port: 5060 });
    expect(await makeResolver(names([]), half)("192.0.2.5", 5062, "udp")).toEqual([
      { address: "192.0.2.5", port: 5062 },
    ]);
    expect(literalAddress("trunk.example", 5060)).toBeNull();
  });

  it("without a port to the services of its protocol, best priority first, each with all its addresses", async () => {
    const asked: string[] = [];
    const found = await makeResolver(names(records, asked), half)("trunk.example", null, "tcp");
    expect(asked).toEqual(["_sip._tcp.trunk.example"]);
    expect(found).toEqual([
      { address: "192.0.2.1", port: 5080 },
      { address: "192.0.2.2", port: 5080 },
      { address: "192.0.2.9", port: 5070 },
    ]);
  });

  it("with a port, or without services, to its addresses", async () => {
    const asked: string[] = [];
    expect(await makeResolver(names(records, asked), half)("x.example", 5090, "udp")).toEqual([
      { address: "192.0.2.9", port: 5090 },
    ]);
    expect(asked).toEqual([]);
    expect(await makeResolver(names([]), half)("x.example", null, "udp")).toEqual([
      { address: "192.0.2.9", port: 5060 },
    ]);
  });

  it("S11: to the next service when the name of the first does not exist, or its lookup fails", async () => {
    const dns = names(records);
    const gap: NameServer = {
      ...dns,
      addresses: (host) =>
        host === "main.example" ? Promise.reject(new Error("getaddrinfo ENOTFOUND main.example")) : dns.addresses(host),
    };
    expect(await makeResolver(gap, half)("x.example", null, "udp")).toEqual([{ address: "192.0.2.9", port: 5070 }]);
    const nothing: NameServer = { ...dns, addresses: () => Promise.reject(new Error("getaddrinfo ENOTFOUND")) };
    await expect(makeResolver(nothing, half)("x.example", null, "udp")).rejects.toThrow(
      "no address found for x.example: getaddrinfo ENOTFOUND",
    );
  });

  it("to eight addresses at most, and to an error when there is none", async () => {
    const many: NameServer = {
      services: () => Promise.resolve([]),
      addresses: () => Promise.resolve(Array<string>(20).fill("192.0.2.1")),
    };
    const none: NameServer = { services: () => Promise.resolve([]), addresses: () => Promise.resolve([]) };
    expect(await makeResolver(many, half)("x.example", null, "udp")).toHaveLength(8);
    await expect(makeResolver(none, half)("x.example", null, "udp")).rejects.toThrow("no address found");
  });
});

describe("services of one priority (RFC 2782)", () => {
  it("are drawn by weight", () => {
    const random = seededRandom(3);
    const pair = [
      { name: "heavy", port: 1, priority: 1, weight: 90 },
      { name: "light", port: 1, priority: 1, weight: 10 },
    ];
    const first = Array.from({ length: 1_000 }, () => orderServices(pair, () => random.next())[0]?.name);
    const heavy = first.filter((name) => name === "heavy").length;
    expect(heavy).toBeGreaterThan(850);
    expect(heavy).toBeLessThan(950);
  });

  it("with weight 0 are still found, and a target of '.' means that there is no service", () => {
    const zero = [
      { name: "a", port: 1, priority: 1, weight: 0 },
      { name: "b", port: 1, priority: 1, weight: 0 },
      { name: ".", port: 0, priority: 0, weight: 0 },
    ];
    expect(orderServices(zero, half).map((one) => one.name)).toHaveLength(2);
  });
});
