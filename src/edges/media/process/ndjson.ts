import { MAX_LINE_BYTES } from "./protocol.ts";

/** Cuts a byte stream into lines. Throws when a line outgrows {@link MAX_LINE_BYTES}; the connection is then useless. */
export class LineReader {
  #rest = "";

  /** `text` is what came now (decoded; a stream decoder keeps split characters together); returns the complete lines. */
  push(text: string): string[] {
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop() ?? "";
    if (this.#rest.length > MAX_LINE_BYTES) throw new Error(`a line of more than ${MAX_LINE_BYTES} bytes`);
    return lines;
  }
}

/** Collects lines, so that many messages cost one system call and one waking of the other process. */
export class LineWriter {
  #pending: string[] = [];
  #flushing = false;
  readonly #write: (text: string) => void;

  constructor(write: (text: string) => void) {
    this.#write = write;
  }

  /**
   * Goes out at the end of this turn of the event loop, with everything that waits, and behind whatever else is sent in the
   * step that is under way: waking the other process costs as much as asking a customer's URL, which is waited for longer.
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

  /** Goes out with the next `flush`; true when it is the first that waits for one. */
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
