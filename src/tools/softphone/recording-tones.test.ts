import { expect, it } from "vitest";
import { Sine } from "../../edges/media/sound/tone.ts";
import { wavHeader } from "../../edges/media/sound/wav.ts";
import { recordingTones } from "./recording-tones.ts";

function dual(left: readonly number[], right: readonly number[], ms: number): Buffer {
  const sines = [new Sine(left), new Sine(right)];
  const channels = sines.map((sine) => {
    const samples = new Int16Array(ms * 8);
    sine.fill(samples);
    return samples;
  });
  const audio = Buffer.alloc(ms * 8 * 4);
  for (const [channel, samples] of channels.entries())
    for (const [i, sample] of samples.entries()) audio.writeInt16LE(sample, i * 4 + channel * 2);
  return Buffer.concat([wavHeader(2, audio.length), audio]);
}

it("finds which tone is on which channel of a recording", () => {
  expect(recordingTones(dual([700], [1100], 500))).toEqual([
    [{ hz: 700, fromMs: 0, toMs: 500 }],
    [{ hz: 1100, fromMs: 0, toMs: 500 }],
  ]);
  expect(recordingTones(dual([700], [], 300))).toEqual([[{ hz: 700, fromMs: 0, toMs: 300 }], []]);
});

it("finds nothing in a file that is not a recording", () => {
  expect(recordingTones(Buffer.from("hello"))).toEqual([]);
});
