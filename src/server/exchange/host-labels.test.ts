import { expect, it } from "vitest";
import { VirtualClock } from "../../base/virtual-clock.ts";
import { HostLabels } from "./host-labels.ts";

const MINUTE_MS = 60_000;

function world() {
  const clock = new VirtualClock(0);
  const removed: string[] = [];
  const labels = new HostLabels(clock, (host) => removed.push(host));
  const ask = (host: string, times: number): string =>
    Array.from({ length: times }, () => labels.labelOf(host)).at(-1) ?? "";
  return { clock, removed, ask };
}

it("gives a host a label once it has had twenty requests", () => {
  const { ask } = world();
  expect(ask("app.example", 19)).toBe("other");
  expect(ask("app.example", 1)).toBe("app.example");
  expect(ask("app.example:8443", 20)).toBe("app.example:8443");
});

it("keeps the metrics small and the busy hosts in them, whatever names strangers invent", () => {
  const { clock, removed, ask } = world();
  expect(ask("busy.example", 1000)).toBe("busy.example");
  const seen = new Set<string>();
  for (let minute = 0; minute < 10; minute += 1) {
    for (let n = 0; n < 3000; n += 1) seen.add(ask(`x${minute}-${n}.example`, 1));
    for (let n = 0; n < 100; n += 1) seen.add(ask(`y${minute}-${n}.example`, 25));
    clock.advance(MINUTE_MS);
  }
  // Fifty labels, and at most one change a minute.
  expect(seen.size - 1).toBeLessThanOrEqual(49 + 10);
  expect([...seen].filter((name) => name.startsWith("x"))).toEqual([]);
  expect(removed).not.toContain("busy.example");
  expect(ask("busy.example", 1)).toBe("busy.example");
});

it("gives the label of the least busy host to one that is twice as busy, at most once a minute", () => {
  const { clock, removed, ask } = world();
  for (let n = 0; n < 50; n += 1) expect(ask(`h${n}.example`, 30 + n)).toBe(`h${n}.example`);
  expect(ask("new.example", 59)).toBe("other");
  expect(ask("new.example", 1)).toBe("new.example");
  expect(removed).toEqual(["h0.example"]);
  expect(ask("h0.example", 1)).toBe("other");
  expect(ask("next.example", 500)).toBe("other");
  clock.advance(MINUTE_MS);
  expect(ask("next.example", 1)).toBe("next.example");
  expect(removed).toEqual(["h0.example", "h1.example"]);
});
