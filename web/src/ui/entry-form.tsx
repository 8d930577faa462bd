import { useQuery } from "@tanstack/react-query";
import type { FormEvent } from "react";
import { useState } from "react";
import { PlugboardError } from "../api/client.ts";
import type { Entry, EntryDocument, EntryField, EntryKind } from "../api/entries.ts";
import { entryFieldsQuery, useEntryWrites } from "../api/entries.ts";
import { Button } from "./button.tsx";
import { Described } from "./described.tsx";
import { documentOf, shownValue } from "./entry-document.ts";
import styles from "./entry-form.module.css";
import { CheckField, SelectField, TextArea, TextField } from "./field.tsx";
import { textIn } from "./form-text.ts";
import { Failure, Loading, Notice, sentenceOf } from "./states.tsx";

/** How a field is shown. What it takes, and what it is for, comes from the API's description. */
export interface FieldLook {
  readonly label: string;
  /** In place of the description. */
  readonly hint?: string;
  /** What may be chosen, by value: `""` is nothing. */
  readonly choices?: Readonly<Record<string, string>>;
  readonly placeholder?: string;
}

/** What a form of an entry looks like. */
export interface EntryLook {
  readonly kind: EntryKind;
  /** The field that names an entry; it can't be changed later. */
  readonly nameField: string;
  /** Fields by the head they stand under. Those that are named nowhere follow under `More`. */
  readonly sections: readonly { readonly title: string; readonly fields: Readonly<Record<string, FieldLook>> }[];
}

interface EntryFormProps {
  readonly look: EntryLook;
  /** Null: a new one. */
  readonly entry: Entry | null;
  readonly onSaved: (name: string) => void;
  readonly onCancel?: () => void;
}

/** A form for an entry of the configuration, which nobody's change is lost in. */
export function EntryForm({ look, entry, ...rest }: EntryFormProps) {
  const { data: fields, error, refetch } = useQuery(entryFieldsQuery(look.kind));
  // What somebody else saves meanwhile must not replace what is being written.
  const [opened, setOpened] = useState(entry);
  if (error !== null) return <Failure error={error} retry={() => void refetch()} />;
  if (fields === undefined) return <Loading />;
  return <Form key={opened?.etag} {...rest} look={look} fields={fields} entry={opened} onReload={setOpened} />;
}

interface FormProps extends EntryFormProps {
  readonly fields: readonly EntryField[];
  readonly onReload: (entry: Entry | null) => void;
}

function Form({ look, fields, entry, onSaved, onCancel, onReload }: FormProps) {
  const { save, current } = useEntryWrites(look.kind);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const [conflict, setConflict] = useState<Conflict | null>(null);
  const others = fields.filter(({ name }) => name !== look.nameField);
  const write = async (name: string, document: EntryDocument, etag: string | null): Promise<void> => {
    setBusy(true);
    setError(null);
    setConflict(null);
    try {
      await save(name, document, etag);
      onSaved(name);
    } catch (failure) {
      const isConflict = entry !== null && failure instanceof PlugboardError && failure.status === 412;
      if (isConflict) setConflict({ failure, mine: document, theirs: await current(name) });
      else setError(failure);
    } finally {
      setBusy(false);
    }
  };
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const name = entry?.name ?? textIn(form, look.nameField).trim();
    void write(name, documentOf(entry?.document ?? {}, others, form), entry?.etag ?? null);
  };
  return (
    <form className={styles["form"]} onSubmit={submit}>
      {sectionsOf(look, fields, entry === null).map(({ title, fields: shown }) => (
        <fieldset key={title} className={styles["section"]}>
          <legend className={look.sections.length === 1 ? "visually-hidden" : undefined}>{title}</legend>
          {shown.map(([field, own]) => (
            <EntryControl
              key={field.name}
              field={field.name === look.nameField ? { ...field, isRequired: true } : field}
              look={own}
              document={entry?.document ?? {}}
            />
          ))}
        </fieldset>
      ))}
      {error === null ? null : <Notice tone="bad">{sentenceOf(error)}</Notice>}
      {conflict === null || entry === null ? null : (
        <ConflictNotice
          conflict={conflict}
          onReload={onReload}
          onKeep={(etag) => void write(entry.name, conflict.mine, etag)}
        />
      )}
      <footer className={styles["foot"]}>
        {onCancel === undefined ? null : <Button onClick={onCancel}>Cancel</Button>}
        <Button type="submit" variant="primary" busy={busy}>
          {entry === null ? "Add" : "Save"}
        </Button>
      </footer>
    </form>
  );
}

type ShownField = readonly [field: EntryField, look: FieldLook];

function sectionsOf(look: EntryLook, fields: readonly EntryField[], isNew: boolean) {
  const named = new Set(look.sections.flatMap((section) => Object.keys(section.fields)));
  const known = look.sections.map(({ title, fields: looks }) => ({
    title,
    fields: Object.entries(looks).flatMap(([name, own]): ShownField[] => {
      const field = fields.find((each) => each.name === name);
      return field === undefined || (name === look.nameField && !isNew) ? [] : [[field, own]];
    }),
  }));
  const rest = fields.filter(({ name }) => !named.has(name) && name !== look.nameField);
  const more = { title: "More", fields: rest.map((field): ShownField => [field, { label: field.name }]) };
  return [...known, more].filter((section) => section.fields.length > 0);
}

interface EntryControlProps {
  readonly field: EntryField;
  readonly look: FieldLook;
  readonly document: EntryDocument;
}

function EntryControl({ field, look, document }: EntryControlProps) {
  const { name, kind, isRequired, options, least, most } = field;
  const value = document[name] ?? field.fallback;
  const choices = look.choices ?? (kind === "choice" ? Object.fromEntries(options.map((each) => [each, each])) : null);
  const hint = look.hint ?? <Described text={field.description} />;
  const common = { name, label: look.label, hint };
  if (kind === "list" && choices !== null) return <Picks {...common} choices={choices} value={value} />;
  if (choices !== null)
    return (
      <SelectField {...common} defaultValue={shownValue(value)}>
        {Object.entries(withOwn(choices, shownValue(value))).map(([choice, words]) => (
          <option key={choice} value={choice}>
            {words}
          </option>
        ))}
      </SelectField>
    );
  if (kind === "switch")
    return <CheckField name={name} label={look.label} hint={hint} defaultChecked={value === true} />;
  if (kind === "list")
    return <TextArea {...common} mono rows={3} defaultValue={shownValue(value)} spellCheck={false} />;
  const isSecret = name === "password";
  return (
    <TextField
      {...common}
      type={isSecret ? "password" : "text"}
      inputMode={kind === "number" ? "decimal" : "text"}
      autoComplete={isSecret ? "new-password" : "off"}
      defaultValue={shownValue(value)}
      placeholder={look.placeholder ?? ""}
      {...(kind === "number" && least !== undefined ? { title: `From ${least} to ${most}` } : {})}
      required={isRequired}
    />
  );
}

/** A value that is no longer among the choices, such as a trunk that was removed, stays what it is. */
function withOwn(choices: Readonly<Record<string, string>>, value: string): Readonly<Record<string, string>> {
  return Object.hasOwn(choices, value) ? choices : { ...choices, [value]: `${value} (unknown)` };
}

interface PicksProps {
  readonly name: string;
  readonly label: string;
  readonly hint: React.ReactNode;
  readonly choices: Readonly<Record<string, string>>;
  readonly value: unknown;
}

/** Any number of a list, each a box to tick; those chosen come first, in their order. */
function Picks({ name, label, hint, choices, value }: PicksProps) {
  const chosen = Array.isArray(value) ? value.map(String) : [];
  const all = [...chosen, ...Object.keys(choices).filter((each) => !chosen.includes(each))];
  return (
    <fieldset className={styles["picks"]}>
      <legend>{label}</legend>
      <p>{all.length === 0 ? "There is nobody to choose yet." : hint}</p>
      {all.map((each) => (
        <CheckField
          key={each}
          name={name}
          value={each}
          label={choices[each] ?? `${each} (unknown)`}
          defaultChecked={chosen.includes(each)}
        />
      ))}
    </fieldset>
  );
}

interface Conflict {
  readonly failure: unknown;
  readonly mine: EntryDocument;
  /** Undefined: it was removed. */
  readonly theirs: Entry | undefined;
}

interface ConflictNoticeProps {
  readonly conflict: Conflict;
  readonly onReload: (entry: Entry | null) => void;
  readonly onKeep: (etag: string | null) => void;
}

/** Somebody else was first: says who, what differs, and leaves the choice. */
function ConflictNotice({ conflict: { failure, mine, theirs }, onReload, onKeep }: ConflictNoticeProps) {
  const names = new Set([...Object.keys(mine), ...Object.keys(theirs?.document ?? {})]);
  const differing = [...names].filter((name) => shownValue(mine[name]) !== shownValue(theirs?.document[name]));
  return (
    <div className={styles["conflict"]}>
      <Notice tone="bad">
        {sentenceOf(failure)}{" "}
        {theirs === undefined
          ? "It was removed meanwhile."
          : `${theirs.changed_by} changed it at ${new Date(theirs.changed_at).toLocaleTimeString()}.`}
      </Notice>
      {theirs === undefined || differing.length === 0 ? null : (
        <dl className={styles["differences"]}>
          {differing.map((name) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{`${shownValue(theirs.document[name]) || "left out"} there, ${shownValue(mine[name]) || "left out"} here`}</dd>
            </div>
          ))}
        </dl>
      )}
      <div className={styles["foot"]}>
        {theirs === undefined ? null : <Button onClick={() => onReload(theirs)}>Take theirs</Button>}
        <Button variant="danger" onClick={() => onKeep(theirs?.etag ?? null)}>
          {theirs === undefined ? "Add it again" : "Save mine over it"}
        </Button>
      </div>
    </div>
  );
}
