import { describe, expect, it } from "vitest";
import { addressList, finalResponse, reasonsOf } from "./fields.ts";
import { asRequest, asResponse, invite, wire } from "./testing/make.ts";

describe("S1: a header that lists addresses", () => {
  const users = (...lines: string[]): string[] =>
    addressList(asRequest(wire([...invite(), ...lines])), "P-Asserted-Identity").map(({ uriText }) => uriText);

  it("is read completely: every value of every line, in order", () => {
    expect(
      users("P-Asserted-Identity: <sip:+911@a>, <tel:+912>", 'P-Asserted-Identity: "C, D" <sip:+913@a;x=1,2>;q=1'),
    ).toEqual(["sip:+911@a", "tel:+912", "sip:+913@a;x=1,2"]);
  });

  it.each([
    ["no address at all", "hello there"],
    ["quotes that never close", '"A <sip:1@a>'],
    ["a bracket that never closes", "<sip:1@a"],
    ["a URI that cannot be read", "<sip:@>"],
    ["nothing", ""],
  ])("skips %s, and continues with the next line", (_, bad) => {
    expect(users(`P-Asserted-Identity: ${bad}`, "P-Asserted-Identity: <tel:+912>")).toEqual(["tel:+912"]);
  });

  it("skips a bad value between good ones of one line", () => {
    expect(users("P-Asserted-Identity: <sip:+911@a>, , nobody here, <tel:+912>")).toEqual(["sip:+911@a", "tel:+912"]);
  });

  it("is empty when it is absent", () => {
    expect(users()).toEqual([]);
  });
});

describe("S20: Reason", () => {
  const reasons = (...lines: string[]): unknown => reasonsOf(asRequest(wire([...invite(), ...lines])));

  it("is read with protocol, cause and text, several of them in one line or many", () => {
    const lines = [
      'Reason: SIP ;cause=200 ;text="Call completed, elsewhere", Q.850;cause=16',
      "Reason: Q.850;cause=17",
    ];
    expect(reasons(...lines)).toEqual([
      { protocol: "SIP", cause: 200, text: "Call completed, elsewhere" },
      { protocol: "Q.850", cause: 16, text: null },
      { protocol: "Q.850", cause: 17, text: null },
    ]);
  });

  it.each([
    ["Q.850", null],
    ["Q.850;cause=", null],
    ["Q.850;cause=busy", null],
    ["Q.850;cause=123456789", null],
    ['Q.850;cause="17"', 17],
    ["Q.850;;cause=17", null],
  ])("%s has the cause %s", (value, cause) => {
    expect(reasons(`Reason: ${value}`)).toEqual([{ protocol: "Q.850", cause, text: null }]);
  });

  it("skips what has no protocol", () => {
    expect(reasons("Reason: ;cause=17, Q.850;cause=18")).toEqual([{ protocol: "Q.850", cause: 18, text: null }]);
  });
});

describe("S17: a redirection", () => {
  const contacts = (status: number, ...lines: string[]): unknown =>
    finalResponse(asResponse(wire([`SIP/2.0 ${status} Moved`, ...invite().slice(1), ...lines]))).contacts;

  it("lists its Contacts by q, those without one first, equal ones in their order", () => {
    const lines = ["Contact: <sip:c@a>;q=0.2, <sip:d@a>;q=0.9", "Contact: <sip:e@a>;q=.9, <sip:f@a>;q=seven"];
    const [, ...rest] = contacts(302, ...lines) as { uri: string; q: number }[];
    expect(rest.map(({ uri, q }) => `${uri} ${q}`)).toEqual(["sip:f@a 1", "sip:d@a 0.9", "sip:e@a 0.9", "sip:c@a 0.2"]);
  });

  it("is empty for a refusal other than a 3xx", () => {
    expect(contacts(486)).toEqual([]);
  });
});
