import { describe, expect, it } from "vitest";
import { callerIdentity, callerNumber, calledNumber } from "./identity.ts";
import { inviteRequest } from "../../../test/support/invite.ts";

const ANONYMOUS_FROM = '"Anonymous" <sip:anonymous@anonymous.invalid>';

function caller(from: string, ...headers: [string, string][]): string {
  return callerIdentity(inviteRequest({ from, headers }), "IN").number;
}

describe("the caller's identity", () => {
  it.each<[string, string]>([
    ["two values on one line", "<sip:+919812345678@carrier.example>, <tel:+919812345678>"],
    ["a first value that is not a number", '"Acme" <sip:switchboard@acme.example>, <tel:+91-98123-45678>'],
    ["a first value that cannot be read", "<not a URI>, <sip:09812345678@carrier.example;user=phone>"],
    ["a comma in a display name", '"Singh, Anil" <sip:+919812345678@carrier.example>'],
  ])("S1: in a P-Asserted-Identity with %s the first number counts, even with an anonymous From", (_what, value) => {
    expect(caller(ANONYMOUS_FROM, ["P-Asserted-Identity", value])).toBe("+919812345678");
  });

  it("S1: in a P-Asserted-Identity on two lines the second counts if the first is not a number", () => {
    const headers: [string, string][] = [
      ["P-Asserted-Identity", "<sip:switchboard@acme.example>"],
      ["P-Asserted-Identity", "<tel:+919812345678>"],
    ];
    expect(caller(ANONYMOUS_FROM, ...headers)).toBe("+919812345678");
  });

  it("takes the number in From before an asserted name, and the name if there is no number", () => {
    const name: [string, string] = ["P-Asserted-Identity", "<sip:switchboard@acme.example>"];
    expect(caller("<sip:+919812345678@x>", name)).toBe("+919812345678");
    expect(caller("<sip:anil@x>", name)).toBe("switchboard");
    expect(caller("<sip:anil@x>")).toBe("anil");
  });

  it.each<[string, string, string[]]>([
    ["id", "<sip:+919812345678@x>", ["<sip:+919900000001@x>"]],
    ["user;critical", "<sip:+919812345678@x>", ["<sip:+919900000001@x>"]],
    ["id", ANONYMOUS_FROM, ["<sip:+919900000001@x>"]],
    ["header;id", "<sip:+919900000001@x>", []],
  ])("S2, REQ-34: Privacy: %s withholds the number from everyone but the trunk", (privacy, from, asserted) => {
    const headers = [
      ["Privacy", privacy] as const,
      ...asserted.map((value) => ["P-Asserted-Identity", value] as const),
    ];
    const identity = callerIdentity(inviteRequest({ from, headers }), "IN");
    expect(identity).toMatchObject({ number: "anonymous", withheld: "+919900000001" });
  });

  it("REQ-34: an anonymous From without an asserted identity is anonymous", () => {
    expect(caller(ANONYMOUS_FROM)).toBe("anonymous");
    expect(caller("<sip:Unavailable@carrier.example>")).toBe("anonymous");
    expect(caller("<sip:carrier.example>")).toBe("anonymous");
  });

  it("Privacy: none withholds nothing", () => {
    expect(caller("<sip:+919812345678@x>", ["Privacy", "none"])).toBe("+919812345678");
  });

  it("A12: line breaks and NULs in the caller's identity are removed, and overlong text is cut", () => {
    expect(caller("<sip:anil%0D%0AX-Evil%3A%201%00@x>")).toBe("anilX-Evil: 1");
    expect(caller("<sip:%00%0A@x>")).toBe("anonymous");
    expect(caller(`<sip:${"a".repeat(500)}@x>`)).toHaveLength(128);
  });
});

describe("a caller's number", () => {
  it.each([
    ["+14155551212", "+14155551212"],
    ["14155551212", "+14155551212"],
    ["919812345678", "+919812345678"],
    ["09812345678", "+919812345678"],
    ["9812345678", "+919812345678"],
    ["00919812345678", "+919812345678"],
    ["0014155552671", "+14155552671"],
    ["0919812345678", "0919812345678"],
    ["911234", "911234"],
    ["10000000000", "10000000000"],
    ["100", "100"],
    ["anil", "anil"],
  ])("S22: %s on an Indian account is %s, never an invalid number", (text, number) => {
    expect(callerNumber(text, "IN")).toBe(number);
  });
});

describe("the called number", () => {
  const request = inviteRequest({
    uri: "sip:trunk-user@192.0.2.9",
    to: "<sip:+918000000002;phone-context=x@192.0.2.9>",
    headers: [["P-Called-Party-ID", '"Support" <tel:+91-80-4710-0000>']],
  });

  it("S23: is read from where the trunk's number_in says", () => {
    expect(calledNumber(request, "request-uri")).toBe("trunk-user");
    expect(calledNumber(request, "to")).toBe("+918000000002");
    expect(calledNumber(request, "p-called-party-id")).toBe("+91-80-4710-0000");
  });

  it("S23: is the Request-URI's if that header is missing or names no number", () => {
    const bare = inviteRequest({ to: "<sip:192.0.2.9>" });
    expect(calledNumber(bare, "to")).toBe("+918000000002");
    expect(calledNumber(bare, "p-called-party-id")).toBe("+918000000002");
  });
});
