import { sleep } from "./wait.ts";

/** An event in its envelope. */
export interface ConsumedEvent {
  readonly id: string;
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Follows an account's events as a customer's program does: its cursor is the last event it has handled. */
export interface FeedConsumer {
  /** Events in the order received. */
  readonly events: readonly ConsumedEvent[];
  stop(): Promise<void>;
}

/** Follows from the first event on, and comes back with its cursor whenever the connection breaks or nothing answers. */
export function consumeFeed(url: string, headers: Readonly<Record<string, string>> = {}): FeedConsumer {
  const events: ConsumedEvent[] = [];
  const stop = new AbortController();
  const follow = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      try {
        const cursor = { "last-event-id": events.at(-1)?.id ?? "0" };
        await readFrames(await fetch(url, { headers: { ...headers, ...cursor }, signal: stop.signal }), events);
      } catch {
        await sleep(50); // killed, or starting: come back with the cursor
      }
    }
  };
  const done = follow();
  return {
    events,
    stop: async () => {
      stop.abort();
      await done;
    },
  };
}

async function readFrames({ body }: Response, events: ConsumedEvent[]): Promise<void> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of body ?? []) {
    const frames = (rest + decoder.decode(chunk as Uint8Array, { stream: true })).split("\n\n");
    rest = frames.pop() ?? "";
    for (const frame of frames) {
      const data = frame.split("\ndata: ")[1];
      if (data !== undefined) events.push(JSON.parse(data) as ConsumedEvent);
    }
  }
}
