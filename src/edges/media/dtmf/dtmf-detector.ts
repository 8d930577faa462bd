import { COLUMNS_HZ, digitAt, ROWS_HZ } from "./dtmf.ts";
import { FRAME_MS } from "../sound/frame.ts";
import { signalPower, tonePower } from "../sound/tone.ts";

/** -36 dB of full scale each: Q.24 asks for -25 dBm0 and above. */
const MIN_TONE_POWER = 0.00012;
/** The two tones make up most of the signal (less if they are off in frequency); speech spreads its power. */
const MIN_SHARE = 0.6;
/** One group may be this much louder than the other (9 dB; lines attenuate the high group). */
const MAX_TWIST = 8;
/** The strongest of a group stands above its neighbours (8 dB). */
const MIN_ABOVE_NEIGHBOUR = 6.3;
/** A digit starts after two frames that agree, and ends after two without it. */
const FRAMES_TO_CHANGE = 2;

interface Peak {
  readonly index: number;
  readonly power: number;
}

/** Detects DTMF tones in audio (ITU-T Q.24), for legs whose other side sends no telephone-events. */
export class DtmfDetector {
  #candidate: string | null = null;
  #run = 0;
  #current: string | null = null;

  /** Takes the next 20-ms frame; returns the digit once, in the frame that confirms it (it has then lasted `CONFIRM_MS`). */
  frame(samples: Int16Array): string | null {
    const digit = digitIn(samples);
    this.#run = digit === this.#candidate ? this.#run + 1 : 1;
    this.#candidate = digit;
    if (this.#run < FRAMES_TO_CHANGE || digit === this.#current) return null;
    this.#current = digit;
    return digit;
  }

  static readonly CONFIRM_MS = FRAMES_TO_CHANGE * FRAME_MS;
}

function digitIn(samples: Int16Array): string | null {
  const total = signalPower(samples);
  if (total < 2 * MIN_TONE_POWER) return null;
  const row = peak(samples, ROWS_HZ);
  const column = peak(samples, COLUMNS_HZ);
  if (row === null || column === null) return null;
  if (row.power > MAX_TWIST * column.power || column.power > MAX_TWIST * row.power) return null;
  if (row.power + column.power < MIN_SHARE * total) return null;
  return digitAt(row.index, column.index) ?? null;
}

/** The one frequency of a group that clearly stands out. */
function peak(samples: Int16Array, group: readonly number[]): Peak | null {
  let best: Peak = { index: -1, power: 0 };
  let second = 0;
  group.forEach((hz, index) => {
    const power = tonePower(samples, hz);
    if (power > best.power) {
      second = best.power;
      best = { index, power };
    } else second = Math.max(second, power);
  });
  return best.power >= MIN_TONE_POWER && best.power >= MIN_ABOVE_NEIGHBOUR * second ? best : null;
}
