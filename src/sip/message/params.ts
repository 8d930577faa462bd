/** One parameter as it stood on the wire: `value` is null for a flag, and keeps its quotes when it was quoted. */
export interface Param {
  readonly name: string;
  readonly value: string | null;
}

/** An ordered, immutable list of `;name=value` parameters with case-insensitive names. */
export declare class Params {
  static readonly none: Params;
  constructor(list: readonly Param[]);
  readonly list: readonly Param[];
  /** The value without its quotes; "" for a flag without value; undefined when absent. */
  get(name: string): string | undefined;
  has(name: string): boolean;
  /** A copy in which `name` has `value` (null: a flag), in its old place or at the end. */
  with(name: string, value: string | null): Params;
  without(name: string): Params;
  /** `;a=b;c`, or "" when empty. */
  toString(): string;
}
