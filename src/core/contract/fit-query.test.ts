import { describe, expect, it } from "vitest";
import { ACCOUNT, FACTS } from "../../../test/fixtures/contract.ts";
import { fitQuery, MAX_REQUEST_URL_OCTETS } from "./fit-query.ts";
import { outcomes } from "./outcome.ts";
import { appendQuery, type Query } from "./query.ts";
import { connectQuery } from "./request.ts";

const URL_SHORT = "https://app.example/c";

function queryOf(legs: number): Query {
  const leg = (i: number) => ({
    number: { kind: "number", e164: `+9199000${10_000 + i}` } as const,
    onCallDurationS: 0,
    callerId: "+918000000002",
    cause: outcomes.ringTimeout.cause,
  });
  return connectQuery(ACCOUNT, { ...FACTS, legs: Array.from({ length: legs }, (_, i) => leg(i)) });
}

const legsIn = (query: Query): number[] =>
  query.flatMap(([name]) => (name.endsWith("][Number]") ? [Number(/\d+/.exec(name)?.[0])] : []));

describe("the length of a request", () => {
  it("C15, REQ-29: after 100 attempts the latest that fit into 8 KiB are sent, each complete and with its own number", () => {
    const { query } = fitQuery(queryOf(100), [URL_SHORT]);
    const kept = legsIn(query);
    expect(appendQuery(URL_SHORT, query).length).toBeLessThanOrEqual(MAX_REQUEST_URL_OCTETS);
    expect(kept.length).toBeGreaterThan(30);
    expect(kept).toEqual(Array.from({ length: kept.length }, (_, i) => 100 - kept.length + i));
    expect(query.filter(([name]) => name.startsWith("Legs["))).toHaveLength(kept.length * 6);
    expect(query.slice(0, 16)).toEqual(queryOf(0));
  });

  it("C15, REQ-29: no more are left out than necessary", () => {
    const { query } = fitQuery(queryOf(100), [URL_SHORT]);
    const first = legsIn(query)[0] ?? 0;
    const withOneMore = queryOf(100).filter(
      ([name]) => !name.startsWith("Legs[") || Number(/\d+/.exec(name)?.[0]) >= first - 1,
    );
    expect(appendQuery(URL_SHORT, withOneMore).length).toBeGreaterThan(MAX_REQUEST_URL_OCTETS);
  });

  it("C15, REQ-29: says what was left out", () => {
    const { query, finding } = fitQuery(queryOf(100), [URL_SHORT]);
    expect(finding).toEqual({
      level: "warning",
      rule: "REQ-29",
      path: "Legs",
      found: "100 destinations tried",
      allowed: "as many as fit into 8 KiB",
      consequence: `the earliest ${100 - legsIn(query).length} are left out of the request`,
      message: `Legs would make the request longer than 8 KiB with 100 destinations tried: the earliest ${100 - legsIn(query).length} are left out of the request.`,
    });
  });

  it("REQ-29: what fits is sent as it is", () => {
    for (const legs of [0, 1, 20])
      expect(fitQuery(queryOf(legs), [URL_SHORT])).toEqual({ query: queryOf(legs), finding: null });
  });

  it("REQ-2, REQ-7, REQ-29: the longest URL counts, its own query too, so that the Fallback gets the same", () => {
    const long = `https://u:p@app.example/c?key=${"k".repeat(1500)}`;
    const { query } = fitQuery(queryOf(100), [URL_SHORT, long]);
    expect(fitQuery(queryOf(100), [long, URL_SHORT]).query).toEqual(query);
    expect(legsIn(query).length).toBeLessThan(legsIn(fitQuery(queryOf(100), [URL_SHORT]).query).length);
    expect(appendQuery(long.replace("u:p@", ""), query).length).toBeLessThanOrEqual(MAX_REQUEST_URL_OCTETS);
  });

  it("REQ-29: a request that is too long even without legs loses all of them and nothing else", () => {
    const custom: Query = [["CustomField", "x".repeat(9000)]];
    expect(fitQuery([...custom, ...queryOf(2)], [URL_SHORT]).query).toEqual([...custom, ...queryOf(0)]);
  });
});
