import { expect, it } from "vitest";
import { infoDigit } from "./info-digit.ts";

it.each([
  ["application/dtmf-relay", "Signal=5\r\nDuration=160\r\n", "5"],
  ["Application/DTMF-Relay;x=y", "signal = #\r\n", "#"],
  ["application/dtmf-relay", "Signal=11\r\n", "#"],
  ["application/dtmf", "d", "D"],
  ["application/dtmf", "hello", null],
  ["application/dtmf-relay", "Duration=160", null],
  ["application/dtmf-relay", "Signal=99", null],
  ["text/plain", "5", null],
])("reads an INFO of type %s with %j as %j", (type, body, digit) => {
  expect(infoDigit(type, Buffer.from(body))).toBe(digit);
});
