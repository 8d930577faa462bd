import { describe, expect, it } from "vitest";
import { Drive } from "../../engine/testing.ts";
import { parseFlow } from "../../flow/flow.ts";

const BYE = { type: "hangup" };
const PROMPT = { gather_prompt: { text: "Your order number?" } };

function gatherFlow(parts: Record<string, unknown>) {
  const exits = { digits_entered: "pass", nothing_entered: "none" };
  const pass = { type: "passthru", url: "https://app.example/pass", exits: {} };
  return { flow: "1", start: "ask", applets: { ask: { type: "gather", exits, ...parts }, pass, none: BYE } };
}

/** A Gather whose answer stands in the flow, with the prompt playing. */
function gathering(more: Record<string, unknown> = {}): Drive {
  return new Drive({ flow: gatherFlow({ parameters: { ...PROMPT, ...more } }) });
}

describe("a Gather", () => {
  it("APP-2: the finish key ends the input and is no part of it", () => {
    const call = gathering();
    call.presses("2152#");
    expect(call.of("stop_playing")).toHaveLength(1);
    expect(call.exits).toEqual(["ask.digits_entered"]);
    expect(call.query("passthru")["digits"]).toBe('"2152"');
  });

  it("APP-2: enough digits end the input", () => {
    const call = gathering({ max_input_digits: 3 });
    call.presses("12");
    expect(call.exits).toEqual([]);
    call.presses("3");
    expect(call.query("passthru")["digits"]).toBe('"123"');
  });

  it("APP-2: a timeout ends the input, counted from the last digit", () => {
    const call = gathering({ input_timeout: 3 });
    call.played();
    call.after(2999);
    call.presses("4");
    call.after(2999);
    call.presses("5");
    call.after(2999);
    expect(call.exits).toEqual([]);
    call.after(1);
    expect(call.query("passthru")["digits"]).toBe('"45"');
  });

  it("APP-2: nothing in time takes the second exit", () => {
    const call = gathering();
    call.after(60_000);
    call.played();
    call.after(5000);
    expect(call.exits).toEqual(["ask.nothing_entered"]);
    expect(call.call.facts.digits).toBeNull();
  });

  it("APP-2: with finish_on_key empty every key is a digit", () => {
    const call = gathering({ finish_on_key: "", max_input_digits: 3 });
    call.presses("1#*");
    expect(call.query("passthru")["digits"]).toBe('"1#*"');
  });

  it("APP-2: repeat_menu asks again, with repeat_gather_prompt where there is one", () => {
    const call = gathering({ repeat_menu: 1, repeat_gather_prompt: { text: "Once more?" } });
    call.played();
    call.after(5000);
    expect(call.of("play").map((effect) => effect.items[0])).toMatchObject([
      { text: "Your order number?" },
      { text: "Once more?" },
    ]);
    call.presses("#");
    expect(call.exits).toEqual(["ask.nothing_entered"]);
  });

  it("APP-2: digits pressed ahead answer it, and what is left over is kept", () => {
    const flow = gatherFlow({ parameters: { ...PROMPT, max_input_digits: 2 } });
    const greet = { type: "greeting", say: { text: "Hello" }, next: "ask" };
    const call = new Drive({ flow: { ...flow, start: "greet", applets: { ...flow.applets, greet } } });
    call.presses("1234");
    call.played();
    expect(call.query("passthru")["digits"]).toBe('"12"');
    expect(call.call.typed).toBe("34");
    expect(call.of("play")).toHaveLength(1);
  });

  it("RES-9, RES-27: an answer whose prompt was still looked at when the caller left keeps its result", () => {
    const call = new Drive({ flow: gatherFlow({ url: { primary: "https://app.example/gather" } }) });
    call.json({ gather_prompt: { audio_url: "https://cdn.example/ask.wav" } });
    call.leaves();
    expect(call.traced("request.result")).toMatchObject([{ result: "usable", rule: "REF-8", elapsed_ms: 100 }]);
  });

  it("APP-2: a URL is asked like Connect's: version header, Fallback, checked audio", () => {
    const url = { primary: "https://app.example/gather", fallback: "https://backup.example/gather" };
    const call = new Drive({ flow: gatherFlow({ url }) });
    expect(call.of("fetch")[0]).toMatchObject({ purpose: "gather", request: { headers: { "exotel-version": "1.0" } } });
    call.json({ max_input_digits: 1 });
    expect(call.asked.at(-1)).toBe("https://backup.example/gather");
    call.json({ gather_prompt: { audio_url: "https://cdn.example/ask.wav" } });
    expect(call.of("play")).toEqual([]);
    call.outcome({ ok: true, status: 200, contentType: "audio/wav", body: "" });
    expect(call.of("play")[0]?.items).toEqual([{ kind: "url", url: "https://cdn.example/ask.wav" }]);
  });

  it("APP-2: keys pressed while the URL is asked are not lost", () => {
    const call = new Drive({ flow: gatherFlow({ url: { primary: "https://app.example/gather" } }) });
    call.presses("7#");
    call.json(PROMPT);
    expect(call.query("passthru")["digits"]).toBe('"7"');
    expect(call.of("play")).toEqual([]);
  });

  it("APP-2: URLs that both fail take the second exit", () => {
    const call = new Drive({ flow: gatherFlow({ url: { primary: "https://app.example/gather" } }) });
    call.status(500);
    expect(call.exits).toEqual(["ask.nothing_entered"]);
  });

  it("APP-2: parameters that cannot be used take the second exit, and say why", () => {
    const call = new Drive({ flow: gatherFlow({ parameters: { max_input_digits: 3 } }) });
    expect(call.exits).toEqual(["ask.nothing_entered"]);
    expect(call.traced("answer.finding")[0]?.path).toBe("gather_prompt");
  });

  it("a document with both a URL and parameters, or neither, is refused", () => {
    const neither = parseFlow(gatherFlow({}));
    const both = parseFlow(gatherFlow({ parameters: PROMPT, url: { primary: "https://app.example/g" } }));
    expect([neither.ok, both.ok]).toEqual([false, false]);
  });
});
