import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, it } from "vitest";
import { LineWriter } from "./ndjson.ts";

it("sends its lines in order, together, and after what the same step sends elsewhere", async () => {
  const sent: string[] = [];
  const writer = new LineWriter((text) => sent.push(text));
  writer.send({ op: "open" });
  writer.push({ op: "close" });
  setImmediate(() => sent.push("request"));
  await nextTurn();
  await nextTurn();
  expect(sent).toEqual(["request", '{"op":"open"}\n{"op":"close"}\n']);
});
