import { array, assert, asyncProperty, integer, maxSafeInteger, option, string } from "fast-check";
import { Client } from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import { clientConfig } from "./connection.ts";
import { bigintArray, intArray, textArray } from "./sql-arrays.ts";
import type { TestServer } from "./testing/server.ts";
import { startTestServer } from "./testing/server.ts";

let server: TestServer;
let client: Client;
beforeAll(async () => {
  server = await startTestServer();
  client = new Client(clientConfig(server.server().url, "test"));
  await client.connect();
});
afterAll(async () => {
  await client.end();
  await server.stop();
});

const echo = async (type: string, value: Buffer): Promise<unknown> => {
  const query = `select coalesce(array_agg(u), '{}') as back from unnest($1::${type}[]) u`;
  return (await client.query<{ back: unknown }>(query, [value])).rows[0]?.back;
};

it("the server reads any texts and nulls as they were given, and zero bytes as U+FFFD", async () => {
  const texts = array(option(string({ unit: "binary" })));
  await assert(
    asyncProperty(texts, async (values) => {
      const kept = values.map((value) => value?.replaceAll("\0", "\uFFFD") ?? null);
      expect(await echo("text", textArray(values))).toEqual(kept);
    }),
  );
});

it("the server reads any integers as they were given", async () => {
  await assert(
    asyncProperty(array(maxSafeInteger()), array(integer()), async (big, small) => {
      // An array of bigint comes back as text from the driver.
      const back = (await echo("bigint", bigintArray(big))) as readonly (string | number)[];
      expect(back.map(Number)).toEqual(big);
      expect(await echo("int", intArray(small))).toEqual(small);
    }),
  );
});
