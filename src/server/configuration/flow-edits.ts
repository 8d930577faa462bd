import { err, ok } from "../../base/result.ts";
import type { GroupSizes } from "../../core/call/setup.ts";
import { readFlow } from "../../core/flow/flow.ts";
import { verifyFlow } from "../../core/flow/verify.ts";
import type { FlowDraftRow } from "../../edges/store/configuration-table.ts";
import type { Configuration, EditOf, FlowCheckFinding } from "./configuration.ts";
import type { WriteCondition } from "./resource-edits.ts";
import { conditionProblem, removeResource, restoredDocument, unknownAccount, wantedFrom } from "./resource-edits.ts";
import type { Resource, ResourceDocument } from "./resources.ts";
import { keyOf } from "./resources.ts";
import { objectOf } from "./stored-resource.ts";

/** Which flow of which account. */
export interface FlowPlace {
  readonly account: string;
  readonly flow: string;
}

/** REQ-20. */
const FLOW_ID = /^[0-9]{1,20}$/;

/** The static verification of a document: errors that keep it from being published, and warnings. */
export function checkFlow(document: ResourceDocument, groups: GroupSizes | null): readonly FlowCheckFinding[] {
  const { problems, playable } = readFlow(document);
  const errors = problems.map(
    ({ rule, path, message }) => ({ level: "error", rule, path: path.join("."), message }) as const,
  );
  if (errors.length > 0 || playable === null) return errors;
  return verifyFlow(playable, groups).warnings.map(({ rule, path, message }) => {
    return { level: "warning", rule, path: path.join("."), message } as const;
  });
}

/** Changes of flows, each computed from the newest state. */
export class FlowEdits {
  readonly #configuration: Configuration;

  constructor(configuration: Configuration) {
    this.#configuration = configuration;
  }

  published({ account, flow }: FlowPlace): Resource | undefined {
    return this.#configuration.state.resources.get(keyOf({ account, kind: "flow", name: flow }));
  }

  /** A state of a flow: `published`, `draft`, or the number of a version. Null: there is none. */
  async document({ account, flow }: FlowPlace, which: string): Promise<ResourceDocument | null> {
    const { table } = this.#configuration;
    if (which === "published") return this.published({ account, flow })?.document ?? null;
    if (which === "draft") return objectOf((await table.draft(account, flow))?.body ?? "");
    if (!/^[1-9]\d{0,8}$/.test(which)) return null;
    return objectOf((await table.version(account, flow, Number(which)))?.body ?? "");
  }

  /** Saves a draft; it may have mistakes, but must belong to this flow. */
  saveDraft(place: FlowPlace, given: ResourceDocument, condition: WriteCondition): EditOf {
    return async (state) => {
      const draft = await this.#draft(place);
      const problem =
        unknownAccount(state, place.account) ?? conditionProblem(draftTitle(place), draft?.revision ?? null, condition);
      if (problem !== null) return err(problem);
      const misplaced = misplacedFlow(place, given);
      if (misplaced !== null) return err({ kind: "invalid", mistakes: [mistakeOf(place, misplaced)] });
      const stored = [objectOf(draft?.body ?? ""), this.published(place)?.document ?? null].filter(
        (each) => each !== null,
      );
      const restored = restoredDocument(keyOfFlow(place), stored, { flow: place.flow, ...given });
      return restored.ok ? ok({ ...NOTHING, drafts: [{ ...place, document: restored.value }] }) : restored;
    };
  }

  removeDraft(place: FlowPlace, condition: WriteCondition): EditOf {
    return async () => {
      const draft = await this.#draft(place);
      if (draft === null) return err({ kind: "not_found", message: `there is no ${draftTitle(place)}` });
      const problem = conditionProblem(draftTitle(place), draft.revision, condition);
      return problem === null ? ok({ ...NOTHING, removeDrafts: [place] }) : err(problem);
    };
  }

  /** Makes the draft the newest version, which takes the next call. */
  publish(place: FlowPlace, condition: WriteCondition): EditOf {
    return async () => {
      const draft = await this.#draft(place);
      const document = draft === null ? null : objectOf(draft.body);
      if (draft === null || document === null)
        return err({ kind: "not_found", message: `there is no ${draftTitle(place)}: nothing to publish` });
      const problem = conditionProblem(draftTitle(place), draft.revision, condition);
      if (problem !== null) return err(problem);
      const findings = checkFlow(document, this.groupsOf(place.account));
      if (findings.some(({ level }) => level === "error")) return err({ kind: "findings", findings });
      const key = keyOfFlow(place);
      return ok({ put: [wantedFrom(key, this.published(place), document)], remove: [], removeDrafts: [place] });
    };
  }

  /** {@link publish} of exactly the draft that was tested, against the version that was published then. */
  publishTested(place: FlowPlace, tested: { readonly draft: number; readonly published: number | null }): EditOf {
    const publish = this.publish(place, { ifMatch: tested.draft, isNew: false });
    return async (state) => {
      if ((this.published(place)?.flowVersion ?? null) === tested.published) return publish(state);
      const message = `another version of flow ${place.flow} has been published since the draft was tested: test it again`;
      return err({ kind: "not_newest", message });
    };
  }

  /** Removes a flow and its draft; its versions stay in the history. */
  remove(place: FlowPlace, condition: WriteCondition): EditOf {
    const edit = removeResource(keyOfFlow(place), condition);
    return async (state) => {
      const removed = await edit(state);
      return removed.ok ? ok({ ...removed.value, removeDrafts: [place] }) : removed;
    };
  }

  /** Goes back to an earlier version, which takes the next call and keeps its number. */
  rollBack(place: FlowPlace, number: number, condition: WriteCondition): EditOf {
    return async () => {
      const current = this.published(place);
      const version = await this.#configuration.table.version(place.account, place.flow, number);
      const document = version === null ? null : objectOf(version.body);
      if (current === undefined || document === null)
        return err({
          kind: "not_found",
          message: `flow ${place.flow} of account ${place.account} has no version ${number}`,
        });
      // A rollback must name the state it replaces, or it could overwrite a newer version.
      const problem = conditionProblem(`flow ${place.flow}`, current.revision, condition);
      if (problem !== null) return err(problem);
      return ok({ put: [{ ...wantedFrom(keyOfFlow(place), current, document), toVersion: number }], remove: [] });
    };
  }

  /** How many people each group has; null: no such account. */
  groupsOf(account: string): GroupSizes | null {
    const config = this.#configuration.workspace.accounts.find((each) => each.account.sid === account);
    if (config === undefined) return null;
    return Object.fromEntries(Object.entries(config.account.groups).map(([name, members]) => [name, members.length]));
  }

  #draft({ account, flow }: FlowPlace): Promise<FlowDraftRow | null> {
    return this.#configuration.table.draft(account, flow);
  }
}

const NOTHING = { put: [], remove: [] };

export function keyOfFlow({ account, flow }: FlowPlace): { account: string; kind: "flow"; name: string } {
  return { account, kind: "flow", name: flow };
}

function draftTitle({ account, flow }: FlowPlace): string {
  return `draft of flow ${flow} of account ${account}`;
}

function misplacedFlow(
  { account, flow }: FlowPlace,
  { flow: id = flow, account: owner = account }: ResourceDocument,
): string | null {
  if (!FLOW_ID.test(flow)) return "its id must be digits, such as 11754: it is sent as flow_id";
  if (String(id) !== flow) return `flow is ${JSON.stringify(id)}, it must be "${flow}", as in the address`;
  return owner === account ? null : `account is ${JSON.stringify(owner)}, it must be "${account}", as in the address`;
}

function mistakeOf({ account, flow }: FlowPlace, message: string) {
  return { account, where: `flow ${JSON.stringify(flow)}`, message };
}
