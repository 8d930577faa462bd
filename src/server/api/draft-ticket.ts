import type { Clock } from "../../base/clock.ts";
import type { FlowPlace } from "../configuration/flow-edits.ts";
import type { Access } from "./access.ts";

/** What was tested: one draft against one published version. */
export interface TestedDraft extends FlowPlace {
  /** Revision of the draft. */
  readonly draft: number;
  /** Number of the published version; null if there was none. */
  readonly published: number | null;
}

/** ms. Long enough for a person to read the result of the test, and what callers do changes slowly. */
export const TICKET_LIFE_MS = 3_600_000;

/**
 * Tickets prove that a draft has passed its test, to whichever process of the platform is to publish it. They are signed with the
 * platform's secret, and give no access by themselves.
 */
export class DraftTickets {
  readonly #access: Pick<Access, "sign" | "isSigned">;
  readonly #clock: Clock;

  constructor(access: Pick<Access, "sign" | "isSigned">, clock: Clock) {
    this.#access = access;
    this.#clock = clock;
  }

  issue(tested: TestedDraft): string {
    const until = this.#clock.now() + TICKET_LIFE_MS;
    return `${tested.draft}.${tested.published ?? ""}.${until}.${this.#access.sign(partsOf(tested, until))}`;
  }

  /** What was tested, according to a ticket of this flow; null if it is forged, expired, or another flow's. */
  read(place: FlowPlace, ticket: string): TestedDraft | null {
    const [, draft, published, until, signature] =
      /^(\d{1,15})\.(\d{0,9})\.(\d{1,15})\.([0-9a-f]+)$/.exec(ticket) ?? [];
    if (signature === undefined || Number(until) < this.#clock.now()) return null;
    const tested = { ...place, draft: Number(draft), published: published === "" ? null : Number(published) };
    return this.#access.isSigned(partsOf(tested, Number(until)), signature) ? tested : null;
  }
}

function partsOf({ account, flow, draft, published }: TestedDraft, until: number): readonly string[] {
  return ["tested draft", account, flow, String(draft), String(published), String(until)];
}
