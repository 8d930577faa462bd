import { describe, expect, it } from "vitest";
import { ACCOUNT, EXOPHONE, json } from "../../../test/fixtures/contract.ts";
import { validateConnectAnswer } from "./answer.ts";
import { VerdictCache } from "./verdict-cache.ts";

/** Validates what a customer's server sent, each time as a new outcome with an equal text. */
function validate(fields: Readonly<Record<string, unknown>>, changes: Partial<typeof DEFAULTS> = {}) {
  const { account, exophone, mode } = { ...DEFAULTS, ...changes };
  return validateConnectAnswer(
    json({ destination: { numbers: ["+919900000011"] }, ...fields }),
    account,
    exophone,
    mode,
  );
}

const DEFAULTS = { account: ACCOUNT, exophone: EXOPHONE, mode: "strict" as "strict" | "lenient" };

describe("VerdictCache", () => {
  it("the same answer in the same circumstances is validated once", () => {
    expect(validate({ record: true })).toBe(validate({ record: true }));
  });

  it("another mode, account, ExoPhone or media type gets its own verdict", () => {
    expect(validate({ max_ringing_duration: 0 }).usable).toBe(false);
    expect(validate({ max_ringing_duration: 0 }, { mode: "lenient" }).usable).toBe(true);
    const dialsNobody = { ...ACCOUNT, dialPrefixes: ["+1"] };
    expect(validate({}).findings).toEqual([]);
    expect(validate({}, { account: dialsNobody })).toMatchObject({ answer: { destinations: [] } });
    const outgoing = { outgoing_phone_number: EXOPHONE.number };
    expect(validate(outgoing).findings).toEqual([]);
    const stranger = { number: "+918000000009", region: "elsewhere", trunk: null };
    expect(validate(outgoing, { exophone: stranger }).findings).toMatchObject([{ rule: "DIAL-6" }]);
    const html = { ...json({ destination: { numbers: ["+919900000011"] } }), contentType: "text/html" };
    expect(validateConnectAnswer(html, ACCOUNT, EXOPHONE, "strict").usable).toBe(false);
    expect(validate({}).usable).toBe(true);
  });

  it("long answers, and those with many findings, are not kept", () => {
    const verdict = validate({});
    const cache = new VerdictCache<typeof verdict>();
    for (const [length, kept] of [
      [1024, verdict],
      [1025, undefined],
    ] as const) {
      const key = { ...DEFAULTS, contentType: null, body: "x".repeat(length) };
      cache.remember(key, verdict);
      expect(cache.recall(key)).toBe(kept);
    }
    const five = { a1: 1, a2: 1, a3: 1, a4: 1, a5: 1 };
    expect(validate(five).findings).toHaveLength(5);
    expect(validate(five)).toBe(validate(five));
    const six = { ...five, a6: 1 };
    expect(validate(six).findings).toHaveLength(6);
    expect(validate(six)).not.toBe(validate(six));
  });

  it("only the latest few verdicts on one text are kept", () => {
    const accounts = Array.from({ length: 6 }, () => ({ ...ACCOUNT }));
    const first = accounts.map((account) => validate({ record: false }, { account }));
    const again = accounts.toReversed().map((account) => validate({ record: false }, { account }));
    expect(again.toReversed().map((verdict, i) => verdict === first[i])).toEqual([
      false,
      false,
      true,
      true,
      true,
      true,
    ]);
  });
});
