import type { z } from "zod";
import type { ValidationMode } from "../contract/fields.ts";
import type { Finding } from "../contract/finding.ts";
import type { AppletEvent } from "./events.ts";
import type { CallEnding } from "./record.ts";
import type { ExampleScript, ExampleScriptPlan } from "./example-script.ts";
import type { AppletDocument } from "./setup.ts";
import type { StepContext } from "./step-context.ts";

export type { AppletEvent } from "./events.ts";
export type { CallEnding } from "./record.ts";

/** One way out of an applet. */
export interface AppletExit {
  /** As the flow document and the trace name it: `conversation_ended`, `keys.1`, `next`. */
  readonly name: string;
  /** For people: "after the conversation ends". */
  readonly label: string;
  /** Id of the applet behind it; null: none, the call is hung up (EXIT-5). */
  readonly target: string | null;
  /** Where the document says it, for problems: `["exits", "nobody_answered"]`. */
  readonly path: readonly string[];
  /** Reaching this exit took the caller or the network some time: a cycle through it does not spin (APP-9). */
  readonly waits: boolean;
  /** How long the caller may have heard nothing when the flow goes on here. */
  readonly silence: ExitSilence;
  /** Its emptiness is what a reader expects (a default exists), so nobody is warned about it. */
  readonly optional: boolean;
  /** APP-5: here a case may have been selected, or one selected before is taken back, or one is needed to come here. */
  readonly selection?: "given" | "dropped" | "needed";
}

/** The longest silence behind the caller at an exit, in ms, for the two ways there. Both null: the exit is never taken. */
export interface ExitSilence {
  /** Since the caller last heard something of this applet, or pressed a key. Null: he always comes here without. */
  readonly afterSound: number | null;
  /** How long an applet took that made no sound at all: what was endured before counts on. Null: it always makes one. */
  readonly throughout: number | null;
}

/** The caller has just heard something, or pressed a key. */
export const HEARD: ExitSilence = { afterSound: 0, throughout: null };

/** With this document nobody comes to that exit. */
export const NEVER_TAKEN: ExitSilence = { afterSound: null, throughout: null };

/** The applet decides without time or sound. */
export const AT_ONCE: ExitSilence = { afterSound: null, throughout: 0 };

/**
 * What an applet says when the call ends under it: the exit that describes how far it came. `taken`: the exit counts
 * as taken although nobody is left to walk on (EXIT-2). A Passthru directly behind it is told once (DIAL-11).
 */
export interface ClosingExit {
  readonly exit: string;
  readonly taken: boolean;
  readonly rule: string;
}

/** How long an applet can let a caller wait, at worst; milliseconds. For the flow's proofs. */
export interface AppletTimes {
  /** Longest time destinations may ring, one round after the other. */
  readonly ringMs: number;
  /** Longest time from its beginning until the caller hears something (or presses a key), or the applet is left. */
  readonly silenceMs: number;
  /** What makes it ring so long, one sentence. */
  readonly ringsBecause: string;
  /** What makes it silent so long, one sentence. */
  readonly silentBecause: string;
}

/** Of applets that only talk to the caller. */
export const DIALS_NOBODY = { ringMs: 0, ringsBecause: "It dials nobody." } as const;

/** One field of an applet's form in the builder. `path` is the key in the document, dots for depth. */
export interface FormField {
  readonly path: string;
  readonly label: string;
  readonly help: string;
  readonly input:
    | {
        readonly kind:
          | "text"
          | "long_text"
          | "url"
          | "numbers"
          | "keys"
          | "hours"
          | "applet"
          | "boolean"
          | "say"
          | "json";
      }
    | {
        readonly kind: "number";
        readonly min: number;
        readonly max: number;
        readonly unit: string;
        readonly default: number;
      }
    | { readonly kind: "choice"; readonly options: readonly { readonly value: string; readonly label: string }[] };
  readonly required: boolean;
}

/** What the builder draws for an applet, as data. */
export interface AppletForm {
  readonly title: string;
  /** One sentence for the palette. */
  readonly summary: string;
  readonly fields: readonly FormField[];
  /** A valid document to start from, without targets. */
  readonly sample: AppletDocument;
}

/**
 * One kind of applet: everything the flow, the engine, the builder and the documentation need to know of it. A new kind
 * is a new folder with one of these and one line in the registry. `S` is its state: a plain JSON value, never `undefined`.
 *
 * The engine calls `enter` once, then `on` for each event, until the applet calls `turn.leave`. Whatever it left open
 * (timers, playbacks, fetches, legs) the engine then closes. Functions are pure but for what they ask of `turn`.
 */
export interface AppletKind<D extends AppletDocument = AppletDocument, S = unknown> {
  readonly type: string;
  readonly schema: z.ZodType<D>;
  /** The caller must have been answered before this applet can do anything. */
  readonly needsCaller: boolean;
  /** It dials: the next applet's requests carry `DialCallStatus` (REQ-24). */
  readonly dials: boolean;
  readonly form: AppletForm;
  /** File of the documentation page in the applet's own folder. */
  readonly docs: string;
  exits(document: D): readonly AppletExit[];
  times(document: D): AppletTimes;
  /** What the contract says of an answer that stands in the document instead of coming from a URL, whatever the account. */
  review?(document: D, mode: ValidationMode): readonly Finding[];
  /** Null: that target cannot be had with this document alone. */
  exampleScript(document: D, plan: ExampleScriptPlan): ExampleScript | null;
  enter(context: StepContext, document: D): S;
  on(context: StepContext, document: D, state: S, event: AppletEvent): S;
  /** The call ends while this applet runs: bring its own things to an end (attempts, conversations, events). */
  close(context: StepContext, document: D, state: S, ending: CallEnding): ClosingExit | null;
  /** Passthru alone: tell the URL although nobody waits for an answer (DIAL-11). */
  notifyOnly?(context: StepContext, document: D): void;
}

/**
 * Forgets the types of one kind's document and state, so that the registry can hold all of them. Sound because the
 * engine hands a kind only documents its own schema accepted and states it returned itself.
 */
export function defineApplet<D extends AppletDocument, S>(kind: AppletKind<D, S>): AppletKind {
  return kind;
}
