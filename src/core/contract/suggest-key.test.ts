import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { editDistance, nearest, suggestKey, type KnownKeys } from "./suggest-key.ts";

/** The definition, letter by letter: slow, and obviously right. */
function slowDistance(a: string, b: string): number {
  if (a === "" || b === "") return a.length + b.length;
  const [restA, restB] = [a.slice(1), b.slice(1)];
  if (a[0] === b[0]) return slowDistance(restA, restB);
  return 1 + Math.min(slowDistance(restA, b), slowDistance(a, restB), slowDistance(restA, restB));
}

describe("editDistance", () => {
  it.each([
    ["", "", 0],
    ["a", "", 1],
    ["", "abc", 3],
    ["kitten", "sitting", 3],
    ["flaw", "lawn", 2],
    ["abc", "abc", 0],
    ["abc", "axc", 1],
    ["ab", "ba", 2],
  ])("from %j to %j it is %i", (a, b, distance) => {
    expect(editDistance(a, b)).toBe(distance);
    expect(editDistance(b, a)).toBe(distance);
  });

  it("agrees with its definition", () => {
    const word = fc.string({ unit: fc.constantFrom("a", "b", "c"), maxLength: 5 });
    fc.assert(
      fc.property(word, word, (a, b) => {
        expect(editDistance(a, b)).toBe(slowDistance(a, b));
      }),
    );
  });
});

describe("nearest", () => {
  it("C13: suggests nothing for a word that is not near any", () => {
    expect(nearest("zebra", ["sid", "port"])).toBeNull();
    expect(nearest("x", ["y"])).toBeNull();
    expect(nearest("SID", ["sid", "port"])).toBe("sid");
  });
});

describe("suggestKey", () => {
  const shape: KnownKeys = { "": ["alpha", "beta_gamma"], inner: ["alphq", "delta"] };

  it.each([
    ["", "alpha", "alpha"],
    ["", "ALPHA", "alpha"],
    ["", "betaGamma", "beta_gamma"],
    ["", "beta gamma", "beta_gamma"],
    ["", "beta-gamma", "beta_gamma"],
    ["", "gamma", "beta_gamma"],
    ["", "gam", null],
    ["", "zebra", null],
    ["inner", "gamma", null],
    ["", "delta", "inner.delta"],
    ["inner", "delt", "inner.delta"],
    ["inner", "beta_gamma", "beta_gamma"],
  ])("C13, RES-7: in %j, %s suggests %s", (path, key, suggested) => {
    expect(suggestKey(shape, path, key)).toBe(suggested);
  });

  it("RES-7: a key of the same object wins unless one elsewhere is nearer by more than two", () => {
    expect(suggestKey(shape, "", "alphq")).toBe("alpha");
    expect(suggestKey(shape, "inner", "alpha")).toBe("inner.alphq");
    expect(suggestKey({ "": ["abcdef"], inner: ["abcxyz"] }, "", "abcxyf")).toBe("abcdef");
    expect(suggestKey({ "": ["abcdef"], inner: ["abcxyz"] }, "", "abcxyz")).toBe("inner.abcxyz");
    expect(suggestKey({ "": ["abxx"], inner: ["abcd"] }, "", "abcd")).toBe("abxx");
  });

  it("RES-7: of two longer names the shorter one is nearer, and three letters are not a part", () => {
    expect(suggestKey({ "": ["abcdefgh", "abcdef"] }, "", "abcd")).toBe("abcdef");
    expect(suggestKey({ "": ["abcdefgh"] }, "", "abc")).toBeNull();
  });

  it("RES-7: if no key is known, none is suggested", () => {
    expect(suggestKey({}, "", "alpha")).toBeNull();
    expect(suggestKey({ "": [] }, "", "alpha")).toBeNull();
  });

  it("RES-7: only the first 64 characters of a key count", () => {
    const long = "a".repeat(64);
    expect(suggestKey({ "": ["b", long] }, "", `${long}${"c".repeat(500)}`)).toBe(long);
    expect(suggestKey({ "": [`${long}c`, long] }, "", `${long}c`)).toBe(long);
  });
});
