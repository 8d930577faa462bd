import { msToSamples, SAMPLE_RATE } from "./frame.ts";
import type { Tone } from "../process/protocol.ts";

/** A stretch of a cadence: these frequencies together (none: silence), optionally swelling `modulatedHz` times a second. */
interface Stretch {
  readonly hz: readonly number[];
  readonly modulatedHz?: number;
  readonly ms: number;
}

/** Peak of the sum of a tone's frequencies: -14 dB of full scale, as loud as speech is meant to be on a line. */
const TONE_PEAK = 6500;
/** Tones begin and end within 4 ms: a sudden edge clicks. */
const EDGE_MS = 4;

const BEEP: readonly Stretch[] = [{ hz: [1000], ms: 250 }];
const DEFAULT_COUNTRY = "IN";

/** One period of each country's tones, as its administration notified them to ITU-T (E.180 supplement 2). */
const CADENCES: Readonly<Record<string, { readonly ringback: readonly Stretch[]; readonly busy: readonly Stretch[] }>> =
  {
    IN: { ringback: twice({ hz: [400], modulatedHz: 25, ms: 400 }), busy: onOff([400], 750, 750) },
    SG: { ringback: twice({ hz: [425], modulatedHz: 24, ms: 400 }), busy: onOff([425], 750, 750) },
    GB: { ringback: twice({ hz: [400, 450], ms: 400 }), busy: onOff([400], 375, 375) },
    AU: { ringback: twice({ hz: [413, 438], ms: 400 }), busy: onOff([425], 375, 375) },
    US: { ringback: onOff([440, 480], 2000, 4000), busy: onOff([480, 620], 500, 500) },
    CA: { ringback: onOff([440, 480], 2000, 4000), busy: onOff([480, 620], 500, 500) },
    DE: { ringback: onOff([425], 1000, 4000), busy: onOff([425], 480, 480) },
    FR: { ringback: onOff([440], 1500, 3500), busy: onOff([440], 500, 500) },
  };

function onOff(hz: readonly number[], onMs: number, offMs: number): readonly Stretch[] {
  return [
    { hz, ms: onMs },
    { hz: [], ms: offMs },
  ];
}

/** Double ring: 0.4 on, 0.2 off, 0.4 on, 2 off. */
function twice(ring: Stretch): readonly Stretch[] {
  return [ring, { hz: [], ms: 200 }, ring, { hz: [], ms: 2000 }];
}

const rendered = new Map<string, Int16Array>();

/** One period of the tone at 8 kHz, for playing once or in a loop. Countries without a table use India's. */
export function renderTone(tone: Tone, country: string = DEFAULT_COUNTRY): Int16Array {
  const known = CADENCES[country] === undefined ? DEFAULT_COUNTRY : country;
  const key = `${tone} ${known}`;
  const earlier = rendered.get(key);
  if (earlier !== undefined) return earlier;
  const samples = concat(stretches(tone, known).map(renderStretch));
  rendered.set(key, samples);
  return samples;
}

function stretches(tone: Tone, country: string): readonly Stretch[] {
  const cadence = CADENCES[country];
  return tone === "beep" || cadence === undefined ? BEEP : cadence[tone];
}

function renderStretch(stretch: Stretch): Int16Array {
  const out = new Int16Array(msToSamples(stretch.ms));
  const edge = msToSamples(EDGE_MS);
  for (let i = 0; i < out.length; i++) {
    let sum = 0;
    for (const hz of stretch.hz) sum += Math.sin((2 * Math.PI * hz * i) / SAMPLE_RATE);
    if (stretch.modulatedHz !== undefined)
      sum *= 0.5 + 0.5 * Math.sin((2 * Math.PI * stretch.modulatedHz * i) / SAMPLE_RATE);
    const ramp = Math.min(1, (i + 1) / edge, (out.length - i) / edge);
    out[i] = Math.round((TONE_PEAK * ramp * sum) / Math.max(1, stretch.hz.length));
  }
  return out;
}

function concat(parts: readonly Int16Array[]): Int16Array {
  const out = new Int16Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** A steady sine (or several at once, as DTMF is) that continues seamlessly from one `fill` to the next. */
export class Sine {
  readonly #hz: readonly number[];
  readonly #peak: number;
  #at = 0;

  /** `peak`: that of each frequency, out of 32767. */
  constructor(hz: readonly number[], peak = 8000) {
    this.#hz = hz;
    this.#peak = peak;
  }

  fill(out: Int16Array): void {
    for (let i = 0; i < out.length; i++, this.#at++) {
      let sum = 0;
      for (const hz of this.#hz) sum += Math.sin((2 * Math.PI * hz * this.#at) / SAMPLE_RATE);
      out[i] = Math.round(this.#peak * sum);
    }
  }
}

/** Mean square of the samples, with full scale as 1: a full-scale sine has 0.5. */
export function signalPower(samples: Int16Array): number {
  let sum = 0;
  for (const s of samples) sum += s * s;
  return samples.length === 0 ? 0 : sum / samples.length / 32768 ** 2;
}

/**
 * Mean square of the part of the samples that is a sine of `hz` (Goertzel), in the unit of {@link signalPower}: a pure
 * tone's is that of the whole signal. Selects within about 8000 / samples.length Hz.
 */
export function tonePower(samples: Int16Array, hz: number): number {
  const n = samples.length;
  if (n === 0) return 0;
  const coefficient = 2 * Math.cos((2 * Math.PI * hz) / SAMPLE_RATE);
  let s1 = 0;
  let s2 = 0;
  for (let i = 0; i < n; i++) {
    const s0 = (samples[i] ?? 0) + coefficient * s1 - s2;
    s2 = s1;
    s1 = s0;
  }
  const squared = s1 * s1 + s2 * s2 - coefficient * s1 * s2;
  return (2 * squared) / (n * n) / 32768 ** 2;
}

/** Search grid of `dominantTones`, and how close to the strongest a peak must be to count (12 dB). */
const GRID_HZ = 10;
const LOWEST_HZ = 100;
const HIGHEST_HZ = 3900;
const NEAR_STRONGEST = 1 / 16;
/** Below this (-57 dB) nothing counts as a tone. */
const AUDIBLE = 1e-6;
/** Longest stretch analysed: the middle half second. */
const LOOK_SAMPLES = SAMPLE_RATE / 2;

/** The frequencies (on a 10-Hz grid, strongest first) that stand out in these samples; none in silence. */
export function dominantTones(samples: Int16Array): number[] {
  const from = Math.max(0, Math.floor((samples.length - LOOK_SAMPLES) / 2));
  const windowed = hann(samples.subarray(from, from + LOOK_SAMPLES));
  const powers: number[] = [];
  for (let hz = LOWEST_HZ; hz <= HIGHEST_HZ; hz += GRID_HZ) powers.push(tonePower(windowed, hz));
  const limit = Math.max(AUDIBLE, Math.max(...powers) * NEAR_STRONGEST);
  return powers
    .map((power, i) => ({ power, hz: LOWEST_HZ + i * GRID_HZ, i }))
    .filter(({ power, i }) => power >= limit && power >= (powers[i - 1] ?? 0) && power > (powers[i + 1] ?? 0))
    .sort((a, b) => b.power - a.power)
    .map(({ hz }) => hz);
}

function hann(samples: Int16Array): Int16Array {
  const n = samples.length;
  return samples.map((s, i) => Math.round(s * (0.5 - 0.5 * Math.cos((2 * Math.PI * (i + 0.5)) / n))));
}
