import { expect, describe, it } from "vitest";
import { SipParseError } from "./error.ts";
import {
  callId,
  contacts,
  contentType,
  cseq,
  from,
  maxForwards,
  numberOf,
  recordRoutes,
  routes,
  type SipMessage,
  type SipRequest,
  type SipResponse,
  to,
  tokens,
  topVia,
  vias,
} from "./message.ts";
import { parseDatagram } from "./parse.ts";
import { tortureMessage, tortureNames } from "./testing/torture.ts";
import { type SipUri, type Uri, userText } from "./uri.ts";
import type { NameAddr } from "./name-addr.ts";
import { validateRequest, validateResponse } from "./validate.ts";

/*
 * RFC 4475, each message in the layer that owns its fault:
 *   accept    well-formed, with these fields
 *   validate  can be represented, and is owed that status
 *   parse     cannot be represented; nothing is owed
 *   semantic  well-formed by itself; the status belongs to a layer above, named in the row
 */

const KNOWN = new Set(["INVITE", "OPTIONS", "REGISTER", "MESSAGE"]);

function parsed(name: string): SipMessage {
  return parseDatagram(tortureMessage(name));
}

function request(name: string): SipRequest {
  const message = parsed(name);
  if (message.kind !== "request") throw new Error(`${name} is no request`);
  return message;
}

function response(name: string): SipResponse {
  const message = parsed(name);
  if (message.kind !== "response") throw new Error(`${name} is no response`);
  return message;
}

function sip(uri: Uri): SipUri {
  if (uri.kind !== "sip") throw new Error("no SIP URI");
  return uri;
}

function firstAddress(message: SipMessage): NameAddr {
  const [first] = contacts(message);
  if (typeof first !== "object") throw new Error("no Contact");
  return first;
}

function firstContact(message: SipMessage): SipUri {
  return sip(firstAddress(message).uri);
}

interface Accepted {
  /** The fields that were read: each pair must be equal. */
  readonly fields: (message: SipMessage) => readonly (readonly [actual: unknown, expected: unknown])[];
  /** A method of its own that the receiver is assumed to know. */
  readonly method?: string;
}

const ACCEPTED: Readonly<Record<string, Accepted>> = {
  wsinv: {
    fields: (m) => [
      [sip(request("wsinv").uri).params.has("unknownparam"), true],
      [to(m).tag, "1918181833n"],
      [to(m).uriText, "sip:vivekg@chair-dnrc.example.com"],
      [from(m).displayName, 'J Rosenberg \\"'],
      [from(m).tag, "98asjd8"],
      [maxForwards(m), 68],
      [callId(m), "wsinv.ndaksdj@192.0.2.1"],
      [cseq(m), { number: 9, method: "INVITE" }],
      [
        vias(m).map((via) => `${via.transport} ${via.host} ${via.branch}`),
        ["UDP 192.0.2.2 390skdjuw", "TCP spindle.example.com z9hG4bK9ikj8", "UDP 192.168.255.111 z9hG4bK30239"],
      ],
      [m.headers.get("subject"), ""],
      [m.headers.get("NewFangledHeader"), "newfangled value continued newfangled value"],
      [m.headers.get("UnknownHeaderWithUnusualValue"), ";;,,;;,;"],
      [routes(m).map((route) => sip(route.uri).params.toString()), [";lr;unknownwith=value;unknown-no-value"]],
      [contacts(m).length, 1],
      [firstContact(m).user, "jdrosen"],
      [firstAddress(m).displayName, 'Quoted string ""'],
      [firstAddress(m).params.get("q"), "0.33"],
      [m.body.length, 150],
    ],
  },
  intmeth: {
    method: "!interesting-Method0123456789_*+`.%indeed'~",
    fields: (m) => [
      [request("intmeth").method, "!interesting-Method0123456789_*+`.%indeed'~"],
      [cseq(m).method, "!interesting-Method0123456789_*+`.%indeed'~"],
      [sip(request("intmeth").uri).user, "1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*"],
      [sip(request("intmeth").uri).password, "&it+has=1,weird!*pas$wo~d_too.(doesn't-it)"],
      [sip(request("intmeth").uri).host, "example.com"],
      [to(m).displayName, "BEL:\u0007 NUL:\u0000 DEL:\u007f"],
      [sip(to(m).uri).user, "1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*"],
      [from(m).displayName, "token1~` token2'+_ token3*%!.-"],
      [from(m).params.get("fromParam''~+*_!.-%"), "работающий"],
      [from(m).tag, "_token~1'+`*%!-."],
      [callId(m), "intmeth.word%ZK-!.*_+'@word`~)(><:\\/\"][?}{"],
      [topVia(m).branch, "z9hG4bK-.!%66*_+`'~"],
      [maxForwards(m), 255],
      [m.headers.get("extensionHeader-!.%*+_`'~"), "\uFEFF大停電"],
    ],
  },
  esc01: {
    fields: (m) => [
      [sip(request("esc01").uri).user, "sips%3Auser%40example.com"],
      [userText(sip(request("esc01").uri)), "sips:user@example.com"],
      [sip(request("esc01").uri).host, "example.net"],
      [userText(sip(to(m).uri)), "user"],
      [userText(sip(from(m).uri)), "I have spaces"],
      [userText(firstContact(m)), "caller"],
      [firstContact(m).params.has("lr"), true],
      [firstContact(m).params.get("name"), "value%41"],
    ],
  },
  esc02: {
    method: "RE%47IST%45R",
    fields: (m) => [
      [request("esc02").method, "RE%47IST%45R"],
      [to(m).displayName, "%Z%45"],
      [topVia(m).branch, "z9hG4bK209%fzsnel234"],
      [m.headers.all("contact").length, 2],
      [m.headers.get("C%6Fntact"), "<sip:alias2@host2.example.com>"],
    ],
  },
  escnull: {
    fields: (m) => [
      [sip(to(m).uri).user, "null-%00-null"],
      [userText(sip(to(m).uri)), "null-\u0000-null"],
      [contacts(m).length, 2],
      [userText(firstContact(m)), "\u0000"],
    ],
  },
  lwsdisp: {
    fields: (m) => [
      [from(m).displayName, "caller"],
      [from(m).uriText, "sip:caller@example.com"],
      [from(m).tag, "323"],
    ],
  },
  longreq: {
    fields: (m) => [
      [vias(m).length, 34],
      [topVia(m).host, "sip33.example.com"],
      [vias(m).at(-1)?.received, "192.0.2.5"],
      [vias(m).at(-1)?.branch, `very${"long".repeat(50)}branchvalue`],
      [sip(to(m).uri).port, 6000],
      [sip(to(m).uri).params.get("unknownparam1"), `very${"long".repeat(20)}value`],
      [from(m).tag, `12${"982".repeat(50)}424`],
      [m.headers.size, 43],
      [m.body.length, 150],
    ],
  },
  dblreq: {
    fields: (m) => [
      [request("dblreq").method, "REGISTER"],
      [callId(m), "dblreq.0ha0isndaksdj99sdfafnl3lk233412"],
      [m.body.length, 0],
    ],
  },
  semiuri: {
    fields: (m) => [
      [sip(request("semiuri").uri).user, "user;par=u%40example.net"],
      [sip(request("semiuri").uri).params.list, []],
      [tokens(m, "accept").length, 6],
      [tokens(m, "accept").at(-1), "message/sipfrag"],
    ],
  },
  transports: {
    fields: (m) => [[vias(m).map((via) => via.transport), ["UDP", "SCTP", "TLS", "UNKNOWN", "TCP"]]],
  },
  mpart01: {
    fields: (m) => [
      [contentType(m), "multipart/mixed"],
      [m.body.length, 553],
      [m.body.includes(Buffer.from([0x30, 0x82, 0x01, 0x52])), true],
    ],
  },
  unreason: {
    fields: (m) => [
      [response("unreason").status, 200],
      [response("unreason").reason, "= 2**3 * 5**2 но сто девяносто девять - простое"],
      [firstContact(m).host, "host198.example.com"],
    ],
  },
  noreason: {
    fields: (m) => [
      [response("noreason").status, 100],
      [response("noreason").reason, ""],
      [cseq(m), { number: 35, method: "INVITE" }],
    ],
  },
  inv2543: {
    fields: (m) => [
      [topVia(m).branch, null],
      [from(m).tag, null],
      [recordRoutes(m).map((route) => sip(route.uri).params.get("maddr")), ["ss1.example.com"]],
      [to(m).params.get("user"), "phone"],
      [m.headers.has("content-length"), false],
      [m.body.toString().startsWith("v=0"), true],
    ],
  },
};

/** The responses in RFC 4475's own words; if it allows two, the strict one unless the row says why not. */
const REFUSED: Readonly<Record<string, { readonly status: number; readonly about: string }>> = {
  badinv01: { status: 400, about: "3.1.2.1 extraneous separators in Via and Contact" },
  clerr: { status: 400, about: "3.1.2.2 Content-Length larger than the datagram" },
  ncl: { status: 400, about: "3.1.2.3 negative Content-Length" },
  scalar02: { status: 400, about: "3.1.2.4 CSeq and Max-Forwards out of range" },
  quotbal: { status: 400, about: "3.1.2.6 unterminated quoted display name" },
  ltgtruri: { status: 400, about: "3.1.2.7 Request-URI in angle brackets" },
  lwsruri: { status: 400, about: "3.1.2.8 white space in the Request-URI" },
  lwsstart: { status: 400, about: "3.1.2.9 several spaces in the start line" },
  trws: { status: 400, about: "3.1.2.10 spaces after the start line" },
  escruri: { status: 400, about: "3.1.2.11 headers in the Request-URI" },
  regbadct: { status: 400, about: "3.1.2.13 Contact URI with ? and without brackets" },
  badaspec: { status: 400, about: "3.1.2.14 spaces within the angle brackets" },
  baddn: { status: 400, about: "3.1.2.15 comma in a display name without quotes" },
  badvers: { status: 505, about: "3.1.2.16 SIP/7.0" },
  mismatch01: { status: 400, about: "3.1.2.17 CSeq names another method" },
  mismatch02: { status: 501, about: "3.1.2.18 unknown method; 501 is said to be the better answer than 400" },
  insuf: { status: 400, about: "3.3.1 Call-ID, From and To missing" },
  unkscm: { status: 416, about: "3.3.2 unknown scheme in the Request-URI" },
  novelsc: { status: 416, about: "3.3.3 known but non-SIP scheme in the Request-URI" },
  bext01: { status: 420, about: "3.3.5 unknown option tags in Require" },
  multi01: { status: 400, about: "3.3.8 several values of single headers" },
  mcl01: { status: 400, about: "3.3.9 two Content-Lengths that disagree" },
};

/** These make no sense, and responses are never answered. */
const UNREPRESENTABLE: Readonly<Record<string, string>> = {
  bigcode: "3.1.2.19 status code of more than three digits: discard",
};

const OWNED_ABOVE: Readonly<Record<string, { readonly owner: string; readonly method?: string }>> = {
  baddate: { owner: "3.1.2.12: Date is not used here, and then it should not be refused" },
  badbranch: { owner: "3.2.1: the transaction layer falls back to RFC 2543 matching, the branch is the cookie alone" },
  unksm2: { owner: "3.3.4: the registrar does not know the To (404)" },
  invut: { owner: "3.3.6: the reader of bodies answers 415" },
  regaut01: { owner: "3.3.7: the digest server sees no credentials of its own (401)" },
  bcast: { owner: "3.3.10: the transaction layer finds no client transaction and drops it" },
  zeromf: { owner: "3.3.11: only a proxy answers 483; for a user agent it has arrived" },
  cparam01: { owner: "3.3.12: the registrar keeps the parameter with the binding" },
  cparam02: { owner: "3.3.13: the registrar keeps the parameter with the URI" },
  regescrt: { owner: "3.3.14: the registrar keeps the URI with its Route header" },
  sdp01: { owner: "3.3.15: the writer of bodies answers 406" },
};

describe("RFC 4475", () => {
  it("has 49 messages, and a row here for each", () => {
    expect(tortureNames()).toHaveLength(49);
    const rows = [ACCEPTED, REFUSED, UNREPRESENTABLE, OWNED_ABOVE].flatMap(Object.keys);
    expect([...rows, "scalarlg"].sort()).toEqual(tortureNames().sort());
  });

  it.each(Object.entries(ACCEPTED))("%s is accepted with its fields", (name, row) => {
    const message = parsed(name);
    if (message.kind === "request") {
      const methods = row.method === undefined ? KNOWN : new Set([row.method]);
      expect(validateRequest(message, { methods })).toBeNull();
    } else expect(validateResponse(message)).toBeNull();
    const pairs = row.fields(message);
    expect(pairs.map(([actual]) => actual)).toEqual(pairs.map(([, expected]) => expected));
  });

  it.each(Object.entries(REFUSED))("%s is represented and refused", (name, row) => {
    expect(validateRequest(request(name), { methods: KNOWN })?.status, row.about).toBe(row.status);
  });

  it.each(Object.entries(UNREPRESENTABLE))("%s is dropped", (name, about) => {
    const fault = (() => {
      try {
        return parsed(name);
      } catch (error) {
        return error;
      }
    })();
    expect(fault, about).toBeInstanceOf(SipParseError);
    expect(fault).toMatchObject({ status: null });
  });

  it.each(Object.entries(OWNED_ABOVE))("%s is well-formed: its fault is for a layer above", (name, row) => {
    const message = parsed(name);
    const fault = message.kind === "request" ? validateRequest(message, { methods: KNOWN }) : validateResponse(message);
    expect(fault, row.owner).toBeNull();
  });

  it("scalarlg is a response out of range: it is dropped, and Retry-After counts as the largest number", () => {
    const message = response("scalarlg");
    expect(validateResponse(message)).toContain("CSeq");
    expect(numberOf(message, "retry-after")).toBe(2 ** 32 - 1);
  });

  it("bext01: the 420 names what is not supported, but nothing from Proxy-Require", () => {
    expect(validateRequest(request("bext01"), { methods: KNOWN })?.headers).toEqual([
      ["Unsupported", "nothingSupportsThis, nothingSupportsThisEither"],
    ]);
  });

  it("intmeth and esc02 are owed 501 where their methods are unknown", () => {
    for (const name of ["intmeth", "esc02"]) expect(validateRequest(request(name))?.status).toBe(501);
  });

  it("scalar02: Expires over 32 bits counts as the largest number, whatever else is wrong", () => {
    expect(numberOf(request("scalar02"), "expires")).toBe(2 ** 32 - 1);
  });

  it("baddn without its blank line is refused as well", () => {
    const message = parseDatagram(tortureMessage("baddn").subarray(0, -2));
    expect(message.kind === "request" ? validateRequest(message)?.status : null).toBe(400);
  });

  it("a CSeq without a number is refused, and a start line without a version dropped", () => {
    const wsinv = tortureMessage("trws").toString("latin1");
    const badcseq = wsinv.replace(/ +\r\n/, "\r\n").replace(/CSeq:.*/, "CSeq: OPTIONS");
    const message = parseDatagram(Buffer.from(badcseq));
    expect(message.kind === "request" ? validateRequest(message)?.status : null).toBe(400);
    expect(() => parseDatagram(Buffer.from(wsinv.replace(/ SIP\/2.0 *\r/, "\r")))).toThrow(SipParseError);
  });

  it("is preserved octet for octet: what an editor would repair is still broken", () => {
    const facts: Readonly<Record<string, RegExp>> = {
      wsinv: /\r\nNewFangledHeader: {3}newfangled value\r\n continued newfangled value\r\n/,
      intmeth: /^!interesting-Method0123456789_\*\+`\.%indeed'~ sip:1_unusual\.URI~/,
      escnull: /sip:%00@host5\.example\.com/,
      noreason: /^SIP\/2\.0 100 \r\n/,
      unreason: /^SIP\/2\.0 200 = 2\*\*3 \* 5\*\*2 \xd0\xbd\xd0\xbe/,
      trws: /^OPTIONS sip:remote-target@example\.com SIP\/2\.0 {2}\r\n/,
      dblreq: /\r\n\r\nINVITE sip:joe@example\.com SIP\/2\.0\r\n/,
      mpart01: /\r\nContent-Transfer-Encoding: binary\r\n[^]*\x30\x82/,
      badinv01: /;;,;,,/,
    };
    for (const [name, fact] of Object.entries(facts))
      expect(tortureMessage(name).toString("latin1"), name).toMatch(fact);
  });

  it("unksm2: URIs of other schemes are read in From, To and Contact", () => {
    const message = request("unksm2");
    expect(to(message).uri).toEqual({ kind: "other", scheme: "isbn", rest: "2983792873" });
    expect(from(message).uri).toMatchObject({ kind: "other", scheme: "http" });
  });

  it("cparam01 and cparam02: without brackets a parameter is the header's, within them the URI's", () => {
    const [header] = contacts(request("cparam01"));
    const [within] = contacts(request("cparam02"));
    if (typeof header !== "object" || typeof within !== "object") throw new Error("no contacts");
    expect([header.params.has("unknownparam"), sip(header.uri).params.list.length]).toEqual([true, 0]);
    expect([within.params.list.length, sip(within.uri).params.has("unknownparam")]).toEqual([0, true]);
  });

  it("regescrt: the escaped header stays with the Contact's URI", () => {
    expect(firstContact(request("regescrt")).headers).toBe("Route=%3Csip:sip.example.com%3E");
  });
});
