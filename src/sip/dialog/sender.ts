import type { SipRequest, SipResponse } from "../message/message.ts";
import { type Core, newBranch } from "./core.ts";
import type { Dialog, InDialogRequest } from "./dialog.ts";
import { withFlow } from "./route.ts";

/** How a request in a dialog ended. */
export type Outcome =
  | { readonly kind: "response"; readonly response: SipResponse }
  | { readonly kind: "silence"; readonly reason: string };

/** Sends a request other than INVITE and ACK in a dialog; digest challenges are answered (CSeq+1, new branch). */
export function sendInDialog(
  core: Core,
  dialog: Dialog,
  parts: InDialogRequest,
  done: (outcome: Outcome) => void,
): void {
  const request = dialog.request(parts);
  addHeaders(request, dialog.digest?.authorize(request) ?? []);
  send(core, dialog, parts, request, done);
}

/** The credentials for trying a refused request again; null: it was no challenge, or there is no point in it. */
export function proofFor(
  digest: Dialog["digest"],
  request: SipRequest,
  response: SipResponse,
): readonly (readonly [string, string])[] | null {
  if (digest === null || (response.status !== 401 && response.status !== 407)) return null;
  return digest.retry(request, response);
}

/** Adds header fields behind those that are there. */
export function addHeaders(request: SipRequest, headers: readonly (readonly [string, string])[]): void {
  for (const [name, value] of headers) request.headers.add(name, value);
}

function send(
  core: Core,
  dialog: Dialog,
  parts: InDialogRequest,
  request: SipRequest,
  done: (outcome: Outcome) => void,
): void {
  const onFinal = (response: SipResponse): void => {
    const proof = proofFor(dialog.digest, request, response);
    if (proof === null) {
      done({ kind: "response", response });
      return;
    }
    const again = dialog.request(parts);
    addHeaders(again, proof);
    send(core, dialog, parts, again, done);
  };
  const onNoResponse = (reason: string): void => done({ kind: "silence", reason });
  withFlow(core, dialog, (flow) => {
    core.transactions.request(request, newBranch(core), flow, { onFinal, onNoResponse });
  });
}
