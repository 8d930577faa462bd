import type { Result } from "../../base/result.ts";
import type { QueuedTask } from "../http-client/fair-queue.ts";
import type { Downloaded, DownloadProgress, HttpClientOutcome } from "../http-client/types.ts";
import type { Clip } from "./audio-cache.ts";
import type { SourceFormat } from "./decode/identify.ts";
import { sourceFormat } from "./decode/identify.ts";

/** The copy that a 304 refers to. */
interface KnownFile {
  readonly answer: HttpClientOutcome;
  readonly format: SourceFormat | null;
}

/** One download that is waiting or running, for everyone interested in its result. */
export class WebDownload {
  readonly task: QueuedTask;
  /** What is finally played, or why there is nothing. */
  readonly clip: Promise<Result<Clip, string>>;
  readonly #answer = Promise.withResolvers<HttpClientOutcome>();
  readonly #format = Promise.withResolvers<SourceFormat | null>();

  constructor(task: QueuedTask, start: (own: WebDownload) => Promise<Result<Clip, string>>) {
    this.task = task;
    this.clip = start(this);
    // A download that was never started has no answer either.
    void this.clip.then((made) => {
      const detail = made.ok ? "There is no answer." : `The file ${made.error}.`;
      this.#answer.resolve({ ok: false, reason: "refused", detail });
      this.#format.resolve(null);
    });
  }

  /** The server's answer, as soon as its headers have arrived. Never rejects. */
  get answer(): Promise<HttpClientOutcome> {
    return this.#answer.promise;
  }

  /** The file's format, as soon as its beginning has arrived; null if it is not known. Never rejects. */
  get format(): Promise<SourceFormat | null> {
    return this.#format.promise;
  }

  /** Follows the download. `known`: the copy that the server may say is still valid. */
  watch(known: KnownFile | null): (progress: DownloadProgress) => void {
    return ({ status, contentType, beginning }) => {
      const unchanged = status === 304 && known !== null;
      this.#answer.resolve(unchanged ? known.answer : { ok: true, status, contentType, body: "" });
      if (unchanged) this.#format.resolve(known.format);
      else if (status !== 200) this.#format.resolve(null);
      else if (beginning !== null) this.#format.resolve(sourceFormat(beginning, false));
    };
  }

  /** The last byte has arrived, or never will. */
  ended(got: Downloaded): void {
    this.#answer.resolve(got.ok ? { ok: true, status: got.status, contentType: got.contentType, body: "" } : got);
    this.#format.resolve(got.ok && got.status === 200 ? sourceFormat(got.body, true) : null);
  }
}
