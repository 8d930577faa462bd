import { describe, expect, it } from "vitest";
import { ACCOUNT, EXOPHONE, json } from "../../../test/fixtures/contract.ts";
import { validateConnectAnswer } from "./answer.ts";
import { rememberVerdict, recallVerdict } from "./verdict-cache.ts";

/** Judges each time what a customer's server has sent anew: an equal text, another outcome. */
function judge(fields: Readonly<Record<string, unknown>>, whose: Partial<typeof WHOSE> = {}) {
  const { account, exophone, mode } = { ...WHOSE, ...whose };
  return validateConnectAnswer(
    json({ destination: { numbers: ["+919900000011"] }, ...fields }),
    account,
    exophone,
    mode,
  );
}

const WHOSE = { account: ACCOUNT, exophone: EXOPHONE, mode: "strict" as "strict" | "lenient" };

describe("remembered verdicts", () => {
  it("the same answer to the same question is verdict once", () => {
    expect(judge({ record: true })).toBe(judge({ record: true }));
  });

  it("another mode, account, ExoPhone or media type is verdict for itself", () => {
    expect(judge({ max_ringing_duration: 0 }).usable).toBe(false);
    expect(judge({ max_ringing_duration: 0 }, { mode: "lenient" }).usable).toBe(true);
    const dialsNobody = { ...ACCOUNT, dialPrefixes: ["+1"] };
    expect(judge({}).findings).toEqual([]);
    expect(judge({}, { account: dialsNobody })).toMatchObject({ answer: { destinations: [] } });
    const outgoing = { outgoing_phone_number: EXOPHONE.number };
    expect(judge(outgoing).findings).toEqual([]);
    const stranger = { number: "+918000000009", region: "elsewhere", trunk: null };
    expect(judge(outgoing, { exophone: stranger }).findings).toMatchObject([{ rule: "DIAL-6" }]);
    const html = { ...json({ destination: { numbers: ["+919900000011"] } }), contentType: "text/html" };
    expect(validateConnectAnswer(html, ACCOUNT, EXOPHONE, "strict").usable).toBe(false);
    expect(judge({}).usable).toBe(true);
  });

  it("long answers, and those with many findings, are not kept", () => {
    const verdict = judge({});
    for (const [length, kept] of [
      [1024, verdict],
      [1025, undefined],
    ] as const) {
      const key = { ...WHOSE, contentType: null, body: "x".repeat(length) };
      rememberVerdict(key, verdict);
      expect(recallVerdict(key)).toBe(kept);
    }
    const five = { a1: 1, a2: 1, a3: 1, a4: 1, a5: 1 };
    expect(judge(five).findings).toHaveLength(5);
    expect(judge(five)).toBe(judge(five));
    const six = { ...five, a6: 1 };
    expect(judge(six).findings).toHaveLength(6);
    expect(judge(six)).not.toBe(judge(six));
  });

  it("of one text only the latest few judgements are kept", () => {
    const accounts = Array.from({ length: 6 }, () => ({ ...ACCOUNT }));
    const first = accounts.map((account) => judge({ record: false }, { account }));
    const again = accounts.toReversed().map((account) => judge({ record: false }, { account }));
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
