import { Link } from "@tanstack/react-router";
import { ClipboardPaste, Copy, History, Redo2, Search, Trash2, Undo2 } from "lucide-react";
import { useState } from "react";
import { useAccount, useMay } from "../../api/account.ts";
import { Badge, Tag } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { TextField } from "../../ui/field.tsx";
import { Figures } from "../../ui/format.tsx";
import { Segments } from "../../ui/segments.tsx";
import { formOf } from "./catalogue.ts";
import type { Editor } from "./editor.ts";
import styles from "./flow-editor.module.css";
import type { FlowEditorProps, View } from "./flow-state.ts";
import type { Saving } from "./use-saving.ts";

interface BarProps extends FlowEditorProps {
  readonly editor: Editor;
  readonly saving: Saving;
  readonly view: View;
  readonly onView: (view: View) => void;
  readonly onOpen: (window: "versions") => void;
  readonly onPublish: () => void;
}

export function FlowBack() {
  return (
    <Link to="/a/$account/flows" params={{ account: useAccount() }}>
      Flows
    </Link>
  );
}

/** The id, what is published, and whether what is on the screen is saved. */
export function FlowAside({ id, loaded, saving, editor }: BarProps) {
  const { published } = loaded.listed;
  const errors = editor.findings.filter(({ level }) => level === "error").length;
  return (
    <>
      <Figures>{id}</Figures>{" "}
      {published === null ? <Tag>never published</Tag> : <Tag tone="good">version {published.version}</Tag>}{" "}
      {saving.isChanged ? <Tag tone="info">not saved</Tag> : saving.etag === null ? null : <Tag tone="info">draft</Tag>}{" "}
      {errors === 0 ? null : <Badge tone="bad">{errors === 1 ? "1 mistake" : `${errors} mistakes`}</Badge>}
    </>
  );
}

/** Save and publish, each with the reason why it can't be done. */
export function FlowActions({ loaded, shown, mayEdit, onShow, saving, editor, onOpen, onPublish }: BarProps) {
  const mayPublish = useMay("admin");
  const { draft, published } = loaded.listed;
  const hasDraft = draft !== null || saving.etag !== null || saving.isChanged;
  return (
    <>
      {draft === null || published === null || saving.isChanged ? null : (
        <Segments
          label="State"
          value={shown === "draft" ? "Draft" : "Published"}
          options={["Draft", "Published"]}
          onChoose={(chosen) => onShow(chosen === "Draft" ? "draft" : "published")}
        />
      )}
      <Button icon={History} disabled={published === null} onClick={() => onOpen("versions")}>
        Versions
      </Button>
      <Button
        disabled={editor.isReadOnly || !saving.isChanged}
        busy={saving.isBusy}
        title={mayEdit ? "Ctrl S" : "Your role may not change flows."}
        onClick={() => void saving.save()}
      >
        Save draft
      </Button>
      <Button
        variant="primary"
        disabled={editor.isReadOnly || !mayPublish || !hasDraft || saving.isBusy}
        title={
          !mayPublish ? "Your role may not publish." : hasDraft ? undefined : "Nothing differs from what is published."
        }
        onClick={onPublish}
      >
        Publish
      </Button>
    </>
  );
}

/** View, search, and what changes the document. */
export function FlowToolbar({ editor, view, onView }: BarProps) {
  const { selected, line, isReadOnly } = editor;
  const hasChosen = selected.length > 0 || line !== null;
  return (
    <>
      <Segments
        label="View"
        value={view}
        options={["Canvas", "YAML"]}
        onChoose={(chosen) => onView(chosen === "YAML" ? "YAML" : "Canvas")}
      />
      <AppletSearch editor={editor} />
      <span className={styles["space"]} />
      <div className={styles["tools"]}>
        <Tool icon={Undo2} label="Undo" keys="Ctrl Z" disabled={!editor.canUndo} onClick={editor.undo} />
        <Tool icon={Redo2} label="Redo" keys="Ctrl Shift Z" disabled={!editor.canRedo} onClick={editor.redo} />
        <Tool
          icon={Copy}
          label="Copy"
          keys="Ctrl C"
          disabled={selected.length === 0}
          onClick={() => editor.copy(selected)}
        />
        <Tool icon={ClipboardPaste} label="Paste" keys="Ctrl V" disabled={isReadOnly} onClick={editor.paste} />
        <Tool
          icon={Trash2}
          label={line === null ? "Delete" : "Delete the line"}
          keys="Del"
          disabled={isReadOnly || !hasChosen}
          onClick={() => removeChosen(editor)}
        />
      </div>
    </>
  );
}

/** Deletes the chosen line, or else the chosen applets. */
export function removeChosen({ line, selected, lead, remove, selectLine }: Editor): void {
  if (line === null) return remove(selected);
  lead(line, null);
  selectLine(null);
}

interface ToolProps {
  readonly icon: typeof Undo2;
  readonly label: string;
  readonly keys: string;
  readonly disabled: boolean;
  readonly onClick: () => void;
}

function Tool({ icon, label, keys, disabled, onClick }: ToolProps) {
  return (
    <Button
      variant="quiet"
      icon={icon}
      aria-label={label}
      title={`${label} (${keys})`}
      disabled={disabled}
      onClick={onClick}
    />
  );
}

/** Enter chooses the next applet whose id, kind or text matches. */
function AppletSearch({ editor: { flow, selected, select } }: { readonly editor: Editor }) {
  const [text, setText] = useState("");
  const wanted = text.trim().toLowerCase();
  const found = wanted === "" ? [] : Object.keys(flow.applets).filter((id) => textOf(flow, id).includes(wanted));
  const next = (): void => {
    const after = found[(found.indexOf(selected[0] ?? "") + 1) % found.length];
    if (after !== undefined) select([after]);
  };
  return (
    <div className={styles["search"]}>
      <Search size={14} aria-hidden="true" />
      <TextField
        label="Find an applet"
        hideLabel
        type="search"
        placeholder="Find an applet"
        value={text}
        onChange={({ target }) => setText(target.value)}
        onKeyDown={({ key }) => key === "Enter" && next()}
      />
      <span role="status" className="visually-hidden">
        {wanted === "" ? "" : `${found.length} found`}
      </span>
    </div>
  );
}

function textOf(flow: Editor["flow"], id: string): string {
  const applet = flow.applets[id];
  return `${id} ${formOf(applet?.type ?? "")?.title ?? ""} ${JSON.stringify(applet)}`.toLowerCase();
}
