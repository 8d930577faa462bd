import { describe, expect, it } from "vitest";
import type { ServeFlags } from "./config.ts";
import { readConfig } from "./config.ts";
import { logOptions } from "../../base/log.ts";

describe("the settings of serve", () => {
  it("has a default for everything", () => {
    const config = readConfig({}, {});
    expect(config.ok && config.value).toMatchObject({
      http: { host: "127.0.0.1", port: 8080 },
      sip: { host: "127.0.0.1", port: 5060 },
      rtpFirst: 20_000,
      rtpLast: 29_999,
      trustedProxies: ["127.0.0.0/8", "::1"],
      databaseUrl: null,
      drainMs: 30_000,
      speechUrl: null,
    });
  });
  it("lets a flag override the environment", () => {
    const config = readConfig(
      { http: "[::1]:9000" },
      { PLUGBOARD_HTTP: "127.0.0.1:1", PLUGBOARD_SIP: "10.0.0.1:5070" },
    );
    expect(config.ok && config.value.http).toEqual({ host: "::1", port: 9000 });
    expect(config.ok && config.value.sip).toEqual({ host: "10.0.0.1", port: 5070 });
  });
  it("O2: hides phone numbers in the log unless PLUGBOARD_LOG_NUMBERS or --log-numbers is on", () => {
    const shown = (flags: ServeFlags, env: Record<string, string>): unknown => {
      const config = readConfig(flags, env);
      return config.ok && logOptions("control", "info", config.value.logNumbers).redact.paths.length === 0;
    };
    expect(shown({}, {})).toBe(false);
    expect(shown({}, { PLUGBOARD_LOG_NUMBERS: "off" })).toBe(false);
    expect(shown({}, { PLUGBOARD_LOG_NUMBERS: "on" })).toBe(true);
    expect(shown({ logNumbers: true }, {})).toBe(true);
  });
  it.each([
    ["PLUGBOARD_HTTP", "8080", "must be host:port"],
    ["PLUGBOARD_TRUSTED_PROXIES", "10.0.0.5, proxy.example", 'has "proxy.example", it must be addresses or subnets'],
    ["PLUGBOARD_SIP", "127.0.0.1:99999", "must be host:port"],
    ["PLUGBOARD_RTP", "20000-20003", "at least 8 ports"],
    ["PLUGBOARD_RTP", "80-2000", "from 1024 up"],
    ["PLUGBOARD_LOG", "loud", "allowed are fatal, error"],
    ["PLUGBOARD_LOG_NUMBERS", "maybe", "must be on or off"],
    ["PLUGBOARD_PUBLIC_ADDRESS", "sip:192.0.2.1", "must be an IP address or a host name"],
    ["PLUGBOARD_MEDIA_PROCESSES", "0", "from 1 to 64"],
    ["PLUGBOARD_DRAIN", "soon", "whole number from 0"],
    ["PLUGBOARD_TTS_URL", "127.0.0.1:5002", "must be an http or https URL"],
    ["PLUGBOARD_SIPS", "127.0.0.1:5061", "not available yet"],
  ])("says in one sentence what is wrong with %s=%s", (name, text, sentence) => {
    const config = readConfig({}, { [name]: text });
    expect(config.ok ? [] : config.error).toEqual([expect.stringContaining(sentence)]);
    expect(config.ok ? "" : config.error[0]).toContain(name);
  });
});
