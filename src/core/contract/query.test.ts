import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  appendQuery,
  encodeQuery,
  isHttpUrl,
  maskCredentials,
  maskCredentialsIn,
  MAX_URL_CHARACTERS,
  splitConfiguredUrl,
} from "./query.ts";

const HOST = "https://app.example/connect";
const longUrl = (characters: number): string => `${HOST}?${"a".repeat(characters - HOST.length - 1)}`;

describe("encodeQuery", () => {
  it.each([
    ["a b", "a+b"],
    ["11:44", "11%3A44"],
    ['"2"', "%222%22"],
    ["Legs[0]", "Legs%5B0%5D"],
    ["a+b", "a%2Bb"],
    ["a&b=c", "a%26b%3Dc"],
    ["100%", "100%25"],
    ["!'()~", "%21%27%28%29%7E"],
    ["*-._", "*-._"],
    ["Az09", "Az09"],
    ["é", "%C3%A9"],
    ["😀", "%F0%9F%98%80"],
    ["\n", "%0A"],
    ["\ud800", "%EF%BF%BD"],
    ["a{b", "a%7Bb"],
  ])("REQ-1: %j is sent as %s, in values and in names", (given, wire) => {
    expect(encodeQuery([["x", given]])).toBe(`x=${wire}`);
    expect(encodeQuery([[given, "x"]])).toBe(`${wire}=x`);
  });

  it("REQ-1: parameters are joined by & in the given order, empty ones included", () => {
    expect(
      encodeQuery([
        ["b", "2"],
        ["a", ""],
        ["b", "1"],
      ]),
    ).toBe("b=2&a=&b=1");
    expect(encodeQuery([])).toBe("");
  });

  it("REQ-1: URLSearchParams reads back whatever is encoded, and writes it the same", () => {
    const text = fc.string({ unit: "binary" });
    fc.assert(
      fc.property(fc.array(fc.tuple(text, text)), (query) => {
        const wire = encodeQuery(query);
        expect([...new URLSearchParams(wire)]).toEqual(query);
        expect(wire).toBe(new URLSearchParams(query).toString());
      }),
    );
  });
});

describe("appendQuery", () => {
  it.each([
    ["https://h/p", "https://h/p?a=1"],
    ["https://h", "https://h?a=1"],
    ["https://h/p?", "https://h/p?a=1"],
    ["https://h/p?key=s3cret", "https://h/p?key=s3cret&a=1"],
    ["https://h/p?key=s3cret&", "https://h/p?key=s3cret&a=1"],
    ["https://h/p?x=%2f%zz+~'&&y", "https://h/p?x=%2f%zz+~'&&y&a=1"],
    ["https://h/p#top", "https://h/p?a=1"],
    ["https://h/p?k=1#top?not", "https://h/p?k=1&a=1"],
    ["https://h/p#a?b", "https://h/p?a=1"],
    ["https://h/p#a\nb", "https://h/p?a=1"],
  ])("REQ-2: %s becomes %s", (url, whole) => {
    expect(appendQuery(url, [["a", "1"]])).toBe(whole);
  });

  it("REQ-2: an empty query still removes the URL's fragment", () => {
    expect(appendQuery("https://h/p?k=1#f", [])).toBe("https://h/p?k=1");
    expect(appendQuery("https://h/p", [])).toBe("https://h/p");
  });
});

describe("splitConfiguredUrl", () => {
  const basic = (pair: string): string => `Basic ${Buffer.from(pair, "utf8").toString("base64")}`;

  it.each([
    ["https://u:p@h/x?y#z", "https://h/x?y#z", basic("u:p")],
    ["HTTP://u:p@h:8080", "HTTP://h:8080", basic("u:p")],
    ["https://u@h/", "https://h/", basic("u:")],
    ["https://u:@h/", "https://h/", basic("u:")],
    ["https://:p@h/", "https://h/", basic(":p")],
    ["https://u:p:q@h/", "https://h/", basic("u:p:q")],
    ["https://us%40er:p%3Aw%2fd@h/", "https://h/", basic("us@er:p:w/d")],
    ["https://u:100%@h/", "https://h/", basic("u:100%")],
    ["https://u:%C3%A9@h/", "https://h/", basic("u:é")],
    ["https://u:p@ss@h/", "https://h/", basic("u:p@ss")],
    ["https://u:p@h", "https://h", basic("u:p")],
    ["https://u:p@h?a=@b", "https://h?a=@b", basic("u:p")],
  ])("REQ-2: %s is split into the URL and the header", (given, url, authorization) => {
    expect(splitConfiguredUrl(given)).toEqual({ ok: true, value: { url, authorization } });
  });

  it.each([
    ["https://h/a?b=c%2f&d='e'"],
    ["https://h/path@x"],
    ["https://h?mail=a@b"],
    ["https://h#a@b"],
    ["https://h\\a@b"],
    ["http://h/[x]|{y}"],
  ])("REQ-2: %s holds no credentials and stays byte for byte", (url) => {
    expect(splitConfiguredUrl(url)).toEqual({ ok: true, value: { url, authorization: null } });
  });

  it("REQ-2: an empty name and password are taken out without a header", () => {
    expect(splitConfiguredUrl("https://@h/")).toEqual({ ok: true, value: { url: "https://h/", authorization: null } });
    expect(splitConfiguredUrl("https://:@h/")).toEqual({ ok: true, value: { url: "https://h/", authorization: null } });
  });

  it("REQ-2: space around the URL is trimmed, and what a request line cannot hold is percent-encoded", () => {
    expect(splitConfiguredUrl("  https://h/a \n")).toEqual({
      ok: true,
      value: { url: "https://h/a", authorization: null },
    });
    expect(splitConfiguredUrl("https://é:ö@h/a b?é")).toEqual({
      ok: true,
      value: { url: "https://h/a%20b?%C3%A9", authorization: basic("é:ö") },
    });
  });

  it.each([
    "",
    "/connect",
    "app.example/connect",
    "ftp://h/",
    "https://",
    "https://a b/",
    "http:/h",
    "javascript:1",
    "xhttps://h/",
    "https:///u:p@h/",
    "https://\\\\u:p@h/",
    "https://?a",
  ])("REQ-2: %j is refused with a sentence that does not repeat it", (given) => {
    expect(splitConfiguredUrl(given)).toEqual({ ok: false, error: "The URL is not an absolute http or https URL." });
  });

  it("REQ-2: a URL of 2048 characters is taken, a longer one refused", () => {
    expect(splitConfiguredUrl(longUrl(MAX_URL_CHARACTERS)).ok).toBe(true);
    expect(splitConfiguredUrl(longUrl(MAX_URL_CHARACTERS + 1))).toEqual({
      ok: false,
      error: "The URL is longer than 2048 characters.",
    });
  });

  it("a URL is split once; a text that is too long for a URL is not kept", () => {
    const url = `${longUrl(MAX_URL_CHARACTERS - 1)}1`;
    expect(splitConfiguredUrl(url)).toBe(splitConfiguredUrl(url));
    const refused = splitConfiguredUrl(longUrl(MAX_URL_CHARACTERS + 1));
    expect(splitConfiguredUrl(longUrl(MAX_URL_CHARACTERS + 1))).not.toBe(refused);
  });
});

describe("isHttpUrl", () => {
  it("takes absolute http and https URLs that are not too long", () => {
    expect(isHttpUrl("http://h")).toBe(true);
    expect(isHttpUrl("HTTPS://h/a")).toBe(true);
    expect(isHttpUrl(longUrl(2048))).toBe(true);
    expect(isHttpUrl(longUrl(2049))).toBe(false);
    expect(isHttpUrl("https:h")).toBe(false);
    expect(isHttpUrl(" https://h")).toBe(false);
    expect(isHttpUrl("https://[::1")).toBe(false);
  });
});

describe("maskCredentials", () => {
  it.each([
    ["HTTPS://u:p@h", "HTTPS://***@h"],
    [" https://u:p@h ", " https://***@h "],
    ["https://u:p@h/x?y=1", "https://***@h/x?y=1"],
    ["https://u:p@q@h", "https://***@h"],
    ["u:p@h/x", "***@h/x"],
    ["https://u:p/q@h/x", "***@h/x"],
    ["a@b\n@h", "***@h"],
    ["https://h/@x", "https://h/@x"],
    ["https://h/x", "https://h/x"],
    ["https://h?a=b@c", "https://h?a=b@c"],
    ["http://u:p@h", "http://***@h"],
    ["ftp://u:p@h/https://x", "***@h/https://x"],
    ["@h", "***@h"],
    ["no URL at all", "no URL at all"],
    ["", ""],
  ])("REQ-2: %s is shown as %s", (given, shown) => {
    expect(maskCredentials(given)).toBe(shown);
  });
});

describe("maskCredentialsIn", () => {
  it.each([
    ['{"a":"https://u:p@h/x","b":"http://v:q@h"}', '{"a":"https://***@h/x","b":"http://***@h"}'],
    [String.raw`{"a":"https:\/\/u:p@h\/x"}`, String.raw`{"a":"https:\/\/***@h\/x"}`],
    ["https://u:p@q@h", "https://***@h"],
    ["ftp://u@h", "ftp://***@h"],
    ["https://@h", "https://***@h"],
    ["https://h/x@y https://h?a@b https://h#a@b", "https://h/x@y https://h?a@b https://h#a@b"],
    ["see https://h or mail a@b", "see https://h or mail a@b"],
    ["https://h\na@b", "https://h\na@b"],
    [`'https://h' 'a@b'`, `'https://h' 'a@b'`],
    [`"https://h","a@b"`, `"https://h","a@b"`],
    [String.raw`https://h\na@b`, String.raw`https://h\na@b`],
    ["and/or a@b", "and/or a@b"],
    ["and/or@b", "and/or@b"],
  ])("REQ-2: %s is shown as %s", (given, shown) => {
    expect(maskCredentialsIn(given)).toBe(shown);
  });
});
