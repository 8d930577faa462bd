import type { ComponentProps, ReactNode } from "react";
import { useId } from "react";
import { classes } from "./classes.ts";
import styles from "./field.module.css";

interface Labelled {
  readonly label: string;
  /** What to enter, or what it is for; one short sentence. */
  readonly hint?: ReactNode;
  /** What is wrong and what is allowed. */
  readonly error?: string | null;
  /** The label is only read aloud. */
  readonly hideLabel?: boolean;
}

/** What a control inside a {@link Field} must carry. */
interface ControlProps {
  readonly id: string;
  readonly "aria-describedby": string | undefined;
  readonly "aria-invalid": true | undefined;
}

interface FieldProps extends Labelled {
  readonly className?: string | undefined;
  readonly children: (control: ControlProps) => ReactNode;
}

/** A label, a control, and below them what to enter or what is wrong. */
export function Field({ label, hint, error = null, hideLabel = false, className, children }: FieldProps) {
  const id = useId();
  const note = error ?? hint;
  const noteId = note === undefined ? undefined : `${id}-note`;
  return (
    <div className={classes(styles["field"], className)}>
      <label htmlFor={id} className={hideLabel ? "visually-hidden" : styles["label"]}>
        {label}
      </label>
      {children({ id, "aria-describedby": noteId, "aria-invalid": error === null ? undefined : true })}
      {note === undefined ? null : (
        <p id={noteId} className={error === null ? styles["hint"] : styles["error"]}>
          {note}
        </p>
      )}
    </div>
  );
}

type TextFieldProps = Labelled & Omit<ComponentProps<"input">, "id"> & { readonly mono?: boolean };

/** One line of text. */
export function TextField({ label, hint, error, hideLabel, className, mono = false, ...rest }: TextFieldProps) {
  return (
    <Field {...{ label, hint, className }} {...given({ error, hideLabel })}>
      {(control) => <input {...rest} {...control} className={classes(styles["control"], mono && styles["mono"])} />}
    </Field>
  );
}

type TextAreaProps = Labelled & Omit<ComponentProps<"textarea">, "id"> & { readonly mono?: boolean };

/** Several lines of text. @public */
export function TextArea({ label, hint, error, hideLabel, className, mono = false, ...rest }: TextAreaProps) {
  return (
    <Field {...{ label, hint, className }} {...given({ error, hideLabel })}>
      {(control) => (
        <textarea
          rows={4}
          {...rest}
          {...control}
          className={classes(styles["control"], styles["area"], mono && styles["mono"])}
        />
      )}
    </Field>
  );
}

type SelectFieldProps = Labelled & Omit<ComponentProps<"select">, "id">;

/** The platform's own list of choices: right on every device, and with every reader. Children are `<option>`s. */
export function SelectField({ label, hint, error, hideLabel, className, children, ...rest }: SelectFieldProps) {
  return (
    <Field {...{ label, hint, className }} {...given({ error, hideLabel })}>
      {(control) => (
        <select {...rest} {...control} className={classes(styles["control"], styles["select"])}>
          {children}
        </select>
      )}
    </Field>
  );
}

type CheckFieldProps = Omit<ComponentProps<"input">, "type" | "id"> & {
  readonly label: ReactNode;
  readonly hint?: ReactNode;
};

/** A box to tick, with its label beside it. @public */
export function CheckField({ label, hint, className, ...rest }: CheckFieldProps) {
  const id = useId();
  return (
    <div className={classes(styles["check"], className)}>
      <input {...rest} id={id} type="checkbox" aria-describedby={hint === undefined ? undefined : `${id}-note`} />
      <label htmlFor={id}>{label}</label>
      {hint === undefined ? null : (
        <p id={`${id}-note`} className={styles["hint"]}>
          {hint}
        </p>
      )}
    </div>
  );
}

function given({ error, hideLabel }: { error: string | null | undefined; hideLabel: boolean | undefined }) {
  return { ...(error === undefined ? {} : { error }), ...(hideLabel === undefined ? {} : { hideLabel }) };
}
