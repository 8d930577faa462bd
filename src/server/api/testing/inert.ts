/** A call on an inert object: the path of properties, and the arguments. */
export interface InertCall {
  readonly path: string;
  readonly args: readonly unknown[];
}

/**
 * Stands for a part that a test of routes needs to exist but not to work: every property is another inert object, every call
 * returns one and is reported to `note`. It is truthy, has no elements, and is 0 as a number.
 */
export function inert(path: string, note: (call: InertCall) => void): never {
  const nothing: readonly never[] = [];
  const known: Readonly<Record<PropertyKey, unknown>> = {
    [Symbol.iterator]: () => nothing[Symbol.iterator](),
    [Symbol.toPrimitive]: () => 0,
    toJSON: () => path,
  };
  return new Proxy(() => undefined, {
    get: (_, name) => {
      // Otherwise awaiting it would never end.
      if (name === "then") return undefined;
      return Object.hasOwn(known, name) ? known[name] : inert(`${path}.${String(name)}`, note);
    },
    apply: (_, __, args: unknown[]) => {
      note({ path, args });
      return inert(`${path}()`, note);
    },
    ownKeys: () => [],
  }) as never;
}
