import type { ConnectAnswer } from "../../core/contract/answer.ts";
import type { HttpRequest } from "../../core/contract/http.ts";
import type { HttpClientOutcome } from "../../edges/http-client/types.ts";
import type { KindVerdict } from "./url-kind.ts";

/** One request and what came of it. */
export interface Exchanged {
  /** The probe that asked. */
  readonly probe: string;
  readonly request: HttpRequest;
  readonly outcome: HttpClientOutcome;
  readonly elapsedMs: number;
  /** In the mode of the check. */
  readonly verdict: KindVerdict;
  /**
   * The most forgiving reading: lenient, and with Content-Type and a 2xx status overlooked. The check goes on by this one,
   * so that one mistake does not hide the others.
   */
  readonly forgiving: KindVerdict;
}

/** The Connect answer, as far as it can be read at all; null: it cannot, or it is another kind of URL. */
export function answerOf({ verdict, forgiving }: Exchanged): ConnectAnswer | null {
  return verdict.usable ? verdict.answer : forgiving.answer;
}

/** Whether anything can be made of the answer, be it not quite right. */
export function isReadable({ verdict, forgiving }: Exchanged): boolean {
  return verdict.usable || forgiving.usable;
}

/** What the answer comes to: equal for answers that have the same effect. */
export function effectOf({ verdict, forgiving }: Exchanged): string {
  return verdict.usable ? verdict.effect : forgiving.effect;
}
