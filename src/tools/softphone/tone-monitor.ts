import { SAMPLE_RATE } from "../../edges/media/sound/frame.ts";
import { dominantTones, signalPower, tonePower } from "../../edges/media/sound/tone.ts";

/** A stretch of sound. `hz` is its tone; null: a sound that is no single tone. Silence makes no entry. */
export interface ToneSpan {
  readonly hz: number | null;
  readonly fromMs: number;
  readonly toMs: number;
}

/** One look is so long: short enough to place a change in time, long enough to tell 10 Hz apart. */
const LOOK_MS = 100;
const LOOK_SAMPLES = (SAMPLE_RATE * LOOK_MS) / 1000;
/** -50 dB of full scale: quieter is silence, whatever a codec makes of it. */
const SILENCE_POWER = 1e-5;
/** A single tone holds most of the power; what is left is the codec's noise. */
const TONE_SHARE = 0.7;
/** Frequencies are found on a grid of 10 Hz, so one tone may come out a step away from itself. */
const SAME_TONE_HZ = 15;

/** What came out of an earpiece, as stretches of tones: enough to tell who could hear whom, and when. */
export class ToneMonitor {
  readonly #look = new Int16Array(LOOK_SAMPLES);
  readonly #heard: ToneSpan[] = [];
  #filled = 0;

  get heard(): readonly ToneSpan[] {
    return this.#heard;
  }

  /** Takes the next samples; `atMs` is now. */
  add(samples: Int16Array, atMs: number): void {
    for (const sample of samples) {
      this.#look[this.#filled++] = sample;
      if (this.#filled < LOOK_SAMPLES) continue;
      this.#filled = 0;
      this.#judge(atMs);
    }
  }

  #judge(atMs: number): void {
    const power = signalPower(this.#look);
    if (power < SILENCE_POWER) return;
    const hz = dominantTones(this.#look)[0] ?? null;
    const single = hz !== null && tonePower(this.#look, hz) / power > TONE_SHARE ? hz : null;
    const last = this.#heard.at(-1);
    const goesOn = last !== undefined && atMs - last.toMs <= 2 * LOOK_MS && isTone(last, single);
    const fromMs = goesOn ? last.fromMs : atMs - LOOK_MS;
    if (goesOn) this.#heard.pop();
    this.#heard.push({ hz: goesOn ? last.hz : single, fromMs, toMs: atMs });
  }
}

/** How long a tone of `hz` was heard in all, in ms. */
export function heardMs(heard: readonly ToneSpan[], hz: number): number {
  return heard.filter((one) => isTone(one, hz)).reduce((sum, one) => sum + one.toMs - one.fromMs, 0);
}

function isTone(one: ToneSpan, hz: number | null): boolean {
  if (one.hz === null || hz === null) return one.hz === hz;
  return Math.abs(one.hz - hz) <= SAME_TONE_HZ;
}
