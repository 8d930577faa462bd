import { describe, expect, it } from "vitest";
import { readSettings } from "./settings.ts";

const FLAGS = ["--socket", "/s", "--rtp", "20000-29999", "--bind", "127.0.0.1", "--recordings", "/r"];

describe("the settings of a media process", () => {
  it("come from flags, with defaults for the rest", () => {
    expect(readSettings(FLAGS, {})).toEqual({
      socket: "/s",
      range: { first: 20_000, last: 29_999 },
      bind: "127.0.0.1",
      recordings: "/r",
      leaseMs: 60_000,
      silenceMs: 30_000,
      instance: "",
      logLevel: "info",
    });
  });

  it("come from the environment if there is no flag", () => {
    const env = { PLUGBOARD_MEDIA_SOCKET: "/e", PLUGBOARD_MEDIA_LEASE_MS: "5", PLUGBOARD_LOG: "warn" };
    expect(readSettings(FLAGS, env)).toMatchObject({ socket: "/s", leaseMs: 5, logLevel: "warn" });
    expect(readSettings(FLAGS.slice(2), env)).toMatchObject({ socket: "/e" });
  });

  it.each([
    [FLAGS.slice(2), {}, "--socket is missing"],
    [[...FLAGS, "--rtp", "80-90"], {}, "--rtp 80-90: give a range within 1024-65535, such as 20000-29999"],
    [[...FLAGS, "--lease-ms", "1.5"], {}, "--lease-ms 1.5: give a whole number of milliseconds"],
    [
      FLAGS,
      { PLUGBOARD_LOG: "loud" },
      "PLUGBOARD_LOG=loud: give one of trace, debug, info, warn, error, fatal, silent",
    ],
  ])("say in one sentence what is wrong: %j %j", (args, env, message) => {
    expect(() => readSettings(args, env)).toThrow(message);
  });
});
