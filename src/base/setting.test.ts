import { expect, it } from "vitest";
import { setting } from "./setting.ts";

it("treats an empty variable as unset", () => {
  const env = { PLUGBOARD_SECRET: "", DATABASE_URL: "postgresql://localhost/plugboard" };
  expect(setting(env, "PLUGBOARD_SECRET")).toBeUndefined();
  expect(setting(env, "DATABASE_URL")).toBe("postgresql://localhost/plugboard");
  expect(setting(env, "PLUGBOARD_KEY")).toBeUndefined();
});
