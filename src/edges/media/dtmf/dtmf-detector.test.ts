import { describe, expect, it } from "vitest";
import { seededRandom } from "../../../base/random.ts";
import { eventToDigit, digitTones } from "./dtmf.ts";
import { FRAME_SAMPLES } from "../sound/frame.ts";
import { DtmfDetector } from "./dtmf-detector.ts";
import { Sine } from "../sound/tone.ts";

const CODES = Array.from({ length: 16 }, (_, code) => code);

/** The digits that a detector reports in consecutive frames. */
function detected(detector: DtmfDetector, fill: (frame: Int16Array) => void, frames: number): string[] {
  const frame = new Int16Array(FRAME_SAMPLES);
  const digits: string[] = [];
  for (let i = 0; i < frames; i++) {
    fill(frame);
    const digit = detector.frame(frame);
    if (digit !== null) digits.push(digit);
  }
  return digits;
}

function tones(hz: readonly number[], peak: number): (frame: Int16Array) => void {
  const sine = new Sine(hz, peak);
  return (frame) => sine.fill(frame);
}

const silence = (frame: Int16Array): void => {
  frame.fill(0);
};

describe("DtmfDetector", () => {
  it.each(CODES)("detects event %i once, no matter how long it lasts, loud or 30 dB below full scale", (code) => {
    for (const peak of [14_000, 1000]) {
      const detector = new DtmfDetector();
      expect(detected(detector, tones(digitTones(code), peak), 10)).toEqual([eventToDigit(code)]);
    }
  });

  it("accepts frequencies that are 1.5 % off, as ITU-T Q.24 asks", () => {
    for (const factor of [0.985, 1.015]) {
      const hz = digitTones(9).map((f) => f * factor);
      expect(detected(new DtmfDetector(), tones(hz, 8000), 6)).toEqual(["9"]);
    }
  });

  it("detects the same digit again after a pause of 40 ms", () => {
    const detector = new DtmfDetector();
    const once = detected(detector, tones(digitTones(5), 8000), 4);
    detected(detector, silence, 2);
    expect([...once, ...detected(detector, tones(digitTones(5), 8000), 4)]).toEqual(["5", "5"]);
  });

  it("doesn't take a single frame for a digit", () => {
    const detector = new DtmfDetector();
    expect(detected(detector, tones(digitTones(5), 8000), 1)).toEqual([]);
    expect(detected(detector, silence, 4)).toEqual([]);
  });

  it("finds no digit in one tone, in a dial tone, in silence", () => {
    for (const hz of [[697], [1336], [350, 440], [400], [1000], [2100]])
      expect(detected(new DtmfDetector(), tones(hz, 8000), 20)).toEqual([]);
    expect(detected(new DtmfDetector(), silence, 20)).toEqual([]);
  });

  it("finds no digit in a minute of noise, nor in voices of many pitches", () => {
    const random = seededRandom(4);
    const noise = (frame: Int16Array): void => {
      for (let i = 0; i < frame.length; i++) frame[i] = (random.next() - 0.5) * 30_000;
    };
    expect(detected(new DtmfDetector(), noise, 3000)).toEqual([]);
    for (let pitch = 80; pitch < 400; pitch += 3) {
      const harmonics = Array.from({ length: 10 }, (_, i) => pitch * (i + 1));
      expect(detected(new DtmfDetector(), tones(harmonics, 1200), 10)).toEqual([]);
    }
  });
});
