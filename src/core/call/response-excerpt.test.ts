import { describe, expect, it } from "vitest";
import { Drive } from "../engine/testing/drive.ts";
import { MAX_EXCERPT_CHARACTERS, responseExcerpt } from "./response-excerpt.ts";

function shown(body: string) {
  return responseExcerpt({ ok: true, status: 200, contentType: "text/plain", body });
}

describe("an answer in the trace", () => {
  it("RES-9: shows the customer's own text, with its media type", () => {
    const call = new Drive();
    call.text("hello");
    call.fail("timeout");
    const [primary, fallback] = call.traced("request.result");
    expect(primary).toMatchObject({ result: "invalid", content_type: "text/plain", body: "hello" });
    expect(primary).not.toHaveProperty("body_cut");
    expect(fallback).toMatchObject({ result: "timeout", http_status: null });
    expect(fallback).not.toHaveProperty("body");
  });

  it("is cut if it is too long for a trace, and says so", () => {
    const whole = "a".repeat(MAX_EXCERPT_CHARACTERS);
    expect(shown(whole)).toEqual({ content_type: "text/plain", body: whole });
    expect(shown(`${whole}b`)).toEqual({ content_type: "text/plain", body: whole, body_cut: true });
  });

  it.each([
    ['{"a":"https://u:p@cdn.example/a"}', '{"a":"https://***@cdn.example/a"}'],
    ['{"a":"https:\\/\\/u:p@cdn.example\\/a"}', '{"a":"https:\\/\\/***@cdn.example\\/a"}'],
    ["http://u@a/ and http://u:p@b/", "http://***@a/ and http://***@b/"],
    ["sip:anil@pbx.example", "sip:anil@pbx.example"],
    ["https://cdn.example/?to=a@b", "https://cdn.example/?to=a@b"],
  ])("REQ-2: credentials in %s are not shown", (body, masked) => {
    expect(shown(body).body).toBe(masked);
  });

  it("REQ-2: credentials are not shown where the cut goes through them", () => {
    const body = `${"a".repeat(MAX_EXCERPT_CHARACTERS - 15)}https://user:password@cdn.example`;
    expect(shown(body).body?.slice(-15)).toBe("https://***@cdn");
  });
});
