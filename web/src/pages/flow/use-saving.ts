import { useQueryClient } from "@tanstack/react-query";
import { useBlocker } from "@tanstack/react-router";
import { useState } from "react";
import { isSameJson } from "../../../../src/core/flow/diff.ts";
import { keyOf, useAccount, useApi } from "../../api/account.ts";
import type { PlugboardApi } from "../../api/client.ts";
import { PlugboardError } from "../../api/client.ts";
import { loadDraft, loadPublished, saveDraft } from "../../api/flows.ts";
import { say, sayFailure } from "../../ui/toast.tsx";
import type { Conflict } from "./conflict-dialog.tsx";
import type { FlowDraft } from "./document.ts";
import { draftOf } from "./document.ts";
import type { Editor } from "./editor.ts";
import type { LoadedFlow } from "./flow-state.ts";

/** The draft as it is kept by the platform. */
export interface Saving {
  /** Of the kept draft; null: there is none. */
  readonly etag: string | null;
  /** What this page saw last of the platform. */
  readonly base: FlowDraft;
  readonly isChanged: boolean;
  readonly isBusy: boolean;
  readonly conflict: Conflict | null;
  /** True: what is on the screen is kept. */
  readonly save: () => Promise<boolean>;
  readonly takeTheirs: () => void;
  readonly keepMine: () => void;
  readonly decideLater: () => void;
}

interface Kept {
  readonly etag: string | null;
  readonly base: FlowDraft;
}

/** Saves the draft, never over what someone else saved meanwhile. */
export function useSaving(id: string, { document, draftEtag }: LoadedFlow, editor: Editor): Saving {
  const [api, account, client] = [useApi(), useAccount(), useQueryClient()];
  const [kept, setKept] = useState<Kept>({ etag: draftEtag, base: document });
  const [isBusy, setBusy] = useState(false);
  const [conflict, setConflict] = useState<Conflict | null>(null);
  const { flow, isReadOnly } = editor;
  const isChanged = !isReadOnly && !isSameJson(flow, kept.base);
  useBlocker({
    shouldBlockFn: () => isChanged && !window.confirm("Leave without saving the draft? Your changes would be lost."),
    enableBeforeUnload: () => isChanged,
  });
  const saveOver = async (etag: string | null): Promise<boolean> => {
    setBusy(true);
    try {
      const saved = await saveDraft(account, id, flow, etag);
      setKept({ etag: saved.etag, base: flow });
      void client.invalidateQueries({ queryKey: keyOf(account, "flows") });
      return true;
    } catch (error) {
      if (isConflict(error)) setConflict(await othersOf(api, account, id));
      else sayFailure("The draft is not saved", error);
      return false;
    } finally {
      setBusy(false);
    }
  };
  const save = async (): Promise<boolean> => {
    if (isReadOnly || isBusy) return false;
    if (!isChanged && kept.etag !== null) return true;
    const isSaved = await saveOver(kept.etag);
    if (isSaved) say("Draft saved");
    return isSaved;
  };
  return {
    ...kept,
    isChanged,
    isBusy,
    conflict,
    save,
    ...decisions({ conflict, setConflict, setKept, saveOver, editor }),
  };
}

interface Deciding {
  readonly conflict: Conflict | null;
  readonly editor: Editor;
  readonly setConflict: (conflict: null) => void;
  readonly setKept: (kept: Kept) => void;
  readonly saveOver: (etag: string | null) => Promise<boolean>;
}

function decisions({ conflict, editor, setConflict, setKept, saveOver }: Deciding) {
  return {
    decideLater: () => setConflict(null),
    takeTheirs: () => {
      if (conflict === null) return;
      setKept({ etag: conflict.etag, base: conflict.document });
      editor.change(conflict.document);
      setConflict(null);
    },
    keepMine: () => {
      if (conflict === null) return;
      setConflict(null);
      void saveOver(conflict.etag).then((isSaved) => isSaved && say("Draft saved", "Yours has replaced theirs."));
    },
  };
}

/** 412: the draft changed; 428: there is one now; 404: it is gone. */
function isConflict(error: unknown): boolean {
  return error instanceof PlugboardError && [404, 412, 428].includes(error.status);
}

async function othersOf(api: PlugboardApi, account: string, id: string): Promise<Conflict> {
  const listed = (await api.flows.list()).flows.find(({ flow }) => flow === id);
  const isDraft = listed !== undefined && listed.draft !== null;
  const { value, etag } = await (isDraft ? loadDraft : loadPublished)(account, id);
  const by = (isDraft ? listed.draft?.changed_by : listed?.published?.changed_by) ?? "Someone";
  return { etag: isDraft ? etag : null, document: draftOf(value), by };
}
