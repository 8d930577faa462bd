import { describe, expect, it } from "vitest";
import { CALLER } from "../../call/legs.ts";
import { Drive } from "../../engine/testing.ts";
import { parseFlow } from "../../flow/flow.ts";

/** A greeting, and behind it a menu that shows what was pressed. */
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
  ])("APP-1: says %j, then goes on", (say, item) => {
    const call = new Drive({ flow: greetingFlow(say) });
    expect(call.of("play")).toMatchObject([{ legs: [CALLER], items: [item], loop: false }]);
    expect(call.applets).toEqual(["greet"]);
    call.played();
    expect(call.applets).toEqual(["greet", "menu"]);
    expect(call.exits).toEqual(["greet.next"]);
  });

  it("APP-1: asks a URL what to say, with the details it needs and no version header", () => {
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

  it("APP-1: audio URLs one a line are played in order", () => {
    const call = new Drive({ flow: greetingFlow(URL_SAY) });
    call.text("https://cdn.example/a.wav\nhttps://cdn.example/b.wav\n");
    expect(call.of("play")[0]?.items).toEqual([
      { kind: "url", url: "https://cdn.example/a.wav" },
      { kind: "url", url: "https://cdn.example/b.wav" },
    ]);
  });

  it.each<[string, (call: Drive) => void]>([
    ["JSON", (call) => call.json({ text: "hi" })],
    ["a failure", (call) => call.fails()],
    ["nothing", (call) => call.text("")],
  ])("APP-1: a URL that answers %s is skipped", (_, answer) => {
    const call = new Drive({ flow: greetingFlow(URL_SAY) });
    answer(call);
    expect(call.applets).toEqual(["greet", "menu"]);
  });

  it("APP-1: audio that cannot be played is skipped with a warning", () => {
    const call = new Drive({ flow: greetingFlow({ audio_file: "gone.wav" }) });
    call.played("no such file");
    expect(call.applets).toEqual(["greet", "menu"]);
    expect(call.rules).toContain("APP-1");
  });

  it("one that never reports its end does not hold the caller for ever", () => {
    const call = new Drive({ flow: greetingFlow({ text: "Hello" }) });
    call.after(600_000);
    expect(call.applets).toEqual(["greet", "menu"]);
  });

  it("keys pressed during it answer the prompt behind it", () => {
    const call = new Drive({ flow: greetingFlow({ text: "Hello" }) });
    call.presses("1");
    expect(call.applets).toEqual(["greet"]);
    call.played();
    expect(call.applets).toEqual(["greet", "menu", "bye"]);
    expect(call.of("play")).toHaveLength(1);
  });

  it("no more than 255 keys are kept", () => {
    const call = new Drive({ flow: greetingFlow({ text: "Hello" }) });
    call.presses("9".repeat(300));
    expect(call.call.typed).toBe("9".repeat(255));
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
