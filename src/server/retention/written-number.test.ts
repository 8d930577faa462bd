import { expect, it } from "vitest";
import { writtenNumber } from "./written-number.ts";

it.each([
  "+919812345678",
  "919812345678",
  "00919812345678",
  "09812345678",
  "9812345678",
  "+91 98123 45678",
  "+91-98123-45678",
  "(0)98123 45678",
  "098123 45678",
  "CallFrom=%2B919812345678&To=1",
  "q=%209812345678",
  "q=%2B91%2098123%2045678",
  String.raw`{"a":"\u002b919812345678"}`,
  '[9812345678,"x"]',
  "sip:+919812345678@192.0.2.1;user=phone",
  "+91\u00a098123\u201145678",
])("finds the number in %s", (text) => {
  expect(writtenNumber("+919812345678").test(text)).toBe(true);
});

it.each(["+9198123456789", "+4919812345678", "19812345678", "98123456780", "+919812345679", "9812345", "98123, 45678"])(
  "does not find it in %s",
  (text) => {
    expect(writtenNumber("+919812345678").test(text)).toBe(false);
  },
);

it("requires the country code or a zero before a short number, which could be any other figure", () => {
  const short = writtenNumber("+29012345");
  expect(["+29012345", "290 12345", "%2B29012345"].filter((text) => !short.test(text))).toEqual([]);
  expect(['{"at_ms":12345}', "12345"].filter((text) => short.test(text))).toEqual([]);
});
