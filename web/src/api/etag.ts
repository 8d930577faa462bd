import { createPlugboard } from "../../../src/client/client.ts";
import type { PlugboardApi } from "./client.ts";

/** What the platform answered, and the ETag that a later write names in `If-Match`. */
export interface Tagged<T> {
  readonly value: T;
  readonly etag: string;
}

/** Asks the platform once, and keeps the ETag of the answer: the typed client returns bodies only. */
export async function withEtag<T>(account: string, ask: (api: PlugboardApi) => Promise<T>): Promise<Tagged<T>> {
  let etag = "";
  const request: typeof fetch = async (...parameters) => {
    const answer = await fetch(...parameters);
    etag = answer.headers.get("etag") ?? "";
    return answer;
  };
  const value = await ask(createPlugboard({ url: location.origin, account, fetch: request }));
  return { value, etag };
}
