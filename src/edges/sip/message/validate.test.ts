import { describe, expect, it } from "vitest";
import { asRequest, asResponse, invite, wire } from "./testing/make.ts";
import { validateRequest, validateResponse } from "./validate.ts";

function verdict(changes: Readonly<Record<string, string | null>>, uri?: string): number | null {
  return validateRequest(asRequest(wire(invite(changes, uri))))?.status ?? null;
}

describe("validateRequest", () => {
  it("accepts a proper INVITE, and one without Max-Forwards, Contact or tag (RFC 2543)", () => {
    expect(verdict({})).toBeNull();
    expect(verdict({ "Max-Forwards": null, Contact: null, From: "sip:a@b" })).toBeNull();
  });

  it.each(["Via", "From", "To", "Call-ID", "CSeq"])("without %s it is 400", (name) => {
    expect(verdict({ [name]: null })).toBe(400);
  });

  it.each([
    "From: <sip:a@b>;tag=2",
    "To: <sip:a@b>",
    "Call-ID: 2",
    "CSeq: 2 INVITE",
    "Max-Forwards: 3",
    "f: <sip:a@b>",
  ])("a second %s is 400", (line) => {
    expect(validateRequest(asRequest(wire([...invite(), line])))?.status).toBe(400);
  });

  it.each([
    [{ Via: "garbage" }],
    [{ From: "<sip:a b@c>;tag=1" }],
    [{ To: "<>" }],
    [{ "Call-ID": "a b" }],
    [{ "Call-ID": "" }],
    [{ Contact: "sip:a@b?x=y" }],
    [{ Contact: "<sip:a@b" }],
    [{ Route: "<sip:>" }],
    [{ "Record-Route": "nonsense" }],
    [{ "Max-Forwards": "256" }],
    [{ "Max-Forwards": "-1" }],
    [{ "Content-Length": "5" }],
    [{ "Content-Length": "abc" }],
  ])("%j is 400", (changes) => {
    expect(verdict(changes)).toBe(400);
  });

  it("names the fault in the reason", () => {
    const refusal = validateRequest(asRequest(wire(invite({ "Call-ID": null }))));
    expect(refusal?.reason).toBe("Bad Request - no call-id");
  });

  it("follows the order of RFC 3261 8.2: version, syntax, method, scheme, Require", () => {
    const lines = invite({ Require: "x", CSeq: "1 FOO" }, "isbn:1").with(0, "FOO isbn:1 SIP/3.0");
    const at = (i: number, line: string): void => void lines.splice(i, 1, line);
    const status = (): number | undefined => validateRequest(asRequest(wire(lines)))?.status;
    expect(status()).toBe(505);
    at(0, "FOO isbn:1 SIP/2.0");
    expect(status()).toBe(501);
    at(0, "INVITE isbn:1 SIP/2.0");
    expect(status()).toBe(400);
    at(6, "CSeq: 1 INVITE");
    expect(status()).toBe(416);
    at(0, "INVITE sip:1@b SIP/2.0");
    expect(status()).toBe(420);
  });

  it("Require is ignored in ACK and CANCEL", () => {
    for (const method of ["ACK", "CANCEL"]) {
      const lines = invite({ Require: "x", CSeq: `1 ${method}` }).with(0, `${method} sip:a@b SIP/2.0`);
      expect(validateRequest(asRequest(wire(lines)))).toBeNull();
    }
  });

  it("an extension that the caller has is not refused, whatever its case", () => {
    const request = asRequest(wire(invite({ Require: "100REL, tdialog" })));
    expect(validateRequest(request)?.headers).toEqual([["Unsupported", "tdialog"]]);
    expect(validateRequest(request, { extensions: new Set(["100rel", "tdialog"]) })).toBeNull();
  });

  it("method names are case-sensitive", () => {
    const lines = invite({ CSeq: "1 invite" }).with(0, "invite sip:a@b SIP/2.0");
    expect(validateRequest(asRequest(wire(lines)))?.status).toBe(501);
  });
});

describe("validateResponse", () => {
  it("accepts a proper response and names what is wrong with a bad one", () => {
    const lines = invite().with(0, "SIP/2.0 200 OK");
    expect(validateResponse(asResponse(wire(lines)))).toBeNull();
    expect(validateResponse(asResponse(wire(lines.filter((line) => !line.startsWith("Via")))))).toBe("no Via");
    expect(validateResponse(asResponse(wire(lines.with(0, "SIP/7.0 200 OK"))))).toContain("version");
  });
});
