import { expect, it } from "vitest";
import { isLoopback, isPrivateAddress } from "./private-address.ts";

it.each(["10.0.0.1", "172.31.255.1", "192.168.1.5", "100.64.3.4", "169.254.1.1", "fd00::1", "fe80::1"])(
  "%s is private",
  (address) => expect([isPrivateAddress(address), isLoopback(address)]).toEqual([true, false]),
);

it.each(["203.0.113.7", "172.32.0.1", "100.128.0.1", "2001:db8::1", "8.8.8.8"])("%s is public", (address) =>
  expect([isPrivateAddress(address), isLoopback(address)]).toEqual([false, false]),
);

it.each(["127.0.0.1", "127.0.0.2", "::1"])("%s is the machine itself", (address) =>
  expect([isPrivateAddress(address), isLoopback(address)]).toEqual([false, true]),
);

it.each(["", "phone.example"])("'%s' is neither", (address) =>
  expect([isPrivateAddress(address), isLoopback(address)]).toEqual([false, false]),
);
