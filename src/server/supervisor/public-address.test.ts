import { describe, expect, it } from "vitest";
import { readConfig } from "./config.ts";
import type { HostNetwork } from "./public-address.ts";
import { withPublicAddress } from "./public-address.ts";

const LOOPBACK = { address: "127.0.0.1", family: "IPv4", internal: true } as const;
const ETHERNET = { address: "192.0.2.10", family: "IPv4", internal: false } as const;
const BRIDGE = { address: "172.17.0.1", family: "IPv4", internal: false } as const;
const LINK = { address: "fe80::1", family: "IPv6", internal: false } as const;
const GLOBAL = { address: "2001:db8::10", family: "IPv6", internal: false } as const;
const NAMES: Readonly<Record<string, string>> = { "sip.example 4": "203.0.113.5", "localhost 0": "127.0.0.1" };

/** The resulting public address, or the sentence that refuses the settings. */
async function publicAddress(
  sip: string,
  given?: string,
  interfaces: ReturnType<HostNetwork["interfaces"]> = [LOOPBACK, ETHERNET, LINK],
): Promise<string | null> {
  const config = readConfig({ sip, ...(given === undefined ? {} : { publicAddress: given }) }, {});
  if (!config.ok) return config.error.join();
  const lookup = async (host: string, family: number): Promise<string> => {
    const found = NAMES[`${host} ${family}`];
    if (found === undefined) throw new Error("ENOTFOUND");
    return found;
  };
  const found = await withPublicAddress(config.value, { interfaces: () => interfaces, lookup });
  return found.ok ? found.value.publicAddress : found.error;
}

describe("the address that SDP and Contact carry", () => {
  it("S5: is this machine's if SIP listens on all addresses and there is only one", async () => {
    expect(await publicAddress("0.0.0.0:5060")).toBe("192.0.2.10");
    expect(await publicAddress("[::]:5060", undefined, [LOOPBACK, ETHERNET, LINK, GLOBAL])).toBe("2001:db8::10");
    expect(await publicAddress("0.0.0.0:5060", undefined, [LOOPBACK])).toBe("127.0.0.1");
  });

  it("S5: must be given if there are several", async () => {
    const sentence = await publicAddress("0.0.0.0:5060", undefined, [LOOPBACK, ETHERNET, BRIDGE]);
    expect(sentence).toBe(
      "PLUGBOARD_SIP is 0.0.0.0:5060 and this machine has several addresses (192.0.2.10, 172.17.0.1): " +
        "say in PLUGBOARD_PUBLIC_ADDRESS which one trunks can reach",
    );
    expect(await publicAddress("0.0.0.0:5060", "192.0.2.10", [LOOPBACK, ETHERNET, BRIDGE])).toBe("192.0.2.10");
  });

  it("S5: is looked up if it is given as a name", async () => {
    expect(await publicAddress("0.0.0.0:5060", "sip.example")).toBe("203.0.113.5");
    expect(await publicAddress("localhost:5060")).toBe("127.0.0.1");
    expect(await publicAddress("0.0.0.0:5060", "nowhere.example")).toBe(
      'PLUGBOARD_PUBLIC_ADDRESS is "nowhere.example", a name for which no IPv4 address was found: give the address itself',
    );
  });

  it.each([
    ["0.0.0.0:5060", "0.0.0.0", "which cannot be sent to"],
    ["192.0.2.10:5060", "2001:db8::10", "PLUGBOARD_SIP listens on IPv4"],
    ["192.0.2.10:5060", "sip:192.0.2.10", "must be an IP address or a host name"],
    ["192.0.2.10:5060", "192.0.2.10:5060", "must be an IP address or a host name"],
  ])("S5: SIP on %s with public address %s is refused", async (sip, given, sentence) => {
    expect(await publicAddress(sip, given)).toContain(sentence);
  });

  it("is the listener's own if that is an address", async () => {
    expect(await publicAddress("192.0.2.10:5060")).toBeNull();
    expect(await publicAddress("192.0.2.10:5060", "[2001:db8::10]")).toContain("listens on IPv4");
    expect(await publicAddress("[::]:5060", "[2001:db8::10]")).toBe("2001:db8::10");
  });
});
