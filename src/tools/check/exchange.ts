import type { ConnectAnswer } from "../../core/contract/answer.ts";
import type { HttpRequest } from "../../core/contract/http.ts";
import type { HttpClientOutcome } from "../../edges/http-client/types.ts";
import type { KindVerdict } from "./url-kind.ts";

/** One request and its outcome. */
export interface Exchanged {
  /** The probe that asked. */
  readonly probe: string;
  readonly request: HttpRequest;
  readonly outcome: HttpClientOutcome;
  readonly elapsedMs: number;
  /** The verdict in the mode of the check. */
  readonly verdict: KindVerdict;
  /**
   * The most forgiving reading: lenient, ignoring Content-Type and a 2xx status. The check continues with this one, so
   * that one mistake does not hide the others.
   */
  readonly forgiving: KindVerdict;
}

/** The Connect answer, as far as it can be read; null if it cannot, or if it is another kind of URL. */
export function answerOf({ verdict, forgiving }: Exchanged): ConnectAnswer | null {
  return verdict.usable ? verdict.answer : forgiving.answer;
}

/** Whether the answer can be read, even if it is not quite right. */
export function isReadable({ verdict, forgiving }: Exchanged): boolean {
  return verdict.usable || forgiving.usable;
}

/** The effect of the answer: equal for answers with the same effect. */
export function effectOf({ verdict, forgiving }: Exchanged): string {
  return verdict.usable ? verdict.effect : forgiving.effect;
}
