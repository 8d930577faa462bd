import { describe, expect, it } from "vitest";
import {
  buildAck,
  buildCancel,
  buildRequest,
  buildResponse,
  copyRequest,
  detach,
  reasonPhrase,
  serialize,
  stampReceived,
} from "./build.ts";
import { callId, cseq, routes, to, topVia } from "./message.ts";
import { NameAddr } from "./name-addr.ts";
import { asRequest, asResponse, invite, wire } from "./testing/make.ts";
import { parseUri, sipUri } from "./uri.ts";
import { validateRequest, validateResponse } from "./validate.ts";
import { makeVia } from "./via.ts";

const FOUR_OR_FIVE = ["Via", "From", "To", "Call-ID", "CSeq"];

describe("buildResponse", () => {
  it("copies the headers of RFC 3261 8.2.6 octet for octet, and adds the To tag", () => {
    const request = asRequest(
      wire([...invite(), "Via: SIP/2.0/UDP 192.0.2.7;branch=z9hG4bK2", "Record-Route: <sip:p;lr>", "Subject: no"]),
    );
    const response = buildResponse(request, 180, undefined, { toTag: "ours" });
    const names = ["Via", "Via", "From", "To", "Call-ID", "CSeq", "Record-Route"];
    expect(response.headers.entries().map(([name]) => name)).toEqual(names);
    expect(response.headers.lines("via")).toEqual(request.headers.lines("via"));
    expect([response.reason, to(response).tag]).toEqual(["Ringing", "ours"]);
    expect(validateResponse(asResponse(serialize(response)))).toBeNull();
  });

  it("a 100 gets no To tag and no Record-Route, but the Timestamp", () => {
    const request = asRequest(wire([...invite(), "Timestamp: 54", "Record-Route: <sip:p;lr>"]));
    const response = buildResponse(request, 100, undefined, { toTag: "ours" });
    expect(response.headers.entries().map(([name]) => name)).toEqual([...FOUR_OR_FIVE, "Timestamp"]);
    expect(to(response).tag).toBeNull();
  });

  it("a To tag of the dialog stays", () => {
    const request = asRequest(wire(invite({ To: "<sip:100@192.0.2.10> ; tag = theirs" })));
    expect(to(buildResponse(request, 200, "OK", { toTag: "ours" })).tag).toBe("theirs");
  });

  it("a To without brackets keeps its URI when it gets a tag", () => {
    const request = asRequest(wire(invite({ To: "sip:100@192.0.2.10" })));
    const response = buildResponse(request, 200, "OK", { toTag: "ours" });
    expect([to(response).uriText, to(response).tag]).toEqual(["sip:100@192.0.2.10", "ours"]);
  });

  it("answers a request that could hardly be read", () => {
    const request = asRequest(wire(invite({ From: null, To: null, "Call-ID": null })));
    const text = serialize(buildResponse(request, 400, undefined, { toTag: "x" })).toString();
    expect(text.startsWith("SIP/2.0 400 Bad Request\r\nVia: ")).toBe(true);
    expect(text).not.toContain("tag=x");
  });

  it("lets neither a reason nor a header break its line", () => {
    const response = buildResponse(asRequest(wire(invite())), 486, "Busy\r\nX: 1", {
      headers: [["Reason", "a\r\nY: 2"]],
    });
    const again = asResponse(serialize(response));
    expect([again.headers.has("X"), again.headers.has("Y"), again.reason]).toEqual([false, false, "Busy X: 1"]);
  });

  it("an unregistered status has the phrase of its class", () => {
    expect([200, 299, 486, 499, 699].map(reasonPhrase)).toEqual(["OK", "OK", "Busy Here", "Bad Request", "Decline"]);
  });
});

describe("buildRequest and serialize", () => {
  const parts = {
    method: "INVITE",
    uri: sipUri({ user: "+918047100000", host: "192.0.2.10" }),
    from: new NameAddr("Ö", "sip:a@192.0.2.1").withParam("tag", "f1"),
    to: new NameAddr(null, "sip:b@192.0.2.10"),
    callId: "c1",
    cseq: 7,
    via: makeVia({ transport: "UDP", host: "192.0.2.1", branch: "z9hG4bK1" }),
    routes: [new NameAddr(null, "sip:p1;lr"), "<sip:p2;lr>"],
    contact: "<sip:a@192.0.2.1>",
    headers: [["Supported", "100rel"]] as const,
    body: "v=0 ü\r\n",
    contentType: "application/sdp",
  };

  it("make a message that reads back as what was put in", () => {
    const again = asRequest(serialize(buildRequest(parts)));
    expect(validateRequest(again)).toBeNull();
    expect(again.uri).toMatchObject({ user: "+918047100000" });
    expect([callId(again), cseq(again).number, topVia(again).branch]).toEqual(["c1", 7, "z9hG4bK1"]);
    expect(routes(again).map(({ uriText }) => uriText)).toEqual(["sip:p1;lr", "sip:p2;lr"]);
    expect(again.headers.get("content-length")).toBe("8");
    expect(again.body.toString()).toBe(parts.body);
  });

  it("lets no text from outside start a header", () => {
    const evil = "x\r\nEvil: 1";
    const built = buildRequest({
      ...parts,
      uri: "sip:a@b\r\nEvil: 1",
      callId: evil,
      from: `<sip:a@b>;tag=${evil}`,
      headers: [["Subject", evil]],
    });
    expect(asRequest(serialize(built)).headers.has("Evil")).toBe(false);
  });

  it("a copy with another Request-URI does not change the original", () => {
    const request = buildRequest(parts);
    const copy = copyRequest(request, { uri: parseUri("sip:other@192.0.2.11") });
    copy.headers.set("CSeq", "8 INVITE");
    expect([request.uriText, cseq(request).number, copy.uriText]).toEqual([
      "sip:+918047100000@192.0.2.10",
      7,
      "sip:other@192.0.2.11",
    ]);
  });
});

describe("buildAck and buildCancel", () => {
  const sent = asRequest(
    wire([...invite(), "Route: <sip:p1;lr>, <sip:p2;lr>", "Authorization: Digest x=1", "Require: 100rel"]),
  );

  it("the ACK of a failure belongs to the INVITE's transaction, with the response's To (RFC 3261 17.1.1.3)", () => {
    const ack = buildAck(sent, buildResponse(sent, 486, undefined, { toTag: "theirs" }));
    expect([ack.method, ack.uriText, topVia(ack).branch, to(ack).tag]).toEqual([
      "ACK",
      sent.uriText,
      topVia(sent).branch,
      "theirs",
    ]);
    expect([cseq(ack), routes(ack).length, ack.headers.has("require")]).toEqual([
      { number: 314159, method: "ACK" },
      2,
      false,
    ]);
    expect(validateRequest(asRequest(serialize(ack)))).toBeNull();
  });

  it("the CANCEL has the INVITE's branch, URI, To and Route, and one Via (RFC 3261 9.1)", () => {
    const cancel = buildCancel(sent);
    expect([cancel.method, to(cancel).tag, cseq(cancel)]).toEqual([
      "CANCEL",
      null,
      { number: 314159, method: "CANCEL" },
    ]);
    expect([cancel.headers.all("via").length, topVia(cancel).branch, cancel.headers.get("route")]).toEqual([
      1,
      topVia(sent).branch,
      "<sip:p1;lr>, <sip:p2;lr>",
    ]);
  });
});

describe("stampReceived", () => {
  const stamped = (via: string, address = "198.51.100.9", port = 4711): string => {
    const request = asRequest(wire(invite({ Via: via })));
    stampReceived(request, address, port);
    return request.headers.get("via") ?? "";
  };

  it("writes the source into rport when it is asked for (RFC 3581)", () => {
    expect(stamped("SIP/2.0/UDP 192.0.2.1;branch=b;rport")).toBe(
      "SIP/2.0/UDP 192.0.2.1;branch=b;rport=4711;received=198.51.100.9",
    );
  });

  it("writes received when sent-by is a name or another address", () => {
    expect(stamped("SIP/2.0/UDP 192.0.2.1;branch=b")).toContain(";received=198.51.100.9");
    expect(stamped("SIP/2.0/UDP host.example;branch=b")).toContain(";received=198.51.100.9");
  });

  it("leaves a true sent-by as it came, including its spelling", () => {
    expect(stamped("SIP/2.0/UDP  198.51.100.9 ;branch=b")).toBe("SIP/2.0/UDP  198.51.100.9 ;branch=b");
  });

  it("ignores a received or rport that the peer wrote itself", () => {
    expect(stamped("SIP/2.0/UDP 198.51.100.9;branch=b;received=203.0.113.1;rport=1")).toBe(
      "SIP/2.0/UDP 198.51.100.9;branch=b;received=198.51.100.9;rport=4711",
    );
  });

  it("stamps only the first of several Vias on a line", () => {
    expect(stamped("SIP/2.0/UDP a;branch=b;rport, SIP/2.0/UDP c;branch=d;rport", "2001:db8::1")).toBe(
      "SIP/2.0/UDP a;branch=b;rport=4711;received=2001:db8::1, SIP/2.0/UDP c;branch=d;rport",
    );
  });
});

it("a detached string is the same text", () => {
  const text = "prefix:z9hG4bK-अनिल".slice(7);
  expect(detach(text)).toBe("z9hG4bK-अनिल");
});
