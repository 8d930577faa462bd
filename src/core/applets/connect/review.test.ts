import { describe, expect, it } from "vitest";
import { connect } from "./connect.ts";

const NUMBERS = { destination: { numbers: ["+919900000011"] } };
const WHOM = { numbers: ["+919900000011"] };

/** Document; then rule and path of each finding. */
type Row = readonly [document: object, ...findings: (readonly [rule: string, path: string])[]];

const ROWS: Readonly<Record<string, Row>> = {
  "a URL, whose answer is not known yet": [{ url: { primary: "https://app.example/connect" } }],
  "parameters that are right": [{ parameters: NUMBERS }],
  "a number out of range": [
    { parameters: { ...NUMBERS, max_ringing_duration: 90 } },
    ["RES-5", "parameters.max_ringing_duration"],
  ],
  "an unknown key": [{ parameters: { ...NUMBERS, colour: "blue" } }, ["RES-7", "parameters.colour"]],
  "parameters without a list": [{ parameters: {} }, ["RES-2", "parameters.destination"]],
  "a list without an array": [{ parameters: { destination: {} } }, ["RES-2", "parameters.destination.numbers"]],
  "destinations and caller id, which depend on the account": [
    {
      parameters: { destination: { numbers: ["abc", "sip:anil@pbx.example"] }, outgoing_phone_number: "+918047100001" },
    },
  ],
  "APP-7: numbers without parameters": [{ dial_whom: WHOM }],
  "APP-7: numbers with parameters": [
    { dial_whom: WHOM, parameters: { max_ringing_duration: 90, colour: "blue" } },
    ["RES-5", "parameters.max_ringing_duration"],
    ["RES-7", "parameters.colour"],
  ],
};

describe("findings about an answer written into the flow", () => {
  it.each(Object.entries(ROWS))("RES-9: %s", (_, [document, ...findings]) => {
    for (const mode of ["strict", "lenient"] as const) {
      const found = connect.review?.({ type: "connect", exits: {}, ...document }, mode) ?? [];
      expect(found.map(({ rule, path }) => [rule, path])).toEqual(findings);
    }
  });

  it("C23, APP-7: a group that the account does not have, if the account is known", () => {
    const review = (groups: Readonly<Record<string, number>> | null) =>
      connect.review?.({ type: "connect", exits: {}, dial_whom: { group: "sales" } }, "strict", groups);
    expect(review(null)).toEqual([]);
    expect(review({ sales: 2 })).toEqual([]);
    expect(review({ support: 2, night: 1 })).toMatchObject([
      {
        level: "warning",
        rule: "APP-7",
        path: "dial_whom.group",
        message: 'dial_whom.group is "sales"; allowed is one of support, night: nobody is dialled.',
      },
    ]);
  });
});
