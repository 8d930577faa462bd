import { SelectField } from "../../ui/field.tsx";
import type { AppletForm as Form, FormField } from "./catalogue.ts";
import { fieldsOf, modeOf, withField, withMode } from "./catalogue.ts";
import type { AppletDraft } from "./document.ts";
import { valueAt } from "./document.ts";
import { useEditor } from "./editor.ts";
import { FieldInput } from "./field-input.tsx";
import type { AppletFinding } from "./findings.ts";
import { isAt } from "./findings.ts";
import styles from "./side-panel.module.css";

interface AppletFormProps {
  readonly id: string;
  readonly applet: AppletDraft;
  readonly form: Form;
  readonly findings: readonly AppletFinding[];
}

/** The form that an applet's folder describes. */
export function AppletForm({ id, applet, form, findings }: AppletFormProps) {
  const fields = fieldsOf(form, applet);
  const sections = [...new Set(fields.map(({ section = "" }) => section))];
  return (
    <>
      <ModeField id={id} applet={applet} form={form} />
      {sections.map((section) => {
        const inside = fields
          .filter((field) => (field.section ?? "") === section)
          .map((field) => <FormRow key={`${field.path} ${field.label}`} {...{ id, applet, form, findings, field }} />);
        if (section === "") return inside;
        return (
          <div key={section} role="group" aria-label={section} className={styles["section"]}>
            <h3>{section}</h3>
            {inside}
          </div>
        );
      })}
    </>
  );
}

function ModeField({ id, applet, form }: Omit<AppletFormProps, "findings">) {
  const { edit } = useEditor();
  const { modes = [] } = form;
  if (modes.length === 0) return null;
  const mode = modeOf(form, applet);
  const choose = (chosen: string): void => {
    const wanted = modes.find((each) => each.id === chosen);
    if (wanted !== undefined) edit(id, (document) => withMode(form, document, wanted));
  };
  return (
    <SelectField label="How it is set up" value={mode?.id ?? ""} onChange={({ target }) => choose(target.value)}>
      {mode === null ? <option value="">not yet</option> : null}
      {modes.map((each) => (
        <option key={each.id} value={each.id}>
          {each.label}
        </option>
      ))}
    </SelectField>
  );
}

interface FormRowProps extends AppletFormProps {
  readonly field: FormField;
}

function FormRow({ id, applet, form, findings, field }: FormRowProps) {
  const { edit } = useEditor();
  const own = findings.filter((finding) => isAt(finding, field.path));
  return (
    <FieldInput
      field={field}
      applet={applet}
      value={valueAt(applet, field.path.split("."))}
      findings={own}
      onChange={(value) => edit(id, (document) => withField(form, document, field, value), `${id} ${field.path}`)}
    />
  );
}
