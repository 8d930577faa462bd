/** How long the address of the session description may still take the place of another source that was first. */
const PROBATION_MS = 2000;
/** After so long without a packet the same stream may come from elsewhere: a NAT forgot its binding. */
export const RELEARN_AFTER_MS = 3000;
/** The same stream, seen from elsewhere, continues within so many sequence numbers (60 s of packets). */
const MAX_CONTINUATION = 3000;

/**
 * From whom a leg takes media (symmetric RTP). The first valid packet decides; another source changes nothing, unless it
 * is the one the session description names and comes within two seconds, or it carries the locked stream on (same SSRC,
 * sequence going on) after three seconds of silence. `expect` with another address starts over.
 */
export class RtpLatch {
  /** Where media is sent to: the locked source, before that the described one. */
  address = "";
  port = 0;
  #describedAddress = "";
  #describedPort = 0;
  #latched = false;
  #latchedAt = 0;
  #ssrc = 0;
  #sequence = 0;
  #heardAt = 0;

  get latched(): boolean {
    return this.#latched;
  }

  /** The other side's session description. True when it named another place and the lock was opened. */
  expect(address: string, port: number): boolean {
    if (address === this.#describedAddress && port === this.#describedPort) return false;
    this.#describedAddress = address;
    this.#describedPort = port;
    this.address = address;
    this.port = port;
    this.#latched = false;
    return true;
  }

  /** May a packet from there pass? Locks on to it when nothing was locked. */
  admit(address: string, port: number, ssrc: number, sequence: number, nowMs: number): boolean {
    if (this.#latched && address === this.address && port === this.port) return this.#heard(ssrc, sequence, nowMs);
    if (this.#latched && !this.#mayReplace(address, port, ssrc, sequence, nowMs)) return false;
    this.#latched = true;
    this.#latchedAt = nowMs;
    this.address = address;
    this.port = port;
    return this.#heard(ssrc, sequence, nowMs);
  }

  /** Nobody may replace the source now: the kernel can be told to filter. */
  firm(nowMs: number): boolean {
    if (!this.#latched) return false;
    const asDescribed = this.address === this.#describedAddress && this.port === this.#describedPort;
    return asDescribed || nowMs - this.#latchedAt > PROBATION_MS;
  }

  #mayReplace(address: string, port: number, ssrc: number, sequence: number, nowMs: number): boolean {
    const described = address === this.#describedAddress && port === this.#describedPort;
    if (described && nowMs - this.#latchedAt <= PROBATION_MS) return true;
    const continues = ssrc === this.#ssrc && ((sequence - this.#sequence) & 0xffff) <= MAX_CONTINUATION;
    return continues && nowMs - this.#heardAt >= RELEARN_AFTER_MS;
  }

  #heard(ssrc: number, sequence: number, nowMs: number): true {
    this.#ssrc = ssrc;
    this.#sequence = sequence;
    this.#heardAt = nowMs;
    return true;
  }
}
