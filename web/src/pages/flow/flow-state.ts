import type { ListedFlow } from "../../api/flows.ts";
import type { FlowDraft } from "./document.ts";

/** Which state of the flow is on the screen. */
export type Shown = "draft" | "published";

/** How the document is shown. */
export type View = "Canvas" | "YAML";

/** A flow as it was fetched. */
export interface LoadedFlow {
  readonly listed: ListedFlow;
  readonly document: FlowDraft;
  /** Null: what is shown is the published version. */
  readonly draftEtag: string | null;
  readonly loadedAt: number;
}

export interface FlowEditorProps {
  readonly id: string;
  readonly loaded: LoadedFlow;
  readonly shown: Shown;
  readonly mayEdit: boolean;
  readonly onShow: (shown: Shown) => void;
  readonly onReload: () => Promise<unknown>;
}
