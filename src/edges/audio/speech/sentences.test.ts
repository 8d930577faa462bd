import { assert, property, string } from "fast-check";
import { describe, expect, it } from "vitest";
import { sentencesOf } from "./sentences.ts";

describe("splitting a text for speech", () => {
  it("cuts at the ends of sentences", () => {
    expect(sentencesOf("Welcome to Acme.  For sales, press 1!\nFor the rest: 2.5 or more?")).toEqual([
      "Welcome to Acme.",
      "For sales, press 1!",
      "For the rest: 2.5 or more?",
    ]);
  });

  it("leaves out pieces without words", () => {
    expect(sentencesOf("... Hello. --- !")).toEqual(["Hello."]);
    expect(sentencesOf(" \n\t")).toEqual([]);
  });

  it("cuts a long sentence after a comma, else between words, else anywhere", () => {
    const word = "word ".repeat(50).trim();
    expect(sentencesOf(`${word}, ${word}`)).toEqual([`${word},`, word]);
    expect(sentencesOf(`${word} ${word}`).every((piece) => piece.length <= 300)).toBe(true);
    expect(sentencesOf("x".repeat(700)).map(({ length }) => length)).toEqual([300, 300, 100]);
  });

  it("loses no letter or digit of any text", () => {
    const letters = (text: string): string => text.replaceAll(/[^\p{L}\p{N}]/gu, "");
    assert(
      property(string({ maxLength: 2000 }), (text) => {
        const pieces = sentencesOf(text);
        expect(letters(pieces.join(""))).toBe(letters(text.replaceAll(/[\s\p{Cc}]+/gu, " ")));
        expect(pieces.every((piece) => piece.length <= 300)).toBe(true);
      }),
    );
  });
});
