import { setTimeout as pause } from "node:timers/promises";
import type { AccountApi } from "./account-api.ts";

/** An event of the feed (CloudEvents), with the fields commands need. */
export interface FollowedEvent {
  readonly id: string;
  readonly type: string;
  /** The call. */
  readonly subject?: string;
  readonly time: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** ms between attempts to reconnect to a platform that restarts. */
const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 10_000;

/**
 * Passes on the account's events after number `after` (null: from now on) until the platform refuses; the sentences say why.
 * A broken connection is resumed after the last event.
 */
export async function followEvents(
  api: AccountApi,
  after: string | null,
  onEvent: (event: FollowedEvent) => void,
): Promise<readonly string[]> {
  let cursor = after;
  for (let retryMs = FIRST_RETRY_MS, wasThere = false; ;) {
    const headers = { accept: "text/event-stream", ...(cursor !== null && { "last-event-id": cursor }) };
    const answer = await api.ask("/events", { headers });
    if (answer.ok) {
      [wasThere, retryMs] = [true, FIRST_RETRY_MS];
      for await (const { id, event } of framesOf(answer.value)) {
        if (event !== null) onEvent(event);
        cursor = id;
      }
    } else if (!wasThere || answer.error.status !== null) return answer.error.sentences;
    await pause(retryMs);
    retryMs = Math.min(retryMs * 2, LAST_RETRY_MS);
  }
}

/** One frame of the stream; `event` null: it only carries the cursor. */
interface Frame {
  readonly id: string;
  readonly event: FollowedEvent | null;
}

/** The frames of a stream that move the cursor; ends when the stream ends or breaks. */
async function* framesOf({ body }: Response): AsyncGenerator<Frame> {
  const decoder = new TextDecoder();
  let rest = "";
  try {
    for await (const chunk of body ?? []) {
      const frames = (rest + decoder.decode(chunk as Uint8Array, { stream: true })).split("\n\n");
      rest = frames.pop() ?? "";
      yield* frames.flatMap(frameOf);
    }
  } catch (error) {
    // fetch reports a broken connection this way; the caller makes a new one.
    if (!(error instanceof TypeError)) throw error;
  }
}

function frameOf(text: string): readonly Frame[] {
  const field = (name: string): string | undefined =>
    text
      .split("\n")
      .find((line) => line.startsWith(`${name}: `))
      ?.slice(name.length + 2);
  const [id, data] = [field("id"), field("data")];
  return id === undefined ? [] : [{ id, event: data === undefined ? null : (JSON.parse(data) as FollowedEvent) }];
}
