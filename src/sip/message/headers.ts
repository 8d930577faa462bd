/** The ordered header fields of one message. Names compare without case; compact forms and long forms are the same. */
export declare class Headers {
  constructor(entries?: Iterable<readonly [string, string]>);
  /** The first raw value, unfolded and trimmed. */
  get(name: string): string | undefined;
  has(name: string): boolean;
  /** Every raw value in order; comma lists are split where the header's grammar is a list (Via, Route, Contact, Supported…). */
  all(name: string): readonly string[];
  /** Replaces all fields of that name by one, in the place of the first. */
  set(name: string, value: string): void;
  /** Appends behind the last field of that name, or at the end. */
  add(name: string, value: string): void;
  /** Puts a field before every other of that name (or at the front): for Via and Record-Route. */
  prepend(name: string, value: string): void;
  remove(name: string): void;
  /** Removes the first *element* (not the line) of a list header: for taking off one's own Via or Route. */
  removeFirst(name: string): void;
  /** Raw `[name, value]` in order, as received. */
  entries(): Iterable<readonly [string, string]>;
  clone(): Headers;
}
