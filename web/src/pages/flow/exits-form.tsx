import { X } from "lucide-react";
import { useState } from "react";
import { Button } from "../../ui/button.tsx";
import { SelectField, TextField } from "../../ui/field.tsx";
import type { BuilderExit } from "./catalogue.ts";
import { freeKey, keysField, palette } from "./catalogue.ts";
import type { AppletDraft } from "./document.ts";
import { isRecord, valueAt } from "./document.ts";
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

/** Before a kind of applet, in place of an applet's id. */
const NEW = "new applet: ";

function ExitRow({ id, exit: { title, help, target, standIn, path }, isKey, findings }: ExitRowProps) {
  const { lead, add, isReadOnly } = useEditor();
  const own = findings.filter((finding) => isAt(finding, path.join(".")));
  const error = own.find(({ level }) => level === "error");
  const warning = own.find(({ level }) => level === "warning");
  const choose = (chosen: string): void => {
    if (chosen.startsWith(NEW)) add(chosen.slice(NEW.length), { applet: id, path });
    else lead({ applet: id, path }, chosen === "" ? null : chosen);
  };
  const otherwise = standIn === null ? "hang up" : `goes on at “${standIn.title}”`;
  return (
    <div className={styles["field"]}>
      <div className={isKey ? styles["key"] : styles["field"]}>
        <SelectField
          label={title}
          {...(help === null ? {} : { hint: help })}
          error={error === undefined ? null : sentenceOfFinding(error)}
          value={target ?? ""}
          onChange={({ target: { value } }) => choose(value)}
        >
          {isKey ? null : <option value="">{`— ${otherwise}`}</option>}
          <Targets target={target} />
        </SelectField>
        {isKey ? (
          <Button
            variant="quiet"
            icon={X}
            aria-label={`Remove ${title}`}
            disabled={isReadOnly}
            onClick={() => lead({ applet: id, path }, null)}
          />
        ) : null}
      </div>
      {warning === undefined ? null : <p className={styles["warning"]}>{sentenceOfFinding(warning)}</p>}
    </div>
  );
}

/** Applets of the flow, and new ones. */
function Targets({ target }: { readonly target: string | null }) {
  const { flow } = useEditor();
  const ids = Object.keys(flow.applets);
  return (
    <>
      {target === null || ids.includes(target) ? null : <option value={target}>{`${target} (missing)`}</option>}
      <optgroup label="Applets of the flow">
        {ids.map((each) => (
          <option key={each}>{each}</option>
        ))}
      </optgroup>
      <optgroup label="A new applet">
        {palette.map(({ type, form }) => (
          <option key={type} value={`${NEW}${type}`}>{`New: ${form.title}`}</option>
        ))}
      </optgroup>
    </>
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
  const { lead, add } = useEditor();
  const [text, setText] = useState<string | null>(null);
  const key = text ?? freeKey(applet) ?? "";
  const used = valueAt(applet, path.split("."));
  const isUsed = isRecord(used) && Object.hasOwn(used, key);
  const choose = (chosen: string): void => {
    if (key === "" || isUsed || chosen === "") return;
    const exit = { applet: id, path: [...path.split("."), key] };
    if (chosen.startsWith(NEW)) add(chosen.slice(NEW.length), exit);
    else lead(exit, chosen);
    setText(null);
  };
  const { keys } = keysField(applet.type)?.input ?? {};
  const isWrong = keys !== undefined && key !== "" && !keys.includes(key);
  return (
    <div className={styles["field"]}>
      <TextField
        label={`Add to ${label.toLowerCase()}`}
        mono
        value={key}
        maxLength={64}
        error={isUsed ? "This one is there already." : isWrong ? `Allowed is one of ${keys.join(" ")}.` : null}
        onChange={({ target }) => setText(target.value)}
      />
      <SelectField
        label={key === "" ? "leads to" : `${key} leads to`}
        value=""
        disabled={isUsed || isWrong || key === ""}
        onChange={({ target }) => choose(target.value)}
      >
        <option value="">choose where to</option>
        <Targets target={null} />
      </SelectField>
    </div>
  );
}
