/**
 * Arrays in PostgreSQL's binary wire format. The text format would escape every quote of every JSON payload on this
 * side and unescape it on the other; this is a length and the bytes. `pg` sends a Buffer as a binary parameter.
 *
 *   int32 dimensions=1 | int32 has-nulls | int32 element type | int32 length | int32 lower bound=1 | elements
 *   element: int32 length (-1: null) | bytes
 */
const HEADER_BYTES = 20;
const NULL_LENGTH = -1;
/** Object ids of pg_type. */
const TYPE = { int8: 20, int4: 23, text: 25 } as const;
const TWO_32 = 2 ** 32;

/** `text[]`. A zero byte, which PostgreSQL cannot keep in text, becomes U+FFFD: an odd header must not lose its call. */
export function textArray(values: readonly (string | null)[]): Buffer {
  const texts = values.map((value) => (value?.includes("\0") === true ? value.replaceAll("\0", "\uFFFD") : value));
  const lengths = texts.map((text) => (text === null ? NULL_LENGTH : Buffer.byteLength(text)));
  let bytes = HEADER_BYTES + 4 * texts.length;
  for (const length of lengths) bytes += Math.max(0, length);
  const buffer = header(bytes, TYPE.text, texts.length);
  let at = HEADER_BYTES;
  texts.forEach((text, i) => {
    at = buffer.writeInt32BE(lengths[i] ?? NULL_LENGTH, at);
    if (text !== null) at += buffer.write(text, at, "utf8");
  });
  return buffer;
}

/** `int[]`. */
export function intArray(values: readonly number[]): Buffer {
  const buffer = header(HEADER_BYTES + 8 * values.length, TYPE.int4, values.length);
  let at = HEADER_BYTES;
  for (const value of values) {
    at = buffer.writeInt32BE(4, at);
    at = buffer.writeInt32BE(value, at);
  }
  return buffer;
}

/** `bigint[]` of integers that a double holds exactly. */
export function bigintArray(values: readonly number[]): Buffer {
  const buffer = header(HEADER_BYTES + 12 * values.length, TYPE.int8, values.length);
  let at = HEADER_BYTES;
  for (const value of values) {
    at = buffer.writeInt32BE(8, at);
    at = buffer.writeInt32BE(Math.floor(value / TWO_32), at);
    at = buffer.writeUInt32BE(((value % TWO_32) + TWO_32) % TWO_32, at);
  }
  return buffer;
}

function header(bytes: number, type: number, length: number): Buffer {
  const buffer = Buffer.allocUnsafe(bytes);
  buffer.writeInt32BE(1, 0);
  buffer.writeInt32BE(1, 4);
  buffer.writeInt32BE(type, 8);
  buffer.writeInt32BE(length, 12);
  buffer.writeInt32BE(1, 16);
  return buffer;
}
