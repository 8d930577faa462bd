/** The first frame is searched for this far after the tags, because sloppy writers leave padding. */
const SEARCH_BYTES = 64 * 1024;
const ID3_HEAD_BYTES = 10;
const FRAME_HEAD_BYTES = 4;

/** kbit/s of layer III by the header's four bits; 0: not allowed. */
const BITRATES_MPEG1 = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0];
const BITRATES_MPEG2 = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0];
/** Rates of MPEG-1 in Hz; MPEG-2 has half of them, MPEG-2.5 a quarter. */
const RATES = [44_100, 48_000, 32_000];
const MPEG1 = 3;
const MPEG2 = 2;
const LAYER_III = 1;

/** Where the frames begin; null if this is not an MP3. It takes two frames in a row: one may look like a frame by chance. */
export function mp3Start(bytes: Buffer): number | null {
  const from = behindTags(bytes);
  const last = Math.min(bytes.length, from + SEARCH_BYTES) - FRAME_HEAD_BYTES;
  for (let at = from; at <= last; at++) {
    const length = frameBytes(bytes, at);
    if (length === null) continue;
    if (at + length === bytes.length || frameBytes(bytes, at + length) !== null) return at;
  }
  return null;
}

/** ID3v2 tags come first, sometimes several. Their size has 7 bits per byte. */
function behindTags(bytes: Buffer): number {
  let at = 0;
  while (bytes.toString("latin1", at, at + 3) === "ID3" && at + ID3_HEAD_BYTES <= bytes.length) {
    const size = bytes.subarray(at + 6, at + ID3_HEAD_BYTES).reduce((sum, byte) => (sum << 7) | (byte & 0x7f), 0);
    at += ID3_HEAD_BYTES + size;
  }
  return at;
}

/**
 * Length of the layer III frame whose header (ISO 11172-3, 2.4.1.3) is at `at`; null if there is no header:
 * `11111111 111vvllp bbbbrrPx mmeecoee`: version, layer, protection, bit rate, rate, padding, mode and others.
 */
function frameBytes(bytes: Buffer, at: number): number | null {
  if (at + FRAME_HEAD_BYTES > bytes.length) return null;
  const head = bytes.readUInt32BE(at);
  const version = (head >>> 19) & 3;
  const known = version === MPEG1 || version === MPEG2 || version === 0;
  if (head >>> 21 !== 0x7ff || !known || ((head >>> 17) & 3) !== LAYER_III) return null;
  const kbits = (version === MPEG1 ? BITRATES_MPEG1 : BITRATES_MPEG2)[(head >>> 12) & 15] ?? 0;
  const rate = RATES[(head >>> 10) & 3];
  if (kbits === 0 || rate === undefined) return null;
  const padding = (head >>> 9) & 1;
  if (version === MPEG1) return Math.floor((144_000 * kbits) / rate) + padding;
  return Math.floor((72_000 * kbits) / (rate / (version === MPEG2 ? 2 : 4))) + padding;
}
