import { expect, it } from "vitest";
import { setting } from "./setting.ts";

it("takes an empty variable as one that is not set", () => {
  const env = { PLUGBOARD_SECRET: "", DATABASE_URL: "postgresql://localhost/plugboard" };
  expect(setting(env, "PLUGBOARD_SECRET")).toBeUndefined();
  expect(setting(env, "DATABASE_URL")).toBe("postgresql://localhost/plugboard");
  expect(setting(env, "PLUGBOARD_KEY")).toBeUndefined();
});
