import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ACCOUNT } from "../../../test/fixtures/contract.ts";
import type { Account } from "./account.ts";
import { destinationKey } from "./destination.ts";
import {
  findUser,
  formatDestination,
  formatNumber,
  readDestination,
  readIntegerDestination,
  readIntegerPhone,
  readPhone,
} from "./numbers.ts";

const AT = "destination.numbers[0]";
const FORMS = "an E.164 number such as +919900000001, or sip:user";
const read = (text: string, account: Account = ACCOUNT) => readDestination(text, account, AT);
const rules = (text: string, account: Account = ACCOUNT): readonly string[] =>
  read(text, account).findings.map((finding) => finding.rule);

describe("accepted forms", () => {
  it.each(["+919900000011", "+918047199999", "+622131921111", "+12125550123", "+9118001234567"])(
    "RES-24: %s is E.164 and taken without a warning",
    (text) => {
      expect(read(text)).toEqual({ destination: { kind: "number", e164: text }, findings: [] });
    },
  );

  it.each([
    "09900000011",
    "919900000011",
    "9900000011",
    "+91 99000 00011",
    "+91-99000-00011",
    "(+91) 99000 00011",
    "[+91]9900000011",
    " +919900000011\n",
    "+91\u00a099000\u201100011",
    "099000-00011",
    "+9109900000011",
  ])("RES-24: %j is read as +919900000011, with a warning", (text) => {
    expect(read(text)).toEqual({
      destination: { kind: "number", e164: "+919900000011" },
      findings: [
        {
          level: "warning",
          rule: "RES-24",
          path: AT,
          found: JSON.stringify(text),
          allowed: FORMS,
          consequence: "it is read as +919900000011",
          message: `${AT} is ${JSON.stringify(text)}: it is read as +919900000011.`,
        },
      ],
    });
  });

  it.each([
    ["US", "2125550123", "+12125550123"],
    ["US", "12125550123", "+12125550123"],
    ["GB", "07911123456", "+447911123456"],
    ["IT", "061234567", "+39061234567"],
  ])("RES-24: in an account of %s, %s is read as %s", (country, text, e164) => {
    const read = readDestination(text, { ...ACCOUNT, country });
    expect(read.destination).toEqual({ kind: "number", e164 });
    expect(read.findings.map((finding) => [finding.rule, finding.path])).toEqual([["RES-24", "destination.numbers"]]);
  });

  it("RES-24: the same digits are another number in another country", () => {
    expect(readPhone("2125550123", "US").e164).toBe("+12125550123");
    expect(readPhone("2125550123", "IN").e164).toBe("+912125550123");
  });

  it("RES-24: sip:user is the phone of a user of the account, with a warning", () => {
    expect(read("sip:anil")).toEqual({
      destination: { kind: "sip", user: "anil", host: null },
      findings: [
        {
          level: "warning",
          rule: "RES-24",
          path: AT,
          found: '"sip:anil"',
          allowed: FORMS,
          consequence: "it is read as the phone of anil",
          message: `${AT} is "sip:anil": it is read as the phone of anil.`,
        },
      ],
    });
  });

  it("RES-24: sip:user of an unknown user is taken, and the warning says so", () => {
    const read = readDestination(" SIP:agent_01.x+y~z!*'-A ", ACCOUNT, AT);
    expect(read.destination).toEqual({ kind: "sip", user: "agent_01.x+y~z!*'-A", host: null });
    expect(read.findings[0]?.consequence).toBe(
      "it is read as the phone of agent_01.x+y~z!*'-A, who is not a user of this account yet",
    );
  });

  it("RES-24: sip:user@host is taken where the account allows that host, whatever its case", () => {
    for (const sipHosts of [["pbx.example.invalid"], ["other", "PBX.Example.invalid"]]) {
      const { destination, findings } = read("sip:Bob@PBX.example.INVALID", { ...ACCOUNT, sipHosts });
      expect(destination).toEqual({ kind: "sip", user: "Bob", host: "pbx.example.invalid" });
      expect(findings.map((finding) => finding.consequence)).toEqual([
        "it is read as the user Bob at pbx.example.invalid",
      ]);
    }
  });

  it("RES-24: a SIP user of 64 characters and a host of 63 are taken, longer ones are not", () => {
    const host = "h".repeat(63);
    const account = { ...ACCOUNT, sipHosts: [host, `${host}h`] };
    const user = "u".repeat(64);
    expect(read(`sip:${user}`).destination).not.toBeNull();
    expect(read(`sip:${user}u`).destination).toBeNull();
    expect(read(`sip:a@${host}`, account).destination).not.toBeNull();
    expect(read(`sip:a@${host}h`, account).destination).toBeNull();
  });

  it("RES-24: a text that was read before is read the same way again, and findings still quote it", () => {
    const texts = ["+919900000011", "09900000011", "99 0000 0011", "abc", "112", "+911234"];
    const once = texts.map((text) => read(text));
    expect(texts.map((text) => read(text))).toEqual(once);
    expect(readPhone("09900000011", "IN")).toBe(readPhone("09900000011", "IN"));
    for (let i = 0; i < 10_100; i++) readPhone(`x${i}`, "IN");
    expect(texts.map((text) => read(text))).toEqual(once);
  });

  it("RES-24: a number in its normal form is read as itself, without a warning", () => {
    const digits = fc.stringMatching(/^(?:\+91|0|91|)[6-9][0-9]{9}$/);
    const anything = fc.string({ unit: fc.constantFrom(..."+0123456789 -()[]x@:sip.".split("")) });
    fc.assert(
      fc.property(fc.oneof(digits, anything, fc.string()), (text) => {
        const { destination, findings } = read(text);
        if (destination === null) expect(findings).toHaveLength(1);
        if (destination?.kind !== "number") return;
        expect(read(destinationKey(destination))).toEqual({ destination, findings: [] });
      }),
    );
  });
});

describe("JSON integers", () => {
  const integer = (value: number, account: Account = ACCOUNT) => readIntegerDestination(value, account, AT);

  it.each([
    [919_900_000_011, "IN", "+919900000011"],
    [9_900_000_011, "IN", "+919900000011"],
    [12_025_550_123, "IN", "+12025550123"],
    [2_025_550_123, "US", "+12025550123"],
    [442_071_838_750, "GB", "+442071838750"],
  ])("C17, RES-24: %i in an account of %s is %s, with a warning", (value, country, e164) => {
    expect(integer(value, { ...ACCOUNT, country })).toEqual({
      destination: { kind: "number", e164 },
      findings: [
        {
          level: "warning",
          rule: "RES-24",
          path: AT,
          found: String(value),
          allowed: FORMS,
          consequence: `it is read as ${e164}`,
          message: `${AT} is ${value}: it is read as ${e164}.`,
        },
      ],
    });
  });

  it("C17, RES-24: digits that are a number of the account's country are that number, as in a text", () => {
    // +95 is Myanmar.
    expect(readIntegerPhone(9_512_497_648, "IN")).toEqual(readPhone("9512497648", "IN"));
    expect(readIntegerPhone(9_512_497_648, "IN").e164).toBe("+919512497648");
  });

  it.each([112, -919_900_000_011, 1.5, 1e300, 2 ** 53, 0])("C17, RES-4: %d is not a number to dial", (value) => {
    expect(integer(value)).toMatchObject({ destination: null, findings: [{ rule: "RES-4", path: AT }] });
  });

  it("C17, RES-25: the account's own ExoPhone and its prefixes count for an integer as well", () => {
    expect(integer(918_047_100_000)).toMatchObject({ destination: null, findings: [{ rule: "RES-25" }] });
    const account = { ...ACCOUNT, dialPrefixes: ["+1"] };
    expect(integer(919_900_000_011, account)).toMatchObject({ destination: null, findings: [{ rule: "RES-4" }] });
  });
});

describe("what cannot be dialled", () => {
  const skipped = (text: string, problem: string, allowed = FORMS) => ({
    destination: null,
    findings: [
      {
        level: "warning",
        rule: "RES-4",
        path: AT,
        found: JSON.stringify(text),
        allowed,
        consequence: "the entry is skipped",
        message: `${AT} is ${JSON.stringify(text)}, which ${problem}; allowed is ${allowed}: the entry is skipped.`,
      },
    ],
  });

  it.each([
    "",
    "abc",
    "+91798xx581xx",
    "+",
    "99000.00011",
    "tel:+919900000011",
    "+91९९०००००००११",
    "99,00",
    "+123456789012345678901",
  ])("RES-4: %j is not a phone number", (text) => {
    expect(read(text)).toEqual(skipped(text, "is not a phone number"));
  });

  it.each([
    "+910000000001",
    "+91990000001",
    "+9199000000111",
    "+999123456789",
    "00919900000011",
    "1234567",
    "5900000011",
    "+112",
    "02125550123456",
  ])("RES-4: %j is not a valid number", (text) => {
    expect(read(text)).toEqual(skipped(text, "is not a valid number of its country"));
  });

  it.each(["1", "112", "1 1-2", "0112", "123456"])("RES-4: %j is a short code", (text) => {
    expect(read(text)).toEqual(skipped(text, "is a short code and cannot be dialled as a destination"));
  });

  it.each([
    "sip:",
    "sip:a b",
    "sip:a@",
    "sip:@h",
    "sip:a@b@c",
    "sip:a:5060",
    "sip:a@pbx.example.invalid;transport=tcp",
    "sip:a,b",
    "sip:a@pbx.example.invalid:5060",
  ])("RES-4: %j is not a SIP address that can be dialled", (text) => {
    expect(read(text)).toEqual(skipped(text, "is not a SIP address of the form sip:user or sip:user@host"));
  });

  it("RES-4: a SIP host that the account does not allow", () => {
    expect(read("sip:a@evil.example")).toEqual(
      skipped("sip:a@evil.example", "is on a host this account does not allow"),
    );
    expect(rules("sip:a@pbx.example.invalid", { ...ACCOUNT, sipHosts: [] })).toEqual(["RES-4"]);
  });

  it("RES-4: other schemes are not numbers", () => {
    for (const text of ["sips:anil", "xsip:anil", "tel:+919900000011;sip:anil"])
      expect(read(text)).toEqual(skipped(text, "is not a phone number"));
  });

  it("RES-4: a text of 128 characters is read, a longer one is not, and is shown shortened", () => {
    expect(read(`+919900000011${" ".repeat(115)}`).destination).not.toBeNull();
    const [finding] = read(`+919900000011${" ".repeat(116)}`).findings;
    expect(finding?.message).toContain("which is too long for a number; allowed");
    expect(finding?.found).toBe(`"+919900000011${" ".repeat(67)}…"`);
  });

  it("RES-4: a number outside the prefixes of the account", () => {
    const account = { ...ACCOUNT, dialPrefixes: ["+1", "+9198"] };
    expect(read("+919900000011", account)).toEqual(
      skipped("+919900000011", "is outside the prefixes this account may dial", "a number under +1, +9198"),
    );
    expect(read("+919800000011", account).findings).toEqual([]);
    expect(rules("9800000011", account)).toEqual(["RES-24"]);
    expect(rules("sip:anil", account)).toEqual(["RES-24"]);
  });

  it.each(["+918047100000", "08047100000", "+91 80471 00000", "+911100000001"])(
    "RES-25: %s is an ExoPhone of the account, to which the call would loop",
    (text) => {
      const found = JSON.stringify(text);
      expect(read(text)).toEqual({
        destination: null,
        findings: [
          {
            level: "warning",
            rule: "RES-25",
            path: AT,
            found,
            allowed: "a number that is not an ExoPhone of the account",
            consequence: "the entry is skipped",
            message: `${AT} is ${found}, an ExoPhone of this account, where the call would loop: the entry is skipped.`,
          },
        ],
      });
    },
  );

  it("RES-4: in an account of an unknown country only E.164 can be read", () => {
    const account = { ...ACCOUNT, country: "XX" };
    expect(read("9900000011", account)).toEqual(skipped("9900000011", "is not a phone number"));
    expect(rules("+919900000011", account)).toEqual([]);
  });
});

describe("formatting", () => {
  it.each([
    ["+919900000001", "09900000001", "+919900000001"],
    ["+918000000002", "08000000002", "+918000000002"],
    ["+9118001234567", "+9118001234567", "+9118001234567"],
    ["+91990000000", "+91990000000", "+91990000000"],
    ["+622131921111", "+622131921111", "+622131921111"],
    ["+1919900000001", "+1919900000001", "+1919900000001"],
    ["sip:anil", "sip:anil", "sip:anil"],
    ["anonymous", "anonymous", "anonymous"],
    ["x+919900000001", "x+919900000001", "x+919900000001"],
    ["", "", ""],
  ])("REQ-32: %s is %s in a national account and %s in an e164 one", (given, national, e164) => {
    expect(formatNumber(given, { numberFormat: "national" })).toBe(national);
    expect(formatNumber(given, { numberFormat: "e164" })).toBe(e164);
  });

  it("REQ-32: a SIP destination is sip:user, without its host", () => {
    expect(formatDestination({ kind: "sip", user: "anil", host: null }, ACCOUNT)).toBe("sip:anil");
    expect(formatDestination({ kind: "sip", user: "bob", host: "pbx.example.invalid" }, ACCOUNT)).toBe("sip:bob");
    expect(formatDestination({ kind: "number", e164: "+919900000001" }, ACCOUNT)).toBe("09900000001");
    expect(formatDestination({ kind: "number", e164: "+919900000001" }, { numberFormat: "e164" })).toBe(
      "+919900000001",
    );
  });

  it("a number in the national form is read back as the same number", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^\+91[6-9][0-9]{9}$/), (e164) => {
        const { destination } = read(e164);
        fc.pre(destination !== null);
        expect(read(formatNumber(e164, { numberFormat: "national" })).destination).toEqual(destination);
      }),
    );
  });
});

describe("findUser", () => {
  it("finds a user by number and by name, and not on another host", () => {
    const [anil, bina] = ACCOUNT.users;
    expect(findUser(ACCOUNT, { kind: "number", e164: "+919999999999" })).toBe(anil);
    expect(findUser(ACCOUNT, { kind: "number", e164: "+919900000011" })).toBeNull();
    expect(findUser(ACCOUNT, { kind: "sip", user: "bina", host: null })).toBe(bina);
    expect(findUser(ACCOUNT, { kind: "sip", user: "bina", host: "pbx.example.invalid" })).toBeNull();
    expect(findUser(ACCOUNT, { kind: "sip", user: "nobody", host: null })).toBeNull();
  });
});

describe("destinationKey", () => {
  it("is the text form of a destination", () => {
    expect(destinationKey({ kind: "number", e164: "+919999999999" })).toBe("+919999999999");
    expect(destinationKey({ kind: "sip", user: "anil", host: null })).toBe("sip:anil");
    expect(destinationKey({ kind: "sip", user: "anil", host: "h" })).toBe("sip:anil@h");
  });
});
