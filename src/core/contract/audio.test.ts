import { describe, expect, it } from "vitest";
import { type AudioFormat, validateAudio } from "./audio.ts";
import type { HttpOutcome } from "./http.ts";

const URL_OK = "https://cdn.example/a.wav";
const head = (contentType: string | null, status = 200): HttpOutcome => ({ ok: true, status, contentType, body: "" });
const finding = (level: "warning" | "error", found: string, problem: string, consequence: string, allowed: string) => ({
  level,
  rule: "RES-27",
  path: URL_OK,
  found,
  allowed,
  consequence,
  message: `${URL_OK} ${problem}: ${consequence}.`,
});
const WAV = "WAV, 8 kHz, 16 bit, mono";

describe("the check of an audio URL", () => {
  it.each(["audio/wav", "audio/x-wav", "audio/wave", "audio/vnd.wave", "Audio/WAV; codecs=1"])(
    "RES-27: %s needs no warning",
    (contentType) => {
      expect(validateAudio(URL_OK, head(contentType))).toEqual({ ok: true, findings: [] });
    },
  );

  it.each([
    ["audio/mpeg", 'Content-Type "audio/mpeg"'],
    ["audio/ogg", 'Content-Type "audio/ogg"'],
    ["audio/flac", 'Content-Type "audio/flac"'],
    ["audio/aiff", 'Content-Type "audio/aiff"'],
    ["audio/basic", 'Content-Type "audio/basic"'],
    ["application/octet-stream", 'Content-Type "application/octet-stream"'],
    ["application/jsonx", 'Content-Type "application/jsonx"'],
    ["xtext/html", 'Content-Type "xtext/html"'],
    ["xapplication/pdf", 'Content-Type "xapplication/pdf"'],
    [null, "no Content-Type"],
  ])("RES-27: %j is decoded, or may be, with a warning", (contentType, found) => {
    expect(validateAudio(URL_OK, head(contentType))).toEqual({
      ok: true,
      findings: [finding("warning", found, `has ${found}; best is ${WAV}`, "it is decoded and converted", WAV)],
    });
  });

  it.each(["audio/mp4", "audio/x-m4a", "audio/aac", "audio/amr", "audio/x-ms-wma", "Audio/MP4; codecs=mp4a.40.2"])(
    "RES-27: %s cannot be decoded: invalid, and the finding says to convert it; lenient goes on without it",
    (contentType) => {
      const found = `Content-Type ${JSON.stringify(contentType)}`;
      const problem = `has ${found}, which cannot be decoded (convert it); allowed is ${WAV}`;
      const strict = finding("error", found, problem, "the answer is invalid", WAV);
      expect(validateAudio(URL_OK, head(contentType))).toEqual({ ok: false, findings: [strict] });
      const lenient = finding("warning", found, problem, "it is not played", WAV);
      expect(validateAudio(URL_OK, head(contentType), "lenient")).toEqual({ ok: false, findings: [lenient] });
    },
  );

  it("RES-27: a format that was read from the file overrules the media type", () => {
    const of = (format: AudioFormat, contentType = "audio/wav") =>
      validateAudio(URL_OK, head(contentType), "strict", format);
    const best = { name: WAV, best: true, problem: null };
    expect(of(best, "text/plain")).toEqual({ ok: true, findings: [] });
    const stereo = "WAV, 44.1 kHz, 16 bit, stereo";
    expect(of({ name: stereo, best: false, problem: null })).toEqual({
      ok: true,
      findings: [finding("warning", stereo, `is ${stereo}; best is ${WAV}`, "it is decoded and converted", WAV)],
    });
    const problem = "is a page of HTML, not audio";
    expect(of({ name: "HTML", best: false, problem })).toEqual({
      ok: false,
      findings: [finding("error", "HTML", `${problem}; allowed is ${WAV}`, "the answer is invalid", WAV)],
    });
    expect(validateAudio(URL_OK, head("audio/wav", 404), "strict", best).ok).toBe(false);
  });

  it.each([
    "text/html",
    "text/plain",
    "application/json",
    "application/problem+json",
    "application/xml",
    "image/png",
    "video/mp4",
    "application/pdf",
    "font/woff",
    "multipart/mixed",
    "message/rfc822",
  ])("RES-27: %s is not audio; lenient goes on without it", (contentType) => {
    const found = `Content-Type "${contentType}"`;
    const problem = `has ${found}, which is not audio; allowed is ${WAV}`;
    const strict = finding("error", found, problem, "the answer is invalid", WAV);
    expect(validateAudio(URL_OK, head(contentType))).toEqual({ ok: false, findings: [strict] });
    const lenient = finding("warning", found, problem, "it is not played", WAV);
    expect(validateAudio(URL_OK, head(contentType), "lenient")).toEqual({ ok: false, findings: [lenient] });
  });

  it.each([
    [404, "has status 404; only 200 is usable"],
    [206, "has status 206; only 200 is usable"],
    [302, "is a redirect (status 302); redirects are not followed"],
  ])("RES-17, RES-23, RES-27: status %i fails the check", (status, problem) => {
    const strict = finding("error", `status ${status}`, problem, "the answer is invalid", "status 200");
    expect(validateAudio(URL_OK, head("audio/wav", status))).toEqual({ ok: false, findings: [strict] });
    const lenient = finding("warning", `status ${status}`, problem, "it is not played", "status 200");
    expect(validateAudio(URL_OK, head("audio/wav", status), "lenient")).toEqual({ ok: false, findings: [lenient] });
  });

  it("RES-27: no answer fails the check", () => {
    const outcome: HttpOutcome = { ok: false, reason: "timeout", detail: "" };
    const problem = "was not complete within 5 s";
    const strict = finding("error", "a timeout", problem, "the answer is invalid", "a complete answer within 5 s");
    expect(validateAudio(URL_OK, outcome)).toEqual({ ok: false, findings: [strict] });
  });

  it("REQ-2: the finding shows no credentials", () => {
    expect(validateAudio("https://u:p@cdn.example/a.wav", head(null)).findings[0]?.path).toBe(
      "https://***@cdn.example/a.wav",
    );
    expect(validateAudio("https://u:p@cdn.example/a.wav", head(null, 404)).findings[0]?.path).toBe(
      "https://***@cdn.example/a.wav",
    );
  });
});
