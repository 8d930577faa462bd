import { MAX_LINE_BYTES } from "./protocol.ts";

/** Splits a byte stream into lines. Throws when a line exceeds {@link MAX_LINE_BYTES}; the connection is then useless. */
export class LineReader {
  #incomplete = "";

  /** Takes the next piece of decoded text (a stream decoder keeps split characters together); returns the complete lines. */
  push(text: string): string[] {
    const lines = (this.#incomplete + text).split("\n");
    this.#incomplete = lines.pop() ?? "";
    if (this.#incomplete.length > MAX_LINE_BYTES) throw new Error(`a line of more than ${MAX_LINE_BYTES} bytes`);
    return lines;
  }
}

/** Collects lines, so that many messages cost one system call and wake the other process once. */
export class LineWriter {
  #pending: string[] = [];
  #flushing = false;
  readonly #write: (text: string) => void;

  constructor(write: (text: string) => void) {
    this.#write = write;
  }

  /**
   * Sent at the end of this turn of the event loop, with everything that is waiting, and after whatever else the
   * current step sends: waking the other process costs as much as a request to a customer's URL, and that takes longer
   * to be answered.
   */
  send(message: object): void {
    this.push(message);
    if (this.#flushing) return;
    this.#flushing = true;
    queueMicrotask(() =>
      setImmediate(() => {
        this.#flushing = false;
        this.flush();
      }),
    );
  }

  /** Sent with the next `flush`; true if it is the first that waits for one. */
  push(message: object): boolean {
    return this.#pending.push(JSON.stringify(message)) === 1;
  }

  flush(): void {
    if (this.#pending.length === 0) return;
    const text = `${this.#pending.join("\n")}\n`;
    this.#pending = [];
    this.#write(text);
  }
}
