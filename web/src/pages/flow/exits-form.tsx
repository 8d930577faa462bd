import { Plus, X } from "lucide-react";
import { useState } from "react";
import { Button } from "../../ui/button.tsx";
import { SelectField, TextField } from "../../ui/field.tsx";
import { Menu, MenuItem } from "../../ui/menu.tsx";
import type { BuilderExit } from "./catalogue.ts";
import { freeKey, keysField, palette } from "./catalogue.ts";
import type { AppletDraft } from "./document.ts";
import { isRecord, valueAt } from "./document.ts";
import type { ExitRef } from "./editor.ts";
import { useEditor } from "./editor.ts";
import type { AppletFinding } from "./findings.ts";
import { isAt, sentenceOfFinding } from "./findings.ts";
import styles from "./side-panel.module.css";

interface ExitsFormProps {
  readonly id: string;
  readonly applet: AppletDraft;
  readonly exits: readonly BuilderExit[];
  readonly findings: readonly AppletFinding[];
}

/** Where calls go after the applet: the same as the lines on the canvas, by keyboard. */
export function ExitsForm({ id, applet, exits, findings }: ExitsFormProps) {
  const field = keysField(applet.type);
  if (exits.length === 0 && field === null) return null;
  return (
    <div role="group" aria-label="Exits" className={styles["section"]}>
      <h3>Exits</h3>
      {exits.map((exit) => (
        <ExitRow key={exit.name} id={id} exit={exit} isKey={exit.path[0] === field?.path} findings={findings} />
      ))}
      {field === null ? null : <NewKey id={id} applet={applet} path={field.path} label={field.label} />}
    </div>
  );
}

interface ExitRowProps {
  readonly id: string;
  readonly exit: BuilderExit;
  /** It is there only while it leads somewhere. */
  readonly isKey: boolean;
  readonly findings: readonly AppletFinding[];
}

function ExitRow({ id, exit: { title, help, target, standIn, path }, isKey, findings }: ExitRowProps) {
  const { lead, isReadOnly } = useEditor();
  const own = findings.filter((finding) => isAt(finding, path.join(".")));
  const error = own.find(({ level }) => level === "error");
  const warning = own.find(({ level }) => level === "warning");
  const exit = { applet: id, path };
  return (
    <div className={styles["field"]}>
      <div className={isKey ? styles["removable"] : styles["key"]}>
        <SelectField
          label={title}
          {...(help === null ? {} : { hint: help })}
          error={error === undefined ? null : sentenceOfFinding(error)}
          value={target ?? ""}
          onChange={({ target: { value } }) => lead(exit, value === "" ? null : value)}
        >
          {isKey ? null : <option value="">{standIn === null ? "hang up" : `goes on at “${standIn.title}”`}</option>}
          <Targets target={target} />
        </SelectField>
        <NewTarget exit={exit} label={`New applet for “${title}”`} />
        {isKey ? (
          <Button
            variant="quiet"
            icon={X}
            aria-label={`Remove ${title}`}
            disabled={isReadOnly}
            onClick={() => lead(exit, null)}
          />
        ) : null}
      </div>
      {warning === undefined ? null : <p className={styles["warning"]}>{sentenceOfFinding(warning)}</p>}
    </div>
  );
}

/** The applets of the flow. New ones are in a menu: arrow keys on a list choose as they go. */
function Targets({ target }: { readonly target: string | null }) {
  const { flow } = useEditor();
  const ids = Object.keys(flow.applets);
  return (
    <>
      {target === null || ids.includes(target) ? null : <option value={target}>{`${target} (missing)`}</option>}
      {ids.map((each) => (
        <option key={each}>{each}</option>
      ))}
    </>
  );
}

/** Adds an applet to which the exit leads. */
function NewTarget({ exit, label }: { readonly exit: ExitRef; readonly label: string }) {
  const { add, isReadOnly } = useEditor();
  const button = <Button variant="quiet" icon={Plus} aria-label={label} title={label} disabled={isReadOnly} />;
  return (
    <Menu trigger={button}>
      {palette.map(({ type, form }) => (
        <MenuItem key={type} onSelect={() => add(type, exit)}>
          {form.title}
        </MenuItem>
      ))}
    </Menu>
  );
}

interface NewKeyProps {
  readonly id: string;
  readonly applet: AppletDraft;
  readonly path: string;
  readonly label: string;
}

/** One more exit: its key, then where it leads. */
function NewKey({ id, applet, path, label }: NewKeyProps) {
  const { flow, lead, isReadOnly } = useEditor();
  const [text, setText] = useState<string | null>(null);
  const key = text ?? freeKey(applet) ?? "";
  const error = mistakeIn(key, applet, path);
  const exit = { applet: id, path: [...path.split("."), key] };
  const isOff = isReadOnly || error !== null || key === "";
  const choose = (target: string): void => {
    setText(null);
    lead(exit, target);
  };
  return (
    <div className={styles["removable"]}>
      <TextField
        label={`Add to ${label.toLowerCase()}`}
        mono
        value={key}
        maxLength={64}
        error={error}
        onChange={({ target }) => setText(target.value)}
      />
      <Menu trigger={<Button disabled={isOff}>leads to …</Button>}>
        {Object.keys(flow.applets).map((each) => (
          <MenuItem key={each} onSelect={() => choose(each)}>
            {each}
          </MenuItem>
        ))}
      </Menu>
      <NewTarget exit={exit} label={`New applet for ${key}`} />
    </div>
  );
}

function mistakeIn(key: string, applet: AppletDraft, path: string): string | null {
  const used = valueAt(applet, path.split("."));
  if (isRecord(used) && Object.hasOwn(used, key)) return "This one is there already.";
  const { keys } = keysField(applet.type)?.input ?? {};
  return keys === undefined || key === "" || keys.includes(key) ? null : `Allowed is one of ${keys.join(" ")}.`;
}
