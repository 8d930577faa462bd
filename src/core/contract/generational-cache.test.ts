import { describe, expect, it } from "vitest";
import { GenerationalCache } from "./generational-cache.ts";

describe("GenerationalCache", () => {
  it("returns what was set last, and nothing else", () => {
    const memory = new GenerationalCache<number>(2);
    expect(memory.get("a")).toBeUndefined();
    memory.set("a", 1);
    memory.set("a", 2);
    expect(memory.get("a")).toBe(2);
  });

  it("keeps what is in use, and drops what is not read, within twice its size", () => {
    const memory = new GenerationalCache<number>(3);
    memory.set("used", 1);
    memory.set("idle", 2);
    for (let i = 0; i < 20; i++) {
      memory.set(`other ${i}`, i);
      expect(memory.get("used")).toBe(1);
    }
    expect(memory.get("idle")).toBeUndefined();
    const others = Array.from({ length: 20 }, (_, i) => memory.get(`other ${i}`)).filter((each) => each !== undefined);
    expect(others.length).toBeLessThanOrEqual(5);
    expect(memory.get("other 19")).toBe(19);
  });

  it("never holds more than twice its size", () => {
    for (const size of [1, 2, 5]) {
      const known = Array.from({ length: 20 }, (_, key) => {
        const memory = new GenerationalCache<number, number>(size);
        for (let i = 0; i < 20; i++) memory.set(i, i);
        return memory.get(key);
      });
      const kept = known.filter((each) => each !== undefined);
      expect(kept).toEqual(Array.from({ length: 2 * size }, (_, i) => 20 - 2 * size + i));
    }
  });
});
