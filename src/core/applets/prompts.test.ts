import { expect, it } from "vitest";
import { appletKind, appletKinds } from "./registry.ts";

const TEXT = { kind: "text", language: "hi" } as const;
const LINES = { ...TEXT, text: "Hello" };

/** A document of every kind, and what it plays no matter what its URLs answer. */
const ROWS: readonly (readonly [type: string, document: object, prompts: readonly object[]])[] = [
  ["greeting", { say: { text: "Hello" } }, [LINES]],
  ["greeting", { say: { audio_file: "welcome.wav" } }, [{ kind: "file", file: "welcome.wav" }]],
  ["greeting", { say: { audio_url: "https://cdn.example/a.wav" } }, []],
  ["greeting", { say: { url: "https://app.example/say" } }, []],
  ["menu", { say: { text: "Hello" }, keys: {} }, [LINES]],
  ["voicemail", { say: { text: "Hello" } }, [LINES]],
  ["voicemail", {}, []],
  ["gather", { parameters: { gather_prompt: { text: "Hello" } } }, [LINES]],
  ["gather", { parameters: { gather_prompt: { text: "https://cdn.example/a.wav" } } }, []],
  ["gather", { parameters: {} }, []],
  ["gather", { url: { primary: "https://app.example/gather" } }, []],
  ["connect", { parameters: { start_call_playback: { type: "text", value: "Hello" } } }, [LINES]],
  ["connect", { parameters: { start_call_playback: { type: "text", value: "https://cdn.example/a.wav" } } }, []],
  ["connect", { parameters: { start_call_playback: { type: "audio_url", value: "Hello" } } }, []],
  ["connect", { parameters: { start_call_playback: { type: "text", value: 7 } } }, []],
  ["connect", { dial_whom: { group: "sales" } }, []],
  ["connect", { url: { primary: "https://app.example/connect" } }, []],
  ["passthru", { url: "https://app.example/pass", mode: "sync" }, []],
  ["switch", { cases: {} }, []],
  ["time_condition", { open: ["mon 09:00-18:00"] }, []],
  ["hangup", {}, []],
];

it.each(ROWS)("a %s such as %j lists the prompts it plays, before any call", (type, document, prompts) => {
  expect(appletKind(type)?.prompts({ type, exits: {}, ...document }, "hi")).toEqual(prompts);
});

it("every kind of applet is in the table", () => {
  expect(appletKinds.map(({ type }) => type).toSorted()).toEqual([...new Set(ROWS.map(([type]) => type))].toSorted());
});
