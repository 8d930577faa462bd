import { describe, expect, it } from "vitest";
import { DIALS_NOBODY, NO_SILENCE } from "../../call/applet.ts";
import { CALLER } from "../../call/legs.ts";
import type { ExampleScript } from "../../call/example-script.ts";
import { Drive } from "../../engine/testing/drive.ts";
import { parseFlow } from "../../flow/flow.ts";
import { greeting } from "./greeting.ts";

/** A greeting, followed by a menu that shows which digit was entered. */
function greetingFlow(say: unknown) {
  return {
    flow: "1",
    start: "greet",
    applets: {
      greet: { type: "greeting", say, next: "menu" },
      menu: { type: "menu", say: { text: "Press 1." }, keys: { "1": "bye" } },
      bye: { type: "hangup" },
    },
  };
}

const URL_SAY = { url: "https://app.example/hello?lang=en" };

describe("a greeting", () => {
  it.each([
    [{ text: "Hello" }, { kind: "text", text: "Hello", language: "en-IN" }],
    [{ audio_url: "https://cdn.example/hello.wav" }, { kind: "url", url: "https://cdn.example/hello.wav" }],
    [{ audio_file: "hello.wav" }, { kind: "file", file: "hello.wav" }],
  ])("APP-1: plays %j, then goes on", (say, item) => {
    const call = new Drive({ flow: greetingFlow(say) });
    expect(call.of("play")).toMatchObject([{ legs: [CALLER], items: [item], loop: false }]);
    expect(call.applets).toEqual(["greet"]);
    call.played();
    expect(call.applets).toEqual(["greet", "menu"]);
    expect(call.exits).toEqual(["greet.next"]);
  });

  it("APP-1: asks a URL what to play, with the details it needs and no version header", () => {
    const call = new Drive({
      flow: greetingFlow(URL_SAY),
      call: { customField: "order_1", direction: "outbound-dial" },
    });
    expect(call.query("greeting")).toEqual({
      CallSid: call.call.callSid,
      From: "09812345678",
      To: "08047100000",
      DialWhomNumber: "",
      CustomField: "order_1",
    });
    expect(call.of("fetch")[0]?.request.headers).not.toHaveProperty("exotel-version");
    call.text("Good morning");
    expect(call.of("play")[0]?.items).toEqual([{ kind: "text", text: "Good morning", language: "en-IN" }]);
  });

  it("APP-1: audio URLs, one per line, are played in order", () => {
    const call = new Drive({ flow: greetingFlow(URL_SAY) });
    call.text("https://cdn.example/a.wav\nhttps://cdn.example/b.wav\n");
    expect(call.of("play")[0]?.items).toEqual([
      { kind: "url", url: "https://cdn.example/a.wav" },
      { kind: "url", url: "https://cdn.example/b.wav" },
    ]);
  });

  it.each<[string, (call: Drive) => void]>([
    ["JSON", (call) => call.json({ text: "hi" })],
    ["a failure", (call) => call.fail()],
    ["nothing", (call) => call.text("")],
  ])("APP-1: a URL that answers %s is skipped", (_, answer) => {
    const call = new Drive({ flow: greetingFlow(URL_SAY) });
    answer(call);
    expect(call.applets).toEqual(["greet", "menu"]);
  });

  it("C8, APP-1: audio that cannot be played is skipped with a warning", () => {
    const call = new Drive({ flow: greetingFlow({ audio_file: "gone.wav" }) });
    call.played("no such file");
    expect(call.applets).toEqual(["greet", "menu"]);
    const message = "say cannot be played (no such file): it is skipped.";
    expect(call.report().warnings).toEqual([{ rule: "APP-1", path: "say", level: "warning", message }]);
  });

  it("C8, APP-1: a prompt that never reports its end does not hold the caller forever, and is a warning", () => {
    const call = new Drive({ flow: greetingFlow({ text: "Hello" }) });
    call.after(600_000);
    expect(call.applets).toEqual(["greet", "menu"]);
    const message = "say is still playing after 600 s: it is cut short.";
    expect(call.report().warnings).toEqual([{ rule: "APP-1", path: "say", level: "warning", message }]);
  });

  it("digits entered during it answer the next prompt", () => {
    const call = new Drive({ flow: greetingFlow({ text: "Hello" }) });
    call.enterDigits("1");
    expect(call.applets).toEqual(["greet"]);
    call.played();
    expect(call.applets).toEqual(["greet", "menu", "bye"]);
    expect(call.of("play")).toHaveLength(1);
  });

  it("no more than 255 digits are kept", () => {
    const call = new Drive({ flow: greetingFlow({ text: "Hello" }) });
    call.enterDigits("9".repeat(300));
    expect(call.call.typeAhead).toBe("9".repeat(255));
  });

  it.each([
    [{}, "exactly one of"],
    [{ text: "a", url: "https://app.example" }, "exactly one of"],
    [{ audio_file: "../secret.wav" }, "name of an uploaded file"],
    [{ url: "ftp://app.example" }, "http or https"],
    [{ txet: "a" }, 'did you mean "text"'],
  ])("say: %j is refused", (say, message) => {
    const flow = parseFlow(greetingFlow(say));
    expect(flow.ok ? "" : flow.error.map((each) => each.message).join(" ")).toContain(message);
  });
});

function documentOf(say: unknown, next?: string) {
  return greeting.schema.parse({ type: "greeting", say, next });
}

describe("what flow verification knows about a greeting", () => {
  it("its exit is taken after a sound", () => {
    expect(greeting.exits(documentOf({ text: "Hello" }, "menu"))).toEqual([
      {
        name: "next",
        label: "then",
        target: "menu",
        path: ["next"],
        waits: false,
        silence: NO_SILENCE,
        optional: false,
      },
    ]);
  });

  it("APP-1: with a URL, its exit may follow 5 s of silence", () => {
    const silence = { afterSound: 0, throughout: 5000 };
    expect(greeting.exits(documentOf(URL_SAY))).toEqual([
      { name: "next", label: "then", target: null, path: ["next"], waits: true, silence, optional: false },
    ]);
  });

  it.each([
    [{ text: "Hello" }, 0],
    [URL_SAY, 5000],
  ])("APP-1: playing %j, it is silent for %i ms at worst", (say, silenceMs) => {
    const silentBecause = "Its URL may take 5 s to answer.";
    expect(greeting.times(documentOf(say))).toEqual({ ...DIALS_NOBODY, silenceMs, silentBecause });
  });

  it.each<["slow" | "silent", ExampleScript]>([
    ["slow", { sounds: { Hello: 1000 }, urls: [[URL_SAY.url, { status: 200, text: "Hello" }]], takesMs: 1000 }],
    ["silent", { urls: [[URL_SAY.url, { error: "timeout" }]], takesMs: 5000 }],
  ])("APP-1: a call that asks its URL (%s)", (timing, script) => {
    expect(greeting.exampleScript(documentOf(URL_SAY), { target: "next", timing, select: null })).toEqual(script);
  });
});
