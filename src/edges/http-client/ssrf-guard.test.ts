import { assert, ipV4, property } from "fast-check";
import { describe, expect, it } from "vitest";
import { isPrivateAddress, literalOf } from "./ssrf-guard.ts";

describe("private addresses", () => {
  it.each([
    ..."0.0.0.0 0.1.2.3 10.0.0.1 100.64.0.1 100.127.255.255 127.0.0.1 127.255.0.1 169.254.169.254".split(" "),
    ..."172.16.0.1 172.31.255.255 192.0.0.1 192.0.2.9 192.168.1.1 198.18.0.1 198.51.100.7 203.0.113.1".split(" "),
    ..."224.0.0.1 239.1.1.1 240.0.0.1 255.255.255.255 :: ::1 ::7f00:1 fe80::1 fe80::1%eth0 febf::1".split(" "),
    ..."fc00::1 fd12::1 fec0::1 ff02::1 2001:db8::1 2001::1 2002:7f00:1:: 100::1 64:ff9b:1::1 3fff::1".split(" "),
    ..."::ffff:127.0.0.1 ::ffff:7f00:1 ::ffff:a00:1 [::1] [::ffff:a9fe:a9fe] 64:ff9b::7f00:1".split(" "),
    ..."64:ff9b::10.0.0.1 64:ff9b::1 ::ffff:0:1 0:0:0:0:0:ffff:c0a8:101 localhost 2130706433 nonsense".split(" "),
    "",
  ])("%s is private", (address) => {
    expect(isPrivateAddress(address)).toBe(true);
  });

  it.each([
    ..."1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 172.15.0.1 172.32.0.1".split(" "),
    ..."192.0.1.1 198.17.255.255 198.20.0.0 223.255.255.255 2606:4700::1111 2a00:1450:4001::1".split(" "),
    ..."::ffff:8.8.8.8 64:ff9b::808:808 [2606:4700::1111]".split(" "),
  ])("%s is not", (address) => {
    expect(isPrivateAddress(address)).toBe(false);
  });

  it("a mapped or translated address is private if and only if the address inside is", () => {
    assert(
      property(ipV4(), (inner) => {
        expect(isPrivateAddress(`::ffff:${inner}`)).toBe(isPrivateAddress(inner));
        expect(isPrivateAddress(`64:ff9b::${inner}`)).toBe(isPrivateAddress(inner));
      }),
    );
  });

  it("every spelling of 127.0.0.1 that a URL allows is the same address", () => {
    const spellings = [
      "127.0.0.1",
      "2130706433",
      "0x7f.1",
      "0177.0.0.01",
      "127.1",
      "0x7F000001",
      "１２７.0.0.1",
      "127.0.0.1.",
    ];
    const literals = spellings.map((host) => literalOf(new URL(`http://${host}/`).hostname));
    expect(new Set(literals)).toEqual(new Set(["127.0.0.1"]));
    expect(literalOf(new URL("http://[::ffff:7f00:1]/").hostname)).toBe("::ffff:7f00:1");
    expect(literalOf("app.example")).toBeNull();
  });
});
