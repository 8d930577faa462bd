import { afterEach, describe, expect, it } from "vitest";
import { seededRandom } from "../../base/random.ts";
import { systemClock } from "../../base/system-clock.ts";
import { heardMs } from "./tone-monitor.ts";
import { RtpAudio } from "./rtp-audio.ts";

const open: RtpAudio[] = [];

async function voice(toneHz: number | null): Promise<RtpAudio> {
  const one = await RtpAudio.open({
    clock: systemClock,
    random: seededRandom(1),
    host: "127.0.0.1",
    toneHz,
    ignoreAudio: false,
  });
  open.push(one);
  return one;
}

function join(a: RtpAudio, b: RtpAudio, codec: "PCMU" | "PCMA", dtmfPayloadType: number | null): void {
  const payloadType = codec === "PCMU" ? 0 : 8;
  a.speakTo({ address: "127.0.0.1", port: b.port, codec, payloadType, dtmfPayloadType });
  b.speakTo({ address: "127.0.0.1", port: a.port, codec, payloadType, dtmfPayloadType });
}

describe("two robots on one wire", () => {
  afterEach(() => {
    for (const one of open.splice(0)) one.close();
  });

  it.each(["PCMU", "PCMA"] as const)("hear each other's tone in %s", async (codec) => {
    const [anil, priya] = [await voice(700), await voice(1100)];
    join(anil, priya, codec, 101);
    await expect.poll(() => heardMs(anil.heard, 1100), { timeout: 3000 }).toBeGreaterThan(300);
    await expect.poll(() => heardMs(priya.heard, 700), { timeout: 3000 }).toBeGreaterThan(300);
    expect(heardMs(anil.heard, 700)).toBe(0);
  });

  it("press keys that the other notes in order", async () => {
    const [anil, priya] = [await voice(700), await voice(null)];
    join(anil, priya, "PCMU", 101);
    anil.press("15#");
    await expect.poll(() => priya.digitsHeard, { timeout: 3000 }).toBe("15#");
    expect(anil.heard).toEqual([]);
  });
});
