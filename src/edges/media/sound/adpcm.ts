/** Bytes at the beginning of a block, for each channel. */
const IMA_HEAD_BYTES = 4;
const MS_HEAD_BYTES = 7;
/** Samples of one channel in 4 bytes of IMA ADPCM. */
const IMA_GROUP = 8;

/** "Recommended Practices for Enhancing Digital Audio Compatibility in Multimedia Systems", IMA 1992, section 6. */
const IMA_INDEX_STEPS = [-1, -1, -1, -1, 2, 4, 6, 8];
const IMA_STEP_SIZES = [
  7, 8, 9, 10, 11, 12, 13, 14, 16, 17, 19, 21, 23, 25, 28, 31, 34, 37, 41, 45, 50, 55, 60, 66, 73, 80, 88, 97, 107, 118,
  130, 143, 157, 173, 190, 209, 230, 253, 279, 307, 337, 371, 408, 449, 494, 544, 598, 658, 724, 796, 876, 963, 1060,
  1166, 1282, 1411, 1552, 1707, 1878, 2066, 2272, 2499, 2749, 3024, 3327, 3660, 4026, 4428, 4871, 5358, 5894, 6484,
  7132, 7845, 8630, 9493, 10442, 11487, 12635, 13899, 15289, 16818, 18500, 20350, 22385, 24623, 27086, 29794, 32767,
];

/** "New Multimedia Data Types and Data Techniques", Microsoft 1994, section on WAVE_FORMAT_ADPCM. */
const MS_ADAPTATION = [230, 230, 230, 230, 307, 409, 512, 614, 768, 614, 512, 409, 307, 230, 230, 230];
const MS_COEFFICIENTS: readonly (readonly [number, number])[] = [
  [256, 0],
  [512, -256],
  [0, 0],
  [192, 64],
  [240, 0],
  [460, -208],
  [392, -232],
];
const MS_LEAST_DELTA = 16;

/**
 * One block of IMA ADPCM as in WAV files: for each channel its first sample, its step index and an unused byte; then 4 bytes
 * (8 samples, the low half first) of each channel in turn. A block that is cut off is decoded as far as it goes.
 */
export function decodeImaBlock(block: Buffer, channels: number): Int16Array[] {
  const headBytes = IMA_HEAD_BYTES * channels;
  const groups = Math.max(0, Math.floor((block.length - headBytes) / (4 * channels)));
  if (block.length < headBytes) return Array.from({ length: channels }, () => new Int16Array(0));
  return Array.from({ length: channels }, (_, channel) => {
    const out = new Int16Array(1 + groups * IMA_GROUP);
    let predicted = block.readInt16LE(IMA_HEAD_BYTES * channel);
    let index = clamp(block[IMA_HEAD_BYTES * channel + 2] ?? 0, 0, IMA_STEP_SIZES.length - 1);
    out[0] = predicted;
    for (let i = 1; i < out.length; i++) {
      const group = Math.floor((i - 1) / IMA_GROUP);
      const at = (i - 1) % IMA_GROUP;
      const byte = block[headBytes + 4 * (group * channels + channel) + (at >> 1)] ?? 0;
      const code = at % 2 === 0 ? byte & 15 : byte >> 4;
      predicted = clamp(predicted + imaDifference(code, IMA_STEP_SIZES[index] ?? 7), -32_768, 32_767);
      index = clamp(index + (IMA_INDEX_STEPS[code & 7] ?? 0), 0, IMA_STEP_SIZES.length - 1);
      out[i] = predicted;
    }
    return out;
  });
}

function imaDifference(code: number, step: number): number {
  let difference = step >> 3;
  if ((code & 4) !== 0) difference += step;
  if ((code & 2) !== 0) difference += step >> 1;
  if ((code & 1) !== 0) difference += step >> 2;
  return (code & 8) === 0 ? difference : -difference;
}

/**
 * One block of Microsoft ADPCM: for each channel the number of its predictor, its step, and its second and first sample;
 * then half bytes, the high half first, of each channel in turn. The predictors are the seven that every file has.
 */
export function decodeMsBlock(block: Buffer, channels: number): Int16Array[] {
  const headBytes = MS_HEAD_BYTES * channels;
  if (block.length < headBytes) return Array.from({ length: channels }, () => new Int16Array(0));
  const codes = Math.floor((2 * (block.length - headBytes)) / channels);
  return Array.from({ length: channels }, (_, channel) => {
    const out = new Int16Array(2 + codes);
    const [first, second] = MS_COEFFICIENTS[block[channel] ?? 0] ?? [256, 0];
    const int16 = (field: number): number => block.readInt16LE(channels + 2 * (field * channels + channel));
    let delta = int16(0);
    let last = int16(1);
    let before = int16(2);
    out[0] = before;
    out[1] = last;
    for (let i = 0; i < codes; i++) {
      const at = i * channels + channel;
      const byte = block[headBytes + (at >> 1)] ?? 0;
      const code = at % 2 === 0 ? byte >> 4 : byte & 15;
      const predicted = (last * first + before * second) >> 8;
      before = last;
      last = clamp(predicted + (code < 8 ? code : code - 16) * delta, -32_768, 32_767);
      delta = Math.max(MS_LEAST_DELTA, ((MS_ADAPTATION[code] ?? 230) * delta) >> 8);
      out[2 + i] = last;
    }
    return out;
  });
}

function clamp(value: number, least: number, most: number): number {
  return value < least ? least : value > most ? most : value;
}
