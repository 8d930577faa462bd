import type { IncomingMessage } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { silentLog } from "../../base/log.ts";
import { systemClock } from "../../base/system-clock.ts";
import { Store } from "../store/store.ts";
import type { TestServer } from "../store/testing/server.ts";
import { sampleCall } from "../store/testing/calls.ts";
import { ROUTES, startTestServer } from "../store/testing/server.ts";
import type { OutboxRow } from "../store/types.ts";
import { Fetcher } from "./fetcher.ts";
import { DELIVERY_HEADER, OutboxWorker } from "./outbox.ts";
import type { OutboundRequest } from "./types.ts";

const seen: IncomingMessage[] = [];
const bodies: string[] = [];
const customer = createServer((request, response) => {
  seen.push(request);
  if (request.method === "POST") {
    void text(request).then((body) => {
      bodies.push(body);
      response.writeHead(204).end();
    });
    return;
  }
  if (request.url !== "/silent") response.writeHead(500).end("whatever");
});
let server: TestServer;
beforeAll(async () => {
  await new Promise<void>((resolve) => customer.listen(0, "127.0.0.1", resolve));
  server = await startTestServer();
});
afterAll(async () => {
  customer.closeAllConnections();
  customer.close();
  await server.stop();
});
beforeEach(() => void [seen.splice(0), bodies.splice(0)]);

describe.each(ROUTES)("what a call owes, over %s", (route) => {
  const owed = (id: string, path: string): OutboxRow => {
    const url = `http://127.0.0.1:${(customer.address() as AddressInfo).port}${path}`;
    const request = JSON.stringify({ method: "GET", url, headers: {}, authorization: null });
    return { id, order: "leg 2", purpose: "dial_event", request };
  };
  const rig = async (url: string) => {
    const store = await Store.open(url, { log: silentLog, node: "n1" });
    const fetcher = new Fetcher({ version: "1", log: silentLog });
    const worker = new OutboxWorker({ store, fetcher, clock: systemClock, log: silentLog, allowPrivate: () => true });
    worker.start();
    return { store, fetcher, worker };
  };
  const arrived = () => seen.map(({ url, headers }) => `${url} ${String(headers[DELIVERY_HEADER])}`);

  it("EVT-4, EVT-6: reaches the customer once, in order, and is then settled", async () => {
    const url = await server.database(route);
    const { store, fetcher, worker } = await rig(url);
    const [first, second] = sampleCall("a", 2);
    if (first === undefined || second === undefined) throw new Error("no rows");
    await store.append([{ ...first, outbox: [owed("d1", "/dial")] }]);
    await store.append([{ ...second, outbox: [owed("t1", "/terminal")] }]);
    await expect.poll(() => seen.length, { interval: 5, timeout: 5_000 }).toBe(2);
    await worker.stop();
    expect(arrived()).toEqual(["/dial d1", "/terminal t1"]);
    expect(await server.query(url, "select count(*)::int as n from outbox")).toEqual([{ n: 0 }]);
    await fetcher.close();
    await store.close();
  });

  it("API-6: sends a POST with its body and content type as given, whatever characters it contains", async () => {
    const url = await server.database(route);
    const { store, fetcher, worker } = await rig(url);
    const [step] = sampleCall("a", 1);
    if (step === undefined) throw new Error("no rows");
    const body = '--x\r\nContent-Disposition: form-data; name="CustomField"\r\n\r\nतक \\ "\r\n--x--\r\n';
    const request = { ...JSON.parse(owed("", "/status").request), method: "POST", body } as OutboundRequest;
    const headers = { "content-type": "multipart/form-data; boundary=x" };
    const row = { id: "s1", order: "status", purpose: "status_callback" };
    await store.append([{ ...step, outbox: [{ ...row, request: JSON.stringify({ ...request, headers }) }] }]);
    await expect.poll(() => bodies, { interval: 5, timeout: 5_000 }).toEqual([body]);
    await worker.stop();
    expect(seen[0]?.headers).toMatchObject({ ...headers, "content-length": String(Buffer.byteLength(body)) });
    expect(await server.query(url, "select count(*)::int as n from outbox")).toEqual([{ n: 0 }]);
    await fetcher.close();
    await store.close();
  });

  it("EVT-6: survives the end of the process during a delivery: the same id is sent again", async () => {
    const url = await server.database(route);
    const before = await rig(url);
    const [step] = sampleCall("a", 1);
    if (step === undefined) throw new Error("no rows");
    await before.store.append([{ ...step, outbox: [owed("d1", "/silent")] }]);
    await expect.poll(() => seen.length, { interval: 5 }).toBe(1);
    // As after kill -9: nothing more is settled, and the database has noticed.
    await before.store.close();
    const after = await rig(url);
    await expect.poll(() => seen.length, { interval: 5 }).toBe(2);
    expect(arrived()).toEqual(["/silent d1", "/silent d1"]);
    await Promise.all([before.fetcher.close(), after.fetcher.close()]);
    await Promise.all([before.worker.stop(), after.worker.stop()]);
    await after.store.close();
  });
});
