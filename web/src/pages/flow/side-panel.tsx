import { Copy, Trash2 } from "lucide-react";
import { useState } from "react";
import { Button } from "../../ui/button.tsx";
import { SelectField, TextField } from "../../ui/field.tsx";
import { Notice } from "../../ui/states.tsx";
import { AppletForm } from "./applet-form.tsx";
import { exitsOf, fieldsOf, formOf } from "./catalogue.ts";
import { useEditor } from "./editor.ts";
import { ExitsForm } from "./exits-form.tsx";
import type { AppletFinding } from "./findings.ts";
import { isAppletFinding, restOf, sentenceOfFinding } from "./findings.ts";
import styles from "./side-panel.module.css";

/** What is chosen on the canvas: an applet's form, several applets, or the flow itself. */
export function SidePanel() {
  const { selected, line } = useEditor();
  const [only] = selected;
  const shown = line?.applet ?? only;
  if (shown === undefined) return <FlowPanel />;
  return selected.length > 1 ? <SeveralPanel ids={selected} /> : <AppletPanel key={shown} id={shown} />;
}

function FlowPanel() {
  const { flow, change, isReadOnly, findings } = useEditor();
  const others = findings.filter((finding) => !isAppletFinding(finding));
  const ids = Object.keys(flow.applets);
  return (
    <section className={styles["panel"]} aria-label="Flow">
      <h2>Flow</h2>
      <Findings of={others} />
      <TextField
        label="Name"
        value={flow.name ?? ""}
        maxLength={200}
        disabled={isReadOnly}
        onChange={({ target }) => change({ ...flow, name: target.value }, "name")}
      />
      <SelectField
        label="Calls start at"
        value={flow.start}
        disabled={isReadOnly || ids.length === 0}
        onChange={({ target }) => change({ ...flow, start: target.value })}
      >
        {ids.includes(flow.start) ? null : <option value={flow.start}>nothing yet</option>}
        {ids.map((id) => (
          <option key={id}>{id}</option>
        ))}
      </SelectField>
      <SelectField
        label="If a URL answers with a wrong optional field"
        value={flow["validation"] === "lenient" ? "lenient" : "strict"}
        hint="Strict is safer while you build; either way the call's trace says what was wrong."
        disabled={isReadOnly}
        onChange={({ target }) => change({ ...flow, validation: target.value })}
      >
        <option value="strict">Refuse the answer</option>
        <option value="lenient">Correct or drop the field</option>
      </SelectField>
      <p className={styles["quiet"]}>Choose an applet to set it up.</p>
    </section>
  );
}

function SeveralPanel({ ids }: { readonly ids: readonly string[] }) {
  const { copy, remove, isReadOnly } = useEditor();
  return (
    <section className={styles["panel"]} aria-label="Chosen applets">
      <h2>{ids.length} applets</h2>
      <div className={styles["row"]}>
        <Button icon={Copy} onClick={() => copy(ids)}>
          Copy
        </Button>
        <Button icon={Trash2} variant="danger" disabled={isReadOnly} onClick={() => remove(ids)}>
          Delete
        </Button>
      </div>
    </section>
  );
}

function AppletPanel({ id }: { readonly id: string }) {
  const { flow, findings, isReadOnly } = useEditor();
  const applet = flow.applets[id];
  if (applet === undefined) return <FlowPanel />;
  const form = formOf(applet.type);
  const own = findings.filter(isAppletFinding).filter((each) => each.applet === id);
  const exits = exitsOf(applet);
  return (
    <section className={styles["panel"]} aria-label={`Applet ${id}`}>
      <PanelHead id={id} title={form?.title ?? "Unknown applet"} />
      {form === null ? null : <p className={styles["quiet"]}>{form.summary}</p>}
      <Findings of={restOf(own, form === null ? [] : fieldsOf(form, applet), exits)} />
      <fieldset disabled={isReadOnly} className={styles["fields"]}>
        <legend className="visually-hidden">Settings of {id}</legend>
        <IdField key={id} id={id} />
        {form === null ? null : <AppletForm id={id} applet={applet} form={form} findings={own} />}
        <ExitsForm id={id} applet={applet} exits={exits} findings={own} />
      </fieldset>
    </section>
  );
}

function PanelHead({ id, title }: { readonly id: string; readonly title: string }) {
  const { copy, remove, isReadOnly } = useEditor();
  return (
    <header className={styles["head"]}>
      <h2>{title}</h2>
      <Button variant="quiet" size="s" icon={Copy} aria-label={`Copy ${id}`} title="Copy" onClick={() => copy([id])} />
      <Button
        variant="quiet"
        size="s"
        icon={Trash2}
        aria-label={`Delete ${id}`}
        title="Delete"
        disabled={isReadOnly}
        onClick={() => remove([id])}
      />
    </header>
  );
}

/** The id is changed when the field is left: every letter would rename all exits that lead here. */
function IdField({ id }: { readonly id: string }) {
  const { flow, rename } = useEditor();
  const [text, setText] = useState(id);
  const wanted = text.trim();
  const isTaken = wanted !== id && Object.hasOwn(flow.applets, wanted);
  const error = wanted === "" ? "An applet needs an id." : isTaken ? "Another applet has this id." : null;
  const finish = (): void => {
    if (error === null && wanted !== id) rename(id, wanted);
  };
  return (
    <TextField
      label="Id"
      mono
      value={text}
      maxLength={64}
      error={error}
      hint="Names the applet in traces, exits and the YAML."
      onChange={({ target }) => setText(target.value)}
      onBlur={finish}
      onKeyDown={({ key }) => key === "Enter" && finish()}
    />
  );
}

/** Findings that no field shows. */
function Findings({ of }: { readonly of: readonly (AppletFinding | Parameters<typeof sentenceOfFinding>[0])[] }) {
  return of.map((finding) => (
    <Notice key={`${finding.path} ${finding.message}`} tone={finding.level === "error" ? "bad" : "warn"}>
      {sentenceOfFinding(finding)}
    </Notice>
  ));
}
