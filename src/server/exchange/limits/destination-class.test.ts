import { describe, expect, it } from "vitest";
import { COSTLY_PREFIXES } from "./costly-prefixes.ts";
import { classOf, isClosed, priceOf } from "./destination-class.ts";
import { defaultPolicy } from "./dial-policy.ts";

describe("expensive numbers", () => {
  it.each([
    ["a satellite phone", "+881612345678", "+881"],
    ["Inmarsat", "+870773111632", "+870"],
    ["a network of no country", "+883510012345", "+883"],
    ["international premium rate", "+979123456789", "+979"],
    ["a personal number in Britain", "+447012345678", "+44701"],
    ["premium rate in Britain", "+448712345678", "+44871"],
    ["premium rate in France", "+33892123456", "+33892"],
    ["pay-per-call in North America", "+19002345678", "+1900"],
    ["Jamaica, which looks like North America", "+18765551234", "+1876"],
    ["a place known for revenue sharing", "+25261234567", "+252"],
  ])("%s is closed until its prefix is opened", (_, e164, prefix) => {
    const found = classOf(e164, "IN");
    expect(found.costly?.prefix).toBe(prefix);
    expect(isClosed(found, e164, defaultPolicy())).toBe(true);
    expect(isClosed(found, e164, defaultPolicy({ open_prefixes: [prefix] }))).toBe(false);
    expect(isClosed(found, e164, defaultPolicy({ open_prefixes: ["+91"] }))).toBe(true);
  });

  it.each([
    ["a mobile at home", "+919900000011", false],
    ["a mobile in Britain", "+447400123456", true],
    ["a number in the United States", "+12025550123", true],
    ["international freephone", "+80012345678", true],
  ])("%s is open", (_, e164, isAbroad) => {
    expect(classOf(e164, "IN")).toMatchObject({ costly: null, isAbroad });
  });

  it("a place is open to an account in that place; its premium numbers are not", () => {
    expect(classOf("+18765551234", "JM")).toEqual({ place: "JM", isAbroad: false, costly: null });
    expect(classOf("+19002345678", "JM").costly?.prefix).toBe("+1900");
    expect(classOf("+448712345678", "GB")).toMatchObject({ isAbroad: false, costly: { kind: "premium" } });
  });

  it("names every prefix once", () => {
    const prefixes = COSTLY_PREFIXES.map(({ prefix }) => prefix);
    expect(prefixes).toEqual([...new Set(prefixes)]);
    for (const prefix of prefixes) expect(prefix).toMatch(/^\+\d{2,5}$/);
  });
});

it("the longest prefix in the price table counts, then the estimates", () => {
  const prices = {
    home: 1,
    abroad: 25,
    costly: 300,
    prefixes: [
      { prefix: "+44", per_minute: 2 },
      { prefix: "+447", per_minute: 8.0005 },
    ],
  };
  const policy = defaultPolicy({}, prices);
  const price = (e164: string): number => priceOf(e164, classOf(e164, "IN"), policy);
  expect(price("+442071838750")).toBe(2000);
  expect(price("+447400123456"), "a fraction of a thousandth is rounded up").toBe(8001);
  expect(price("+919900000011")).toBe(1000);
  expect(price("+12025550123")).toBe(25_000);
  expect(price("+881612345678")).toBe(300_000);
});
