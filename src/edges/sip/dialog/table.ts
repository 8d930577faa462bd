import { callId, from, type SipRequest, type SipResponse, to } from "../message/message.ts";
import type { IncomingTransaction } from "../transaction/layer.ts";

/** What identifies a dialog (RFC 3261 12). */
interface DialogIds {
  readonly callId: string;
  readonly localTag: string;
  readonly remoteTag: string;
}

/** The owner of a dialog: an early leg of a dial, a ringing INVITE, or a call. */
export interface DialogUser {
  readonly kind: "call" | "ringing_in" | "ringing_out";
  readonly dialog: DialogIds;
  /** Any request in the dialog except ACK and CANCEL; it must be answered. */
  onRequest(incoming: IncomingTransaction): void;
  /** An ACK to a 2xx. */
  onAck(request: SipRequest): void;
  /** A 2xx to an INVITE of ours whose transaction ended long ago. */
  onStraySuccess(response: SipResponse): void;
  /** Stops every timer and reports nothing: the endpoint is stopping, and another process may take the dialog over. */
  suspend(): void;
}

/** All dialogs by Call-ID and both tags (RFC 3261 12): never by where a message came from. */
export class DialogTable {
  readonly #users = new Map<string, DialogUser>();

  count(kind: DialogUser["kind"]): number {
    let count = 0;
    for (const user of this.#users.values()) if (user.kind === kind) count++;
    return count;
  }

  suspendAll(): void {
    for (const user of this.#users.values()) user.suspend();
    this.#users.clear();
  }

  /** Hands a dialog to its first or next user. */
  put(user: DialogUser): void {
    const { dialog } = user;
    this.#users.set(keyOf(dialog.callId, dialog.localTag, dialog.remoteTag), user);
  }

  /** Forgets the dialog if that user still has it. */
  drop(user: DialogUser): void {
    const { dialog } = user;
    const key = keyOf(dialog.callId, dialog.localTag, dialog.remoteTag);
    if (this.#users.get(key) === user) this.#users.delete(key);
  }

  /** The owner of the dialog with these ids. */
  of(callId: string, localTag: string, remoteTag: string): DialogUser | undefined {
    return this.#users.get(keyOf(callId, localTag, remoteTag));
  }

  /** The dialog a request belongs to: its To tag is ours. */
  ofRequest(request: SipRequest): DialogUser | undefined {
    return this.of(callId(request), to(request).tag ?? "", from(request).tag ?? "");
  }

  /** The dialog a response belongs to: its From tag is ours. */
  ofResponse(response: SipResponse): DialogUser | undefined {
    return this.of(callId(response), from(response).tag ?? "", to(response).tag ?? "");
  }
}

function keyOf(callId: string, localTag: string, remoteTag: string): string {
  return `${localTag} ${remoteTag} ${callId}`;
}
