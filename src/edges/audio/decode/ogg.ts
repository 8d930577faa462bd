import { OggVorbisDecoder } from "@wasm-audio-decoders/ogg-vorbis";
import { OpusDecoder } from "opus-decoder";
import { SAMPLE_RATE } from "../../media/sound/frame.ts";
import { advised, AudioError } from "../../media/sound/audio-error.ts";
import type { OggPage } from "./ogg-pages.ts";
import { OggPackets, oggPages } from "./ogg-pages.ts";
import { checkFormat, PhoneSound } from "../../media/sound/phone-sound.ts";

/** Granule positions and pre-skip of Opus count at this rate, whatever the original rate (RFC 7845 section 4). */
const OPUS_RATE = 48_000;
const OPUS_HEAD_BYTES = 19;
const VORBIS_HEAD_BYTES = 30;
/** Other codecs that are stored in Ogg, by how their first packet begins. */
const UNSUPPORTED: readonly (readonly [string, string])[] = [
  ["Speex   ", "Speex"],
  ["\u007fFLAC", "FLAC"],
  ["\u0080theora", "Theora video"],
];

/** An Ogg file with Vorbis or Opus. Throws {@link AudioError}. */
export async function decodeOgg(file: Buffer): Promise<Int16Array> {
  const pages = [...oggPages(file)];
  const first = pages[0];
  if (first === undefined) throw new AudioError("is an Ogg file that is cut off in its first page");
  const stream = pages.filter(({ serial }) => serial === first.serial);
  const head = first.body;
  if (startsWith(head, "OpusHead")) return decodeOpus(opusHead(head), stream);
  if (startsWith(head, "\u0001vorbis")) return decodeVorbis(head, stream);
  const known = UNSUPPORTED.find(([magic]) => startsWith(head, magic))?.[1];
  throw new AudioError(advised(`is an Ogg file of ${known ?? "an unknown codec"}`));
}

function startsWith(bytes: Buffer, text: string): boolean {
  return bytes.toString("latin1", 0, text.length) === text;
}

/** Page by page, because a page may unpack to megabytes. */
async function decodeVorbis(head: Buffer, pages: readonly OggPage[]): Promise<Int16Array> {
  if (head.length < VORBIS_HEAD_BYTES) throw new AudioError("is an Ogg file with a broken Vorbis head");
  checkFormat(head[11] ?? 0, head.readUInt32LE(12));
  const decoder = new OggVorbisDecoder();
  await decoder.ready;
  const sound = new PhoneSound();
  const add = ({ channelData, samplesDecoded, sampleRate }: Awaited<ReturnType<typeof decoder.decode>>): void => {
    if (samplesDecoded > 0) sound.add(channelData, sampleRate);
  };
  try {
    for (const { bytes } of pages) add(await decoder.decode(bytes));
    add(await decoder.flush());
  } finally {
    decoder.free();
  }
  return sound.end();
}

/** The identification header (RFC 7845 section 5.1). */
interface OpusHead {
  readonly channels: number;
  readonly preSkip: number;
  readonly gain: number;
  readonly streamCount: number;
  readonly coupledStreamCount: number;
  readonly mapping: number[];
}

function opusHead(head: Buffer): OpusHead {
  if (head.length < OPUS_HEAD_BYTES) throw new AudioError("is an Ogg file with a broken Opus head");
  const channels = head[9] ?? 0;
  const family = head[18] ?? 0;
  const common = { channels, preSkip: head.readUInt16LE(10), gain: 10 ** (head.readInt16LE(16) / 256 / 20) };
  checkFormat(channels, OPUS_RATE);
  // Family 0: one stream, mono or stereo, without a table.
  if (family === 0)
    return { ...common, streamCount: 1, coupledStreamCount: channels - 1, mapping: channels === 1 ? [0] : [0, 1] };
  if (family !== 1 || head.length < OPUS_HEAD_BYTES + 2 + channels)
    throw new AudioError(advised(`is an Opus file of channel mapping family ${family}`));
  const mapping = [...head.subarray(OPUS_HEAD_BYTES + 2, OPUS_HEAD_BYTES + 2 + channels)];
  return { ...common, streamCount: head[19] ?? 0, coupledStreamCount: head[20] ?? 0, mapping };
}

/** Opus decodes to 8 kHz by itself, band-limited. */
async function decodeOpus(head: OpusHead, pages: readonly OggPage[]): Promise<Int16Array> {
  const { channels, streamCount, coupledStreamCount, mapping } = head;
  const decoder = new OpusDecoder({
    sampleRate: SAMPLE_RATE,
    channels,
    streamCount,
    coupledStreamCount,
    channelMappingTable: mapping,
    preSkip: 0,
  });
  await decoder.ready;
  try {
    return decodeOpusPages(head, pages, (packets) => decoder.decodeFrames(packets).channelData);
  } finally {
    decoder.free();
  }
}

function decodeOpusPages(
  { preSkip, gain }: OpusHead,
  pages: readonly OggPage[],
  decode: (packets: Buffer[]) => Float32Array[],
): Int16Array {
  const packets = new OggPackets();
  const sound = new PhoneSound();
  const end = endOf(pages);
  let skip = toPhone(preSkip);
  let left = end > preSkip ? toPhone(end - preSkip) : Number.POSITIVE_INFINITY;
  let headers = 2;
  for (const page of pages) {
    const audio = packets.of(page).filter((packet) => headers-- <= 0 && packet.length > 0);
    const channels = audio.length === 0 ? [] : decode(audio);
    const length = channels[0]?.length ?? 0;
    const from = Math.min(skip, length);
    const played = channels.map((samples) => samples.subarray(from, from + left).map((sample) => sample * gain));
    skip -= from;
    left -= played[0]?.length ?? 0;
    if (played.length > 0) sound.add(played, SAMPLE_RATE);
  }
  return sound.end();
}

/** Where the sound ends, as the last page says. The last packet usually holds a little more. */
function endOf(pages: readonly OggPage[]): number {
  const granules = pages.map(({ granule }) => Number(granule));
  return Math.max(0, ...granules);
}

function toPhone(samples: number): number {
  return Math.max(0, Math.round((samples * SAMPLE_RATE) / OPUS_RATE));
}
