import { useQueryClient } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { keyOf, useAccount } from "../../api/account.ts";
import { Page } from "../../ui/page.tsx";
import { say } from "../../ui/toast.tsx";
import { Canvas } from "./canvas.tsx";
import type { Editor } from "./editor.ts";
import { EditorContext, useFlowEditor } from "./editor.ts";
import { ConflictDialog } from "./conflict-dialog.tsx";
import { isAppletFinding, placed } from "./findings.ts";
import type { Finding } from "./findings.ts";
import styles from "./flow-editor.module.css";
import type { FlowEditorProps, View } from "./flow-state.ts";
import { FlowActions, FlowAside, FlowBack, FlowToolbar } from "./flow-toolbar.tsx";
import { Palette } from "./palette.tsx";
import { PublishDialog } from "./publish-dialog.tsx";
import { SidePanel } from "./side-panel.tsx";
import { useFindings } from "./use-findings.ts";
import { useKeys } from "./use-keys.ts";
import type { Saving } from "./use-saving.ts";
import { useSaving } from "./use-saving.ts";
import { VersionsDialog } from "./versions-dialog.tsx";
import { YamlView } from "./yaml-view.tsx";

type Window = "publish" | "versions" | null;

/** The builder around one document. */
export function FlowEditor(props: FlowEditorProps) {
  const { id, loaded, shown, mayEdit } = props;
  const isReadOnly = !mayEdit || (shown === "published" && loaded.listed.draft !== null);
  const base = useFlowEditor(loaded.document, isReadOnly);
  const findings = useFindings(id, base.flow, mayEdit);
  const editor = useMemo<Editor>(() => ({ ...base, findings: placed(base.flow, findings) }), [base, findings]);
  const saving = useSaving(id, loaded, editor);
  const [view, setView] = useState<View>("Canvas");
  const [open, setOpen] = useState<Window>(null);
  const publish = async (): Promise<void> => {
    if (await saving.save()) setOpen("publish");
  };
  useKeys(editor, () => void saving.save());
  const name = editor.flow.name === undefined || editor.flow.name === "" ? `Flow ${id}` : editor.flow.name;
  const bar = { ...props, editor, saving, view, onView: setView, onOpen: setOpen, onPublish: () => void publish() };
  return (
    <EditorContext value={editor}>
      <Page
        fill
        title={name}
        back={<FlowBack />}
        aside={<FlowAside {...bar} />}
        actions={<FlowActions {...bar} />}
        toolbar={<FlowToolbar {...bar} />}
      >
        <div className={styles["builder"]}>
          {isReadOnly ? null : <Palette />}
          <div className={styles["middle"]}>{view === "Canvas" ? <Canvas /> : <YamlView />}</div>
          <aside className={styles["side"]} aria-label="Settings">
            <SidePanel />
          </aside>
        </div>
        <Windows {...props} editor={editor} saving={saving} open={open} onOpen={setOpen} />
      </Page>
    </EditorContext>
  );
}

interface WindowsProps extends FlowEditorProps {
  readonly editor: Editor;
  readonly saving: Saving;
  readonly open: Window;
  readonly onOpen: (open: Window) => void;
}

function Windows({ id, loaded, editor, saving, open, onOpen, onReload }: WindowsProps) {
  const renew = useRenewal(id, onReload);
  const { published } = loaded.listed;
  const { conflict, etag } = saving;
  const finish = async (title: string): Promise<void> => {
    await renew();
    onOpen(null);
    say(title, "The next call goes through it.");
  };
  return (
    <>
      {open === "publish" && etag !== null ? (
        <PublishDialog
          id={id}
          flow={editor.flow}
          etag={etag}
          isFirst={published === null}
          onClose={() => onOpen(null)}
          onPublished={(version) => finish(`Version ${version ?? ""} is published`)}
          onShow={(finding) => {
            onOpen(null);
            showIn(editor, finding);
          }}
        />
      ) : null}
      {open === "versions" && published !== null ? (
        <VersionsDialog
          id={id}
          published={published}
          onClose={() => onOpen(null)}
          onRolledBack={(version) => finish(`Back to version ${version ?? ""}`)}
        />
      ) : null}
      {conflict === null ? null : (
        <ConflictDialog
          conflict={conflict}
          base={saving.base}
          mine={editor.flow}
          onTakeTheirs={saving.takeTheirs}
          onKeepMine={saving.keepMine}
          onClose={saving.decideLater}
        />
      )}
    </>
  );
}

function showIn(editor: Editor, finding: Finding): void {
  const [place] = placed(editor.flow, [finding]);
  editor.select(place !== undefined && isAppletFinding(place) ? [place.applet] : []);
}

/** Fetches the flow, its versions and the list again. The builder then begins anew with what is stored. */
function useRenewal(id: string, onReload: () => Promise<unknown>): () => Promise<unknown> {
  const [client, account] = [useQueryClient(), useAccount()];
  return () => {
    client.removeQueries({ queryKey: keyOf(account, "flow", id, "versions") });
    void client.invalidateQueries({ queryKey: keyOf(account, "flows") });
    return onReload();
  };
}
