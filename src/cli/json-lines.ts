/** Yields the values of a JSON lines answer as they arrive. Ends when the answer ends or its connection breaks. */
export async function* jsonLines<T>({ body }: Response): AsyncGenerator<T> {
  const decoder = new TextDecoder();
  let rest = "";
  try {
    for await (const chunk of body ?? []) {
      const lines = (rest + decoder.decode(chunk as Uint8Array, { stream: true })).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) yield JSON.parse(line) as T;
    }
  } catch (error) {
    // This is how fetch reports a broken connection; the caller notices it by what is missing.
    if (!(error instanceof TypeError)) throw error;
  }
}
