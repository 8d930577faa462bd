import { SAMPLE_RATE } from "../../edges/media/sound/frame.ts";
import { dominantTones, signalPower, tonePower } from "../../edges/media/sound/tone.ts";

/** A stretch of sound. `hz` is its tone; null: a sound that is not a single tone. Silence has no entry. */
export interface ToneSpan {
  readonly hz: number | null;
  readonly fromMs: number;
  readonly toMs: number;
}

/** Length of one analysis window: short enough to place a change in time, long enough to tell 10 Hz apart. */
const WINDOW_MS = 100;
const WINDOW_SAMPLES = (SAMPLE_RATE * WINDOW_MS) / 1000;
/** -50 dB of full scale: anything quieter is silence, whatever a codec makes of it. */
const SILENCE_POWER = 1e-5;
/** A single tone holds most of the power; the rest is the codec's noise. */
const TONE_SHARE = 0.7;
/** Frequencies are found on a grid of 10 Hz, so one tone may come out one step off. */
const SAME_TONE_HZ = 15;

/** Splits received audio into stretches of tones: enough to see which phone could hear which, and when. */
export class ToneMonitor {
  readonly #window = new Int16Array(WINDOW_SAMPLES);
  readonly #tones: ToneSpan[] = [];
  #filled = 0;

  get tones(): readonly ToneSpan[] {
    return this.#tones;
  }

  /** Takes the next samples; `atMs` is now. */
  add(samples: Int16Array, atMs: number): void {
    for (const sample of samples) {
      this.#window[this.#filled++] = sample;
      if (this.#filled < WINDOW_SAMPLES) continue;
      this.#filled = 0;
      this.#analyse(atMs);
    }
  }

  #analyse(atMs: number): void {
    const power = signalPower(this.#window);
    if (power < SILENCE_POWER) return;
    const hz = dominantTones(this.#window)[0] ?? null;
    const single = hz !== null && tonePower(this.#window, hz) / power > TONE_SHARE ? hz : null;
    const last = this.#tones.at(-1);
    const continues = last !== undefined && atMs - last.toMs <= 2 * WINDOW_MS && isTone(last, single);
    const fromMs = continues ? last.fromMs : atMs - WINDOW_MS;
    if (continues) this.#tones.pop();
    this.#tones.push({ hz: continues ? last.hz : single, fromMs, toMs: atMs });
  }
}

/** How long a tone of `hz` lasted in all, in ms. */
export function toneMs(tones: readonly ToneSpan[], hz: number): number {
  return tones.filter((span) => isTone(span, hz)).reduce((sum, span) => sum + span.toMs - span.fromMs, 0);
}

function isTone(span: ToneSpan, hz: number | null): boolean {
  if (span.hz === null || hz === null) return span.hz === hz;
  return Math.abs(span.hz - hz) <= SAME_TONE_HZ;
}
