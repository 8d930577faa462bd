import { fileURLToPath } from "node:url";
import { dominantTones, signalPower } from "../../media/sound/tone.ts";

/** How samples of a WAV file are written. */
export interface WavForm {
  readonly code: number;
  readonly bits: number;
  readonly rate: number;
  readonly channels: number;
}

/** A file under test/fixtures/audio: one second of 1 kHz at half of full scale. */
export function fixture(name: string): string {
  return fileURLToPath(new URL(`../../../../test/fixtures/audio/${name}`, import.meta.url));
}

/** A sine of `hz` at half of full scale. */
export function sine(hz: number, rate: number, seconds: number): Float32Array {
  return Float32Array.from(
    { length: Math.round(rate * seconds) },
    (_, i) => Math.sin((2 * Math.PI * hz * i) / rate) / 2,
  );
}

/** A WAV file that holds `samples` on every channel. `stated`: the size of the audio that its head states. */
export function wavFile(samples: Float32Array, form: WavForm, stated?: number): Buffer {
  const { code, bits, rate, channels } = form;
  const block = (bits / 8) * channels;
  const data = Buffer.alloc(samples.length * block);
  for (const [i, sample] of samples.entries())
    for (let channel = 0; channel < channels; channel++)
      write(data, (i * channels + channel) * (bits / 8), sample, form);
  const head = Buffer.alloc(44);
  head.write("RIFF", 0, "latin1");
  head.writeUInt32LE(36 + data.length, 4);
  head.write("WAVEfmt ", 8, "latin1");
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(code, 20);
  head.writeUInt16LE(channels, 22);
  head.writeUInt32LE(rate, 24);
  head.writeUInt32LE(rate * block, 28);
  head.writeUInt16LE(block, 32);
  head.writeUInt16LE(bits, 34);
  head.write("data", 36, "latin1");
  head.writeUInt32LE(stated ?? data.length, 40);
  return Buffer.concat([head, data]);
}

function write(data: Buffer, at: number, sample: number, { code, bits }: WavForm): void {
  if (code === 3) {
    if (bits === 64) data.writeDoubleLE(sample, at);
    else data.writeFloatLE(sample, at);
  } else if (bits === 8) data[at] = 128 + Math.round(sample * 127);
  else data.writeIntLE(Math.round(sample * (2 ** (bits - 1) - 1)), at, bits / 8);
}

/** A file in a telephone's own format: 8 kHz, 16 bit, mono. */
export function phoneWav(hz: number, seconds: number): Buffer {
  return wavFile(sine(hz, 8000, seconds), { code: 1, bits: 16, rate: 8000, channels: 1 });
}

/** Level in dB against a sine at full scale. */
export function levelDb(samples: Int16Array): number {
  return 10 * Math.log10(2 * signalPower(samples));
}

/** The frequency of the strongest tone. */
export function toneOf(samples: Int16Array): number | null {
  return dominantTones(samples)[0] ?? null;
}
