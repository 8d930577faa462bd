import type { z } from "zod";
import type { ValidationMode } from "../contract/fields.ts";
import type { Finding } from "../contract/finding.ts";
import type { FixedPrompt } from "./effects.ts";
import type { AppletEvent } from "./events.ts";
import type { CallEnding } from "./record.ts";
import type { ExampleScript, ExampleScriptPlan } from "./example-script.ts";
import type { AppletDocument, GroupSizes } from "./setup.ts";
import type { StepContext } from "./step-context.ts";

export type { AppletEvent } from "./events.ts";
export type { CallEnding } from "./record.ts";

/** One way out of an applet. */
export interface AppletExit {
  /** As the flow document and the trace name it: `conversation_ended`, `keys.1`, `next`. */
  readonly name: string;
  /** For people: "after the conversation ends". */
  readonly label: string;
  /** Id of the next applet; null: none, the call is hung up (EXIT-5). */
  readonly target: string | null;
  /** Its path in the document, for problems: `["exits", "nobody_answered"]`. */
  readonly path: readonly string[];
  /** Reaching this exit takes the caller or the network some time: a cycle through it is not a busy loop (APP-9). */
  readonly waits: boolean;
  /** How long the caller may have heard nothing when this exit is taken. */
  readonly silence: ExitSilence;
  /** May be left empty without a warning, because there is a default. */
  readonly optional: boolean;
  /** APP-5: a case may have been selected here, an earlier selection is dropped, or one is needed to take this exit. */
  readonly selection?: "given" | "dropped" | "needed";
}

/** The longest silence before an exit, in ms, for the two ways to reach it. Both null: the exit is never taken. */
export interface ExitSilence {
  /** Since this applet last played something, or the caller entered a digit. Null: that never happens before this exit. */
  readonly afterSound: number | null;
  /** How long the applet took without any sound, added to the silence before it. Null: it always makes a sound. */
  readonly throughout: number | null;
}

/** The caller has just heard something, or entered a digit. */
export const NO_SILENCE: ExitSilence = { afterSound: 0, throughout: null };

/** With this document the exit is never taken. */
export const NEVER_TAKEN: ExitSilence = { afterSound: null, throughout: null };

/** The applet decides at once and makes no sound. */
export const AT_ONCE: ExitSilence = { afterSound: null, throughout: 0 };

/**
 * What an applet reports when the call ends while it runs: the exit that describes how far it came. `taken`: the exit
 * counts as taken although the flow does not go on (EXIT-2). A Passthru directly after it is notified once (DIAL-11).
 */
export interface ClosingExit {
  readonly exit: string;
  readonly taken: boolean;
  readonly rule: string;
}

/** How long an applet can let a caller wait, at worst, in milliseconds; for verifying the flow. */
export interface AppletTimes {
  /** Longest time destinations may ring, one round after the other. */
  readonly ringMs: number;
  /** Longest time from its start until the caller hears something (or enters a digit), or the applet is left. */
  readonly silenceMs: number;
  /** Why it can ring that long, one sentence. */
  readonly ringsBecause: string;
  /** Why it can be silent that long, one sentence. */
  readonly silentBecause: string;
}

/** The times of applets that only deal with the caller. */
export const DIALS_NOBODY = { ringMs: 0, ringsBecause: "It dials nobody." } as const;

/** One field of an applet's form in the flow builder. `path` is the key in the document, with dots for depth. */
export interface FormField {
  readonly path: string;
  readonly label: string;
  readonly help: string;
  readonly input: FieldInput;
  readonly required: boolean;
  /** Heading under which the field stands; absent: at the top. */
  readonly section?: string;
  /** Ids of the form's modes in which the field counts; absent: all. */
  readonly modes?: readonly string[];
  /** Only while another field has this value. */
  readonly onlyIf?: { readonly path: string; readonly is: string | boolean };
}

/** What a URL is for, as `plugboard check --as` names it. */
export type UrlPurpose = "connect" | "dial-whom" | "gather" | "passthru" | "greeting" | "event";

/** How a field is filled in. */
export type FieldInput =
  | { readonly kind: "text" | "long_text" | "numbers" | "hours" | "applet" | "boolean" | "say" | "group" | "exophone" }
  /** `use` absent: what is there is played, not asked. */
  | { readonly kind: "url"; readonly use?: UrlPurpose }
  /** An exit for each key; `keys` absent: any text. */
  | { readonly kind: "keys"; readonly keys?: readonly string[] }
  | {
      readonly kind: "number";
      readonly min: number;
      readonly max: number;
      readonly unit: string;
      readonly default: number;
    }
  | {
      readonly kind: "choice";
      readonly options: readonly { readonly value: string; readonly label: string }[];
      /** Taken when nothing is chosen; absent: the first option. */
      readonly default?: string;
    };

/** One of several ways to fill in a form, of which exactly one applies. */
export interface FormMode {
  readonly id: string;
  readonly label: string;
  /** The path that a document in this mode has, and none in another mode. */
  readonly needs: string;
  /** What stands there when the mode is chosen. */
  readonly start: unknown;
}

/** How the builder presents an exit. */
export interface ExitWords {
  readonly title: string;
  readonly help?: string;
  /** EXIT-4: the exit that is taken instead if this one has no applet. */
  readonly fallsBackTo?: string;
}

/** What the flow builder shows for an applet, as data. */
export interface AppletForm {
  readonly title: string;
  /** One sentence for the palette. */
  readonly summary: string;
  readonly fields: readonly FormField[];
  /** Ordered: the first whose `needs` the document has applies. Absent: there is one way only. */
  readonly modes?: readonly FormMode[];
  /** Words for exits by name, where those of `exits` are not enough. */
  readonly exits?: Readonly<Record<string, ExitWords>>;
  /** A valid document to start from, without targets. */
  readonly sample: AppletDocument;
}

/** The mode in which a Primary and a Fallback URL decide. */
export const URL_MODE: FormMode = {
  id: "url",
  label: "A URL of yours decides",
  needs: "url",
  start: { primary: "" },
};

/** The form of an applet that a Primary and a Fallback URL decide. */
export function dynamicUrlFields(use: UrlPurpose, wanted: string, exitWithout: string): readonly FormField[] {
  return [
    {
      path: "url.primary",
      label: "Primary URL",
      help: `Asked with the details of the call; must answer within 5 seconds with ${wanted}.`,
      input: { kind: "url", use },
      required: true,
      modes: [URL_MODE.id],
    },
    {
      path: "url.fallback",
      label: "Fallback URL",
      help: `Asked when the Primary cannot be used. If neither can, the call goes on at “${exitWithout}”.`,
      input: { kind: "url", use },
      required: false,
      modes: [URL_MODE.id],
    },
  ];
}

/**
 * One kind of applet: everything that flow, engine, builder and documentation need to know about it. A new kind
 * is a new folder with one of these and one line in the registry. `S` is its state: a plain JSON value, never `undefined`.
 *
 * The engine calls `enter` once, then `on` for each event, until the applet calls `context.leave`. The engine then closes
 * whatever it left open (timers, playbacks, fetches, legs). Functions are pure except for what they do through `context`.
 */
export interface AppletKind<D extends AppletDocument = AppletDocument, S = unknown> {
  readonly type: string;
  readonly schema: z.ZodType<D>;
  /** The call must have been answered before this applet can do anything. */
  readonly needsCaller: boolean;
  /** It dials: the next applet's requests carry `DialCallStatus` (REQ-24). */
  readonly dials: boolean;
  readonly form: AppletForm;
  /** File of the documentation page in the applet's own folder. */
  readonly docs: string;
  exits(document: D): readonly AppletExit[];
  /** Without `groups` the account is not known. */
  times(document: D, groups?: GroupSizes | null): AppletTimes;
  /**
   * What the contract says about an answer written into the document, and about a group that the account does not have;
   * anything else that depends on the account is left out. Without `groups` the account is not known. Paths count from
   * the applet.
   */
  review?(document: D, mode: ValidationMode, groups?: GroupSizes | null): readonly Finding[];
  /** Texts and files that it plays no matter what its URLs answer; `language` (BCP 47) is the account's. */
  prompts(document: D, language: string): readonly FixedPrompt[];
  /** Null: this document alone cannot lead to that target. */
  exampleScript(document: D, plan: ExampleScriptPlan): ExampleScript | null;
  enter(context: StepContext, document: D): S;
  on(context: StepContext, document: D, state: S, event: AppletEvent): S;
  /** The call ends while this applet runs: it ends its attempts, conversations and events. */
  close(context: StepContext, document: D, state: S, ending: CallEnding): ClosingExit | null;
  /** Passthru only: sends its request although the flow does not wait for an answer (DIAL-11). */
  notifyOnly?(context: StepContext, document: D): void;
}

/**
 * Erases the types of one kind's document and state, so that the registry can hold all kinds. Sound because the
 * engine passes a kind only documents that its own schema accepted and states that it returned itself.
 */
export function defineApplet<D extends AppletDocument, S>(kind: AppletKind<D, S>): AppletKind {
  return kind;
}
