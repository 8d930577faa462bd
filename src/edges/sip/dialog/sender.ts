import type { SipRequest, SipResponse } from "../message/message.ts";
import { type StackContext, newBranch } from "./stack-context.ts";
import type { Dialog, InDialogRequest } from "./dialog.ts";
import { withFlow } from "./route.ts";

/** How a request in a dialog ended. */
export type InDialogOutcome =
  | { readonly kind: "response"; readonly response: SipResponse }
  | { readonly kind: "silence"; readonly reason: string };

/** Tries of one request: each proxy of a chain may challenge it, but one that keeps refusing must not keep us busy. */
const MOST_TRIES = 6;

/** Sends a request other than INVITE and ACK in a dialog; digest challenges are answered (CSeq+1, new branch). */
export function sendInDialog(
  stack: StackContext,
  dialog: Dialog,
  parts: InDialogRequest,
  done: (outcome: InDialogOutcome) => void,
): void {
  const request = dialog.request(parts);
  addHeaders(request, dialog.digest?.authorize(request) ?? []);
  send(stack, dialog, parts, request, done, 1);
}

/** The credentials for trying a refused request again; null if it was not a challenge, or trying again is pointless. */
export function retryCredentials(
  digest: Dialog["digest"],
  request: SipRequest,
  response: SipResponse,
): readonly (readonly [string, string])[] | null {
  if (digest === null || (response.status !== 401 && response.status !== 407)) return null;
  return digest.retry(request, response);
}

/** Adds header fields after the existing ones. */
export function addHeaders(request: SipRequest, headers: readonly (readonly [string, string])[]): void {
  for (const [name, value] of headers) request.headers.add(name, value);
}

function send(
  stack: StackContext,
  dialog: Dialog,
  parts: InDialogRequest,
  request: SipRequest,
  done: (outcome: InDialogOutcome) => void,
  tries: number,
): void {
  const onFinal = (response: SipResponse): void => {
    const credentials = tries < MOST_TRIES ? retryCredentials(dialog.digest, request, response) : null;
    if (credentials === null) {
      done({ kind: "response", response });
      return;
    }
    const again = dialog.request(parts);
    addHeaders(again, credentials);
    send(stack, dialog, parts, again, done, tries + 1);
  };
  const onNoResponse = (reason: string): void => done({ kind: "silence", reason });
  withFlow(stack, dialog, (flow) => {
    stack.transactions.request(request, newBranch(stack), flow, { onFinal, onNoResponse });
  });
}
