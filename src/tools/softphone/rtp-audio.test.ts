import { afterEach, describe, expect, it } from "vitest";
import { seededRandom } from "../../base/random.ts";
import { systemClock } from "../../base/system-clock.ts";
import { toneMs } from "./tone-monitor.ts";
import { RtpAudio } from "./rtp-audio.ts";

const open: RtpAudio[] = [];

function audio(toneHz: number | null): RtpAudio {
  const one = new RtpAudio({
    clock: systemClock,
    random: seededRandom(1),
    host: "127.0.0.1",
    toneHz,
    ignoreAudio: false,
  });
  open.push(one);
  return one;
}

function connect(a: RtpAudio, b: RtpAudio, codec: "PCMU" | "PCMA"): void {
  const payloadType = codec === "PCMU" ? 0 : 8;
  const remote = { address: "127.0.0.1", rtcpPort: null, codec, payloadType, dtmfPayloadType: 101 } as const;
  a.sendTo({ ...remote, port: b.port, direction: "sendrecv" });
  b.sendTo({ ...remote, port: a.port, direction: "sendrecv" });
}

describe("two softphones", () => {
  afterEach(() => {
    for (const one of open.splice(0)) one.close();
  });

  it.each(["PCMU", "PCMA"] as const)("receive each other's tone in %s", async (codec) => {
    const [anil, priya] = [audio(700), audio(1100)];
    connect(anil, priya, codec);
    await expect.poll(() => toneMs(anil.tones, 1100), { timeout: 3000 }).toBeGreaterThan(300);
    await expect.poll(() => toneMs(priya.tones, 700), { timeout: 3000 }).toBeGreaterThan(300);
    expect(toneMs(anil.tones, 700)).toBe(0);
  });

  it("send digits that the other receives in order", async () => {
    const [anil, priya] = [audio(700), audio(null)];
    connect(anil, priya, "PCMU");
    anil.sendDigits("15#");
    await expect.poll(() => priya.digits, { timeout: 3000 }).toBe("15#");
    expect(anil.tones).toEqual([]);
  });
});
