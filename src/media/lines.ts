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

/** Collects lines and hands them over once per turn of the event loop, so that many messages cost one system call. */
export class LineWriter {
  #pending: string[] = [];
  readonly #write: (text: string) => void;

  constructor(write: (text: string) => void) {
    this.#write = write;
  }

  send(message: object): void {
    if (this.#pending.length === 0) setImmediate(() => this.flush());
    this.#pending.push(JSON.stringify(message));
  }

  flush(): void {
    if (this.#pending.length === 0) return;
    const text = `${this.#pending.join("\n")}\n`;
    this.#pending = [];
    this.#write(text);
  }
}
