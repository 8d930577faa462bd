import { expect, it } from "vitest";
import { VirtualClock } from "../../base/virtual-clock.ts";
import { HostHealth } from "./host-health.ts";

it.each([3_600_000, -3_600_000])(
  "M8: a host that failed is left alone equally long when the wall clock is set by %i ms",
  (byMs) => {
    const clock = new VirtualClock(1_000_000);
    const hosts = new HostHealth(clock, 4);
    hosts.enter("a.example");
    hosts.leave("a.example", false);
    const rest = hosts.enter("a.example") ?? 0;
    expect(rest).toBeGreaterThan(0);
    clock.setWallClock(byMs);
    expect(hosts.enter("a.example")).toBe(rest);
    clock.advance(rest);
    expect(hosts.enter("a.example")).toBeNull();
  },
);
