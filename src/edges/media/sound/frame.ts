/** The rate of telephony, in Hz: everything inside runs at it. */
export const SAMPLE_RATE = 8000;
/** One step of the engine, and the audio of one packet we send. */
export const FRAME_MS = 20;
/** Samples, and G.711 bytes, in a frame. */
export const FRAME_SAMPLES = (SAMPLE_RATE * FRAME_MS) / 1000;

export function samplesToMs(samples: number): number {
  return Math.round((samples * 1000) / SAMPLE_RATE);
}

export function msToSamples(ms: number): number {
  return Math.round((ms * SAMPLE_RATE) / 1000);
}

/** Root mean square, 0 to 32768. */
export function rms(samples: Int16Array): number {
  let sum = 0;
  for (const s of samples) sum += s * s;
  return samples.length === 0 ? 0 : Math.sqrt(sum / samples.length);
}

/** Adds `from` to `into` with clipping at 16 bit. Both of the same length. */
export function mixInto(into: Int16Array, from: Int16Array): void {
  for (let i = 0; i < into.length; i++) {
    const sum = (into[i] ?? 0) + (from[i] ?? 0);
    into[i] = sum > 32767 ? 32767 : sum < -32768 ? -32768 : sum;
  }
}
