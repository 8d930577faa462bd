import { describe, expect, it } from "vitest";
import { Drive } from "../../engine/testing/drive.ts";
import { parseFlow } from "../../flow/flow.ts";
import { gather } from "./gather.ts";

const BYE = { type: "hangup" };
const PROMPT = { gather_prompt: { text: "Your order number?" } };

function gatherFlow(parts: Record<string, unknown>) {
  const exits = { digits_entered: "pass", nothing_entered: "none" };
  const pass = { type: "passthru", url: "https://app.example/pass", exits: {} };
  return { flow: "1", start: "ask", applets: { ask: { type: "gather", exits, ...parts }, pass, none: BYE } };
}

/** A Gather whose answer is written into the flow, with the prompt playing. */
function gathering(more: Record<string, unknown> = {}): Drive {
  return new Drive({ flow: gatherFlow({ parameters: { ...PROMPT, ...more } }) });
}

const URL_ALONE = { url: { primary: "https://app.example/gather" } };

/** A Gather whose URL is being asked. */
function asking(): Drive {
  return new Drive({ flow: gatherFlow(URL_ALONE) });
}

/** What an operator reads about the Gather, from its start to its exit. */
function traceLines(call: Drive): string[] {
  const from = call.trace.findIndex((entry) => entry.type === "applet.entered");
  const to = call.trace.findIndex((entry) => entry.type === "exit.taken");
  return call.trace.slice(from, to + 1).map((entry) => {
    const { type, rule, url, what, digits, exit, message, answer } = { ...entry } as Record<string, unknown>;
    const used = answer === undefined ? undefined : JSON.stringify(answer);
    return [type, rule, url, what, digits, exit, message, used].filter((each) => typeof each === "string").join(" ");
  });
}

function used(more: Record<string, unknown> = {}): string {
  const defaults = { max_input_digits: 255, finish_on_key: "#", input_timeout: 5, repeat_menu: 0 };
  return `answer.used ${JSON.stringify({ ...PROMPT, ...defaults, repeat_gather_prompt: null, ...more })}`;
}

const START = ["applet.entered", "call.answered"];
const ASKED = [...START, "request.sent https://app.example/gather"];
const PROMPT_STARTED = "playback.started APP-1 text: Your order number?";
const PROMPT_ENDED = "playback.ended played to its end";
const NEEDED = "gather_prompt is missing; allowed is an object with text, or with audio_url (http or https)";
const REFUSED = "The answer has status 500; only 200 is usable: it cannot be used.";

describe("the trace of a Gather", () => {
  it.each<[string, Record<string, unknown>, (call: Drive) => void, string[]]>([
    [
      "enough digits",
      { parameters: { ...PROMPT, max_input_digits: 2, input_timeout: 7 } },
      (call) => call.enterDigits("42"),
      [
        ...START,
        used({ max_input_digits: 2, input_timeout: 7 }),
        PROMPT_STARTED,
        "digits 42 2 digits are enough.",
        "exit.taken APP-2 digits_entered",
      ],
    ],
    [
      "the finish digit, in an answer of a URL",
      URL_ALONE,
      (call) => {
        call.json(PROMPT);
        call.enterDigits("42#");
      },
      [
        ...ASKED,
        "request.result The answer is valid and is used.",
        used(),
        PROMPT_STARTED,
        "digits 42 The caller entered #.",
        "exit.taken APP-2 digits_entered",
      ],
    ],
    [
      "no further digit",
      { parameters: PROMPT },
      (call) => {
        call.enterDigits("4");
        call.after(5000);
      },
      [...START, used(), PROMPT_STARTED, "digits 4 No further digit came in time.", "exit.taken APP-2 digits_entered"],
    ],
    [
      "no digit, asked twice",
      { parameters: { ...PROMPT, repeat_menu: 1 } },
      (call) => {
        for (let i = 0; i < 2; i++) {
          call.played();
          call.after(5000);
        }
      },
      [
        ...START,
        used({ repeat_menu: 1 }),
        PROMPT_STARTED,
        PROMPT_ENDED,
        "decision APP-2 Nothing was entered: the prompt plays again.",
        PROMPT_STARTED,
        PROMPT_ENDED,
        "exit.taken APP-2 nothing_entered",
      ],
    ],
    [
      "a URL that fails",
      URL_ALONE,
      (call) => call.status(500),
      [
        ...ASKED,
        `answer.finding RES-1 ${REFUSED}`,
        `request.result RES-1 ${REFUSED}`,
        `decision APP-2 No digits can be asked for: ${REFUSED}`,
        "exit.taken APP-2 nothing_entered",
      ],
    ],
    [
      "parameters without a prompt",
      { parameters: {} },
      () => undefined,
      [
        ...START,
        `answer.finding APP-2 ${NEEDED}: the answer is invalid.`,
        `decision APP-2 No digits can be asked for: ${NEEDED}: the answer is invalid.`,
        "exit.taken APP-2 nothing_entered",
      ],
    ],
  ])("APP-2: shows %s", (_, parts, proceed, expected) => {
    const call = new Drive({ flow: gatherFlow(parts) });
    proceed(call);
    expect(traceLines(call)).toEqual(expected);
  });
});

describe("a Gather", () => {
  it("APP-2: the finish digit ends the input and is not part of it", () => {
    const call = gathering();
    call.enterDigits("2152#");
    expect(call.of("stop_playing")).toHaveLength(1);
    expect(call.exits).toEqual(["ask.digits_entered"]);
    expect(call.query("passthru")["digits"]).toBe('"2152"');
  });

  it("APP-2: enough digits end the input", () => {
    const call = gathering({ max_input_digits: 3 });
    call.enterDigits("12");
    expect(call.exits).toEqual([]);
    call.enterDigits("3");
    expect(call.query("passthru")["digits"]).toBe('"123"');
  });

  it("APP-2: a timeout ends the input, counted from the last digit", () => {
    const call = gathering({ input_timeout: 3 });
    call.played();
    call.after(2999);
    call.enterDigits("4");
    call.after(2999);
    call.enterDigits("5");
    call.after(2999);
    expect(call.exits).toEqual([]);
    call.after(1);
    expect(call.query("passthru")["digits"]).toBe('"45"');
  });

  it("APP-2: nothing in time takes the second exit", () => {
    const call = gathering();
    call.after(60_000);
    expect(call.exits).toEqual([]);
    call.played();
    call.after(5000);
    expect(call.exits).toEqual(["ask.nothing_entered"]);
    expect(call.call.facts.digits).toBeNull();
  });

  it("APP-2: with finish_on_key empty, * and # are digits too", () => {
    const call = gathering({ finish_on_key: "", max_input_digits: 3 });
    call.enterDigits("1#*");
    expect(call.query("passthru")["digits"]).toBe('"1#*"');
  });

  it("APP-2: repeat_menu asks again, with repeat_gather_prompt if it is set", () => {
    const call = gathering({ repeat_menu: 1, repeat_gather_prompt: { text: "Once more?" } });
    call.played();
    call.after(5000);
    expect(call.of("play").map((effect) => effect.items[0])).toMatchObject([
      { text: "Your order number?" },
      { text: "Once more?" },
    ]);
    call.enterDigits("#");
    expect(call.exits).toEqual(["ask.nothing_entered"]);
  });

  it("APP-2: the wait for a digit does not cut into the repeated prompt", () => {
    const call = gathering({ repeat_menu: 1 });
    call.played();
    call.after(4000);
    call.enterDigits("#");
    call.after(30_000);
    expect(call.exits).toEqual([]);
  });

  it("APP-2: after a prompt that never reports its end, the Gather still waits for digits", () => {
    const call = gathering();
    call.after(600_000);
    expect(call.kinds).toEqual(["stop_playing", "set_timer"]);
    call.after(4999);
    expect(call.exits).toEqual([]);
    call.after(1);
    expect(call.exits).toEqual(["ask.nothing_entered"]);
  });

  it("APP-2: digits typed ahead answer it, and any left over are kept", () => {
    const flow = gatherFlow({ parameters: { ...PROMPT, max_input_digits: 2 } });
    const greet = { type: "greeting", say: { text: "Hello" }, next: "ask" };
    const call = new Drive({ flow: { ...flow, start: "greet", applets: { ...flow.applets, greet } } });
    call.enterDigits("1234");
    call.played();
    expect(call.query("passthru")["digits"]).toBe('"12"');
    expect(call.call.typeAhead).toBe("34");
    expect(call.of("play")).toHaveLength(1);
  });

  it("APP-2: if too few digits were typed ahead, the wait for the next one starts", () => {
    const call = asking();
    call.enterDigits("7");
    call.json(PROMPT);
    expect(call.of("play")).toEqual([]);
    call.after(5000);
    expect(call.query("passthru")["digits"]).toBe('"7"');
  });

  it.each<[string, (call: Drive) => void]>([
    ["that got nothing", (call) => call.after(5000)],
    ["that got only the finish digit", (call) => call.enterDigits("#")],
  ])("C1, REQ-25: after a Gather %s the digits of the one before are absent", (_, enterNothing) => {
    const first = { type: "gather", parameters: PROMPT, exits: { digits_entered: "ask" } };
    const ask = { type: "gather", parameters: PROMPT, exits: { nothing_entered: "pass" } };
    const pass = { type: "passthru", url: "https://app.example/pass", exits: {} };
    const call = new Drive({ flow: { flow: "1", start: "first", applets: { first, ask, pass } } });
    call.enterDigits("42#");
    call.played();
    enterNothing(call);
    expect(call.exits).toEqual(["first.digits_entered", "ask.nothing_entered"]);
    expect(call.query("passthru")).not.toHaveProperty("digits");
  });

  it("C1, REQ-25: a Gather whose URL cannot be used gets no digits; its own request still carries the earlier ones", () => {
    const first = { type: "gather", parameters: PROMPT, exits: { digits_entered: "ask" } };
    const ask = { type: "gather", url: { primary: "https://app.example/g" }, exits: { nothing_entered: "sales" } };
    const sales = { type: "connect", url: { primary: "https://app.example/connect" } };
    const call = new Drive({ flow: { flow: "1", start: "first", applets: { first, ask, sales } } });
    call.enterDigits("42#");
    expect(call.query("gather")["digits"]).toBe('"42"');
    call.status(500);
    call.dial(["+919900000011"], { fetch_after_attempt: true });
    call.refuse(2);
    expect(call.query("connect", 0)).not.toHaveProperty("digits");
    expect(call.query("connect", 1)).not.toHaveProperty("digits");
  });

  it.each([
    [0, "gather_prompt"],
    [1, "repeat_gather_prompt"],
  ])("C8, APP-1: after %i repetitions a skipped prompt is a warning about %s", (repeats, path) => {
    const call = gathering({ repeat_menu: 1, repeat_gather_prompt: { text: "Again?" } });
    for (let i = 0; i < repeats; i++) {
      call.played();
      call.after(5000);
    }
    call.played("no voice");
    expect(call.report().warnings).toMatchObject([{ rule: "APP-1", path, level: "warning" }]);
  });

  it("APP-2: a caller who leaves between two digits takes no exit, and entered nothing", () => {
    const call = gathering();
    call.enterDigits("4");
    call.hangUp();
    expect(call.exits).toEqual([]);
    expect(call.call.facts.digits).toBeNull();
    expect(call.of("end")).toHaveLength(1);
  });

  it("APP-2: the recording of an earlier conversation that closes late does not affect it", () => {
    const exits = { conversation_ended: "ask" };
    const sales = { type: "connect", url: { primary: "https://app.example/connect" }, exits };
    const flow = gatherFlow({ parameters: PROMPT });
    const call = new Drive({ flow: { ...flow, start: "sales", applets: { ...flow.applets, sales } } });
    call.dial(["+919900000011"], { record: true });
    call.answer(2);
    call.hangUp(2);
    call.recorded();
    expect(call.kinds).toEqual([]);
    call.enterDigits("42#");
    expect(call.exits).toEqual(["sales.conversation_ended", "ask.digits_entered"]);
  });

  it("RES-9, RES-27: an answer whose prompt was still being checked when the caller left keeps its result", () => {
    const call = asking();
    call.json({ gather_prompt: { audio_url: "https://cdn.example/ask.wav" } });
    call.hangUp();
    expect(call.traced("request.result")).toMatchObject([{ result: "usable", rule: "REF-8", elapsed_ms: 100 }]);
  });

  it("APP-2: a URL is asked like Connect's: version header, Fallback, checked audio", () => {
    const url = { primary: "https://app.example/gather", fallback: "https://backup.example/gather" };
    const call = new Drive({ flow: gatherFlow({ url }) });
    const headers = { "exotel-version": "1.0", accept: "application/json" };
    expect(call.of("fetch")[0]).toMatchObject({ purpose: "gather", request: { headers } });
    call.json({ max_input_digits: 1 });
    expect(call.asked.at(-1)).toBe("https://backup.example/gather");
    call.json({ gather_prompt: { audio_url: "https://cdn.example/ask.wav" } });
    expect(call.of("play")).toEqual([]);
    call.outcome({ ok: true, status: 200, contentType: "audio/wav", body: "" });
    expect(call.of("play")[0]?.items).toEqual([{ kind: "url", url: "https://cdn.example/ask.wav" }]);
  });

  it("RES-5, RES-27: a lenient flow asks for digits although the prompt's audio is missing", () => {
    const call = new Drive({ flow: { ...gatherFlow(URL_ALONE), validation: "lenient" } });
    call.json({ gather_prompt: { audio_url: "https://cdn.example/ask.wav" } });
    call.status(404);
    expect(call.of("play")[0]?.items).toEqual([{ kind: "url", url: "https://cdn.example/ask.wav" }]);
    call.played("status 404");
    call.enterDigits("8#");
    expect(call.query("passthru")["digits"]).toBe('"8"');
  });

  it("APP-2: digits entered while the URL is asked are not lost", () => {
    const call = asking();
    call.enterDigits("7#");
    call.json(PROMPT);
    expect(call.query("passthru")["digits"]).toBe('"7"');
    expect(call.of("play")).toEqual([]);
  });

  it("APP-2: URLs that both fail take the second exit", () => {
    const call = asking();
    call.status(500);
    expect(call.exits).toEqual(["ask.nothing_entered"]);
  });

  it("APP-2: unusable parameters take the second exit, with a finding", () => {
    const call = new Drive({ flow: gatherFlow({ parameters: { max_input_digits: 3 } }) });
    expect(call.exits).toEqual(["ask.nothing_entered"]);
    expect(call.traced("answer.finding")[0]?.path).toBe("gather_prompt");
  });

  it("APP-2: parameters are reviewed in the flow's validation mode; a URL's answer is not known in advance", () => {
    const parameters = { ...PROMPT, input_timeout: 900 };
    const review = (document: object, mode: "strict" | "lenient") =>
      gather.review?.({ type: "gather", exits: {}, ...document }, mode).map(({ level, path }) => `${level} ${path}`);
    expect(review({ parameters }, "strict")).toEqual(["error parameters.input_timeout"]);
    expect(review({ parameters }, "lenient")).toEqual(["warning parameters.input_timeout"]);
    expect(review(URL_ALONE, "strict")).toEqual([]);
  });

  it("a document with both a URL and parameters, or neither, is refused", () => {
    const neither = parseFlow(gatherFlow({}));
    const both = parseFlow(gatherFlow({ parameters: PROMPT, url: { primary: "https://app.example/g" } }));
    expect([neither.ok, both.ok]).toEqual([false, false]);
  });
});
