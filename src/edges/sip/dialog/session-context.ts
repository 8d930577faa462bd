import type { SipRequest } from "../message/message.ts";
import type { Dialog } from "./dialog.ts";
import type { OfferAnswer } from "./offer-answer.ts";
import type { SessionTimer } from "./session-timer.ts";
import type { StackContext } from "./stack-context.ts";
import type { CallEnd, CallHandlers } from "./types.ts";

/** What the parts of a session share. */
export interface SessionContext {
  readonly stack: StackContext;
  readonly dialog: Dialog;
  readonly offers: OfferAnswer;
  readonly timer: SessionTimer;
  readonly handlers: CallHandlers;
  readonly ended: boolean;
  /** Our session description in force. */
  localSdp: string | null;
  /** CSeq of our last INVITE that got a 2xx. */
  acknowledged: number | null;
  readonly peerAllows: ReadonlySet<string>;
  /** Ends the session: sends a BYE if one is owed, and calls `onEnded`. */
  end(reason: CallEnd, by?: SipRequest | null): void;
}
