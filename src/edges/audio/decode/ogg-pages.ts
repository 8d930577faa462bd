const HEAD_BYTES = 27;
const FLAGS_AT = 5;
const GRANULE_AT = 6;
const SERIAL_AT = 14;
const SEGMENTS_AT = 26;
const CONTINUED = 1;
const FULL_SEGMENT = 255;
/** Longest packet: Opus has at most 61 KB, the codebooks of Vorbis a few. */
const MAX_PACKET_BYTES = 1024 * 1024;

/** One page of an Ogg file (RFC 3533 section 6). */
export interface OggPage {
  readonly serial: number;
  /** Where the sound of this page ends, in the codec's unit; -1: no packet ends here. */
  readonly granule: bigint;
  /** The whole page. */
  readonly bytes: Buffer;
  /** The first packet continues from the previous page. */
  readonly continued: boolean;
  /** Lengths of the segments that its packets are cut into. */
  readonly segments: Buffer;
  readonly body: Buffer;
}

/** The pages of a file up to the first that is broken or cut off. */
export function* oggPages(file: Buffer): Generator<OggPage, void> {
  for (let at = 0; at + HEAD_BYTES <= file.length && file.toString("latin1", at, at + 4) === "OggS";) {
    const count = file[at + SEGMENTS_AT] ?? 0;
    const bodyAt = at + HEAD_BYTES + count;
    const segments = file.subarray(at + HEAD_BYTES, bodyAt);
    const end = bodyAt + segments.reduce((sum, length) => sum + length, 0);
    if (end > file.length) return;
    yield {
      serial: file.readUInt32LE(at + SERIAL_AT),
      granule: file.readBigInt64LE(at + GRANULE_AT),
      bytes: file.subarray(at, end),
      continued: ((file[at + FLAGS_AT] ?? 0) & CONTINUED) !== 0,
      segments,
      body: file.subarray(bodyAt, end),
    };
    at = end;
  }
}

/** Assembles the packets of one stream from its pages. */
export class OggPackets {
  #begun: Buffer[] = [];

  /** The packets that end in this page. A packet whose beginning is missing is left out. */
  of(page: OggPage): Buffer[] {
    if (!page.continued) this.#begun = [];
    const missing = page.continued && this.#begun.length === 0;
    const packets: Buffer[] = [];
    let from = 0;
    let to = 0;
    for (const length of page.segments) {
      to += length;
      if (length === FULL_SEGMENT) continue;
      packets.push(Buffer.concat([...this.#begun, page.body.subarray(from, to)]));
      this.#begun = [];
      from = to;
    }
    if (to > from) this.#begin(page.body.subarray(from, to));
    return missing ? packets.slice(1) : packets;
  }

  #begin(piece: Buffer): void {
    this.#begun.push(piece);
    if (this.#begun.reduce((sum, { length }) => sum + length, 0) > MAX_PACKET_BYTES) this.#begun = [];
  }
}
