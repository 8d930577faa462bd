import { useState } from "react";
import { LineCounter, parseDocument, stringify } from "yaml";
import { Notice } from "../../ui/states.tsx";
import type { FlowDraft } from "./document.ts";
import { draftOf, isRecord } from "./document.ts";
import { useEditor } from "./editor.ts";
import styles from "./yaml-view.module.css";

/** A mistake in the text, on a line counted from 1. */
interface YamlMistake {
  readonly line: number;
  readonly message: string;
}

type Read = { readonly flow: FlowDraft } | { readonly mistake: YamlMistake };

/** The same document as text. It is taken over as soon as it can be read. */
export function YamlView() {
  const { flow, change, isReadOnly } = useEditor();
  const [text, setText] = useState(() => textOf(flow));
  const read = readYaml(text);
  const isOwn = "flow" in read && JSON.stringify(read.flow) === JSON.stringify(flow);
  // Undo and the like changed the document meanwhile: the text follows, unless it can't be read yet.
  const shown = isOwn || "mistake" in read ? text : textOf(flow);
  const mistake = "mistake" in read ? read.mistake : null;
  const type = (typed: string): void => {
    setText(typed);
    const now = readYaml(typed);
    if ("flow" in now) change(now.flow, "yaml");
  };
  return (
    <div className={styles["view"]}>
      <div className={styles["editor"]}>
        <div className={styles["numbers"]} aria-hidden="true">
          {shown.split("\n").map((_, index) => (
            <span key={index} className={index + 1 === mistake?.line ? styles["wrong"] : undefined}>
              {index + 1}
            </span>
          ))}
        </div>
        <textarea
          aria-label="Flow as YAML"
          aria-invalid={mistake === null ? undefined : true}
          aria-describedby="yaml-mistake"
          className={styles["text"]}
          rows={shown.split("\n").length}
          spellCheck={false}
          readOnly={isReadOnly}
          value={shown}
          onChange={({ target }) => type(target.value)}
        />
      </div>
      <div id="yaml-mistake" className={styles["mistake"]} role="status">
        {mistake === null ? null : <Notice tone="bad">{`Line ${mistake.line}: ${mistake.message}`}</Notice>}
      </div>
    </div>
  );
}

function textOf(flow: FlowDraft): string {
  return stringify(flow, { lineWidth: 110 });
}

/** Reads a flow, or says on which line it can't be read. */
function readYaml(text: string): Read {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const [error] = document.errors;
  if (error !== undefined) return { mistake: { line: lines.linePos(error.pos[0]).line, message: error.message } };
  const value: unknown = document.toJS({ maxAliasCount: 100 });
  if (!isRecord(value))
    return { mistake: { line: 1, message: "This is not a flow: it must begin with keys such as name and start." } };
  return { flow: draftOf(value) };
}
