import { SAMPLE_RATE } from "../../edges/media/sound/frame.ts";
import { ToneMonitor } from "./tone-monitor.ts";
import type { ToneSpan } from "./tone-monitor.ts";

/** Layout of the platform's recordings: a header of 44 bytes, then 16-bit samples, channels interleaved. */
const HEADER_BYTES = 44;
const CHANNELS_AT = 22;
const BYTES_PER_SAMPLE = 2;
/** The monitor gets the samples in slices, as audio arrives. */
const SLICE_SAMPLES = SAMPLE_RATE / 50;

/** The tones on each channel of a recording (8 kHz 16-bit WAV), timed from its start; empty if it is not a recording. */
export function recordingTones(wav: Buffer): readonly (readonly ToneSpan[])[] {
  if (wav.length < HEADER_BYTES || wav.toString("latin1", 0, 4) !== "RIFF") return [];
  const channels = wav.readUInt16LE(CHANNELS_AT);
  return Array.from({ length: channels }, (_, channel) => tonesIn(channelOf(wav, channel, channels)));
}

function channelOf(wav: Buffer, channel: number, channels: number): Int16Array {
  const step = channels * BYTES_PER_SAMPLE;
  const length = Math.floor((wav.length - HEADER_BYTES) / step);
  return Int16Array.from({ length }, (_, i) => wav.readInt16LE(HEADER_BYTES + i * step + channel * BYTES_PER_SAMPLE));
}

function tonesIn(samples: Int16Array): readonly ToneSpan[] {
  const monitor = new ToneMonitor();
  for (let at = 0; at < samples.length; at += SLICE_SAMPLES) {
    const slice = samples.subarray(at, at + SLICE_SAMPLES);
    monitor.add(slice, ((at + slice.length) * 1000) / SAMPLE_RATE);
  }
  return monitor.tones;
}
