import { describe, expect, it } from "vitest";
import type { Destination } from "../../core/contract/destination.ts";
import { ACCOUNT, EXOPHONE } from "../../../test/fixtures/contract.ts";
import type { Trunk } from "./account-config.ts";
import type { PassedOn } from "./route.ts";
import { NOTHING_PASSED_ON, outboundRoute } from "./route.ts";
import { testConfig, testTrunk } from "../../../test/support/exchange-config.ts";

const INDIAN = "+919900000011";
const AMERICAN = "+14155552671";

interface Asked {
  readonly trunks?: readonly Trunk[];
  readonly callerId?: string;
  readonly passedOn?: PassedOn;
  readonly full?: readonly string[];
  readonly dialPrefixes?: readonly string[];
}

function route(destination: string | Destination, asked: Asked = {}): ReturnType<typeof outboundRoute> {
  const config = testConfig({
    account: { ...ACCOUNT, dialPrefixes: asked.dialPrefixes ?? [] },
    ...(asked.trunks === undefined ? {} : { trunks: asked.trunks }),
  });
  return outboundRoute(config, {
    destination: typeof destination === "string" ? { kind: "number", e164: destination } : destination,
    callerId: asked.callerId ?? EXOPHONE.number,
    passedOn: asked.passedOn ?? NOTHING_PASSED_ON,
    isFree: ({ name }) => asked.full?.includes(name) !== true,
  });
}

/** The trunk's name, or the reason why none was found. */
function trunkFor(destination: string | Destination, asked: Asked = {}): string {
  const found = route(destination, asked);
  return found.ok ? found.value.trunk.name : found.error.reason;
}

describe("the trunk for an outbound call", () => {
  const india = testTrunk({ name: "main", reaches: ["+91"] });
  const world = testTrunk({ name: "world", reaches: [] });

  it("O8: is one that reaches the destination, whatever ExoPhone is shown", () => {
    expect(trunkFor(INDIAN, { trunks: [india, world] })).toBe("main");
    expect(trunkFor(AMERICAN, { trunks: [india, world] })).toBe("world");
    expect(trunkFor(AMERICAN, { trunks: [india] })).toBe("no_trunk");
  });

  it("O8: is the one with the lowest priority number, then the shown ExoPhone's own, then the first", () => {
    expect(
      trunkFor(INDIAN, {
        trunks: [
          { ...india, priority: 2 },
          { ...world, priority: 1 },
        ],
      }),
    ).toBe("world");
    expect(trunkFor(INDIAN, { trunks: [world, india] })).toBe("main");
    expect(trunkFor(INDIAN, { trunks: [world, { ...india, name: "other" }] })).toBe("world");
  });

  it("O8: is the next one if all its channels are in use, and none if all trunks' channels are", () => {
    expect(trunkFor(INDIAN, { trunks: [india, world], full: ["main"] })).toBe("world");
    expect(trunkFor(INDIAN, { trunks: [india, world], full: ["main", "world"] })).toBe("trunk_channels");
  });

  it("O8: two phones on separate trunks can ring at once", () => {
    const anil = testTrunk({ name: "anil", host: "192.0.2.11", reaches: [INDIAN] });
    const bina = testTrunk({ name: "bina", host: "192.0.2.12", reaches: ["+919900000022"] });
    expect(trunkFor(INDIAN, { trunks: [anil, bina] })).toBe("anil");
    expect(trunkFor("+919900000022", { trunks: [anil, bina] })).toBe("bina");
  });

  it("enforces dial_prefixes for numbers and users alike", () => {
    const dialPrefixes = ["+91800"];
    expect(trunkFor(INDIAN, { dialPrefixes })).toBe("dial_prefix");
    expect(trunkFor({ kind: "sip", user: "anil", host: null }, { dialPrefixes })).toBe("dial_prefix");
    expect(trunkFor({ kind: "sip", user: "anil", host: null })).toBe("main");
    expect(trunkFor({ kind: "sip", user: "bina", host: null })).toBe("unreachable_user");
  });
});

describe("the INVITE of an outbound call", () => {
  const history: PassedOn["hops"]["history"] = [
    ["Diversion", "<sip:+918047100000@x>;reason=unconditional;counter=2"],
    ["History-Info", "<sip:a@x>;index=1"],
  ];

  it("DIAL-13, S10: carries the inbound call's history on, with one hop less left", () => {
    const found = route(INDIAN, { passedOn: { hops: { left: 41, history }, withheld: null } });
    expect(found).toMatchObject({ ok: true, value: { maxForwards: 41, headers: history } });
  });

  it("S2, REQ-34: names a withheld caller only to the trunk, with a request for privacy", () => {
    const passedOn = { hops: { left: 69, history: [] }, withheld: "+919812345678" };
    expect(route(INDIAN, { passedOn })).toMatchObject({
      value: {
        from: { uri: "sip:+918000000002@192.0.2.1:5060" },
        headers: [
          ["P-Asserted-Identity", "<sip:+919812345678@192.0.2.1:5060>"],
          ["Privacy", "id"],
        ],
      },
    });
    const foreign = route({ kind: "sip", user: "x", host: "pbx.example.invalid" }, { passedOn });
    expect(foreign).toMatchObject({ value: { overTrunk: false, headers: [] } });
  });

  it("writes numbers as the trunk wants them", () => {
    const uriBy = (dialFormat: Trunk["dialFormat"]): unknown => {
      const found = route(INDIAN, { trunks: [testTrunk({ dialFormat, port: null })] });
      return found.ok ? [found.value.target.uri, found.value.from.uri] : found.error;
    };
    expect(uriBy("e164")).toEqual(["sip:+919900000011@192.0.2.1", "sip:+918000000002@192.0.2.1"]);
    expect(uriBy("e164-no-plus")).toEqual(["sip:919900000011@192.0.2.1", "sip:918000000002@192.0.2.1"]);
    expect(uriBy("national")).toEqual(["sip:09900000011@192.0.2.1", "sip:08000000002@192.0.2.1"]);
  });
});
