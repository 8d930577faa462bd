import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useAccount, useApi } from "../../api/account.ts";
import { groupsQuery } from "../../api/groups.ts";
import { numbersQuery } from "../../api/numbers.ts";
import { CheckField, SelectField, TextArea, TextField } from "../../ui/field.tsx";
import type { FormField } from "./catalogue.ts";
import type { AppletDraft } from "./document.ts";
import { isRecord } from "./document.ts";
import type { AppletFinding } from "./findings.ts";
import { sentenceOfFinding } from "./findings.ts";
import styles from "./side-panel.module.css";
import { TryUrl } from "./try-url.tsx";

interface FieldInputProps {
  readonly field: FormField;
  readonly applet: AppletDraft;
  readonly value: unknown;
  readonly findings: readonly AppletFinding[];
  readonly onChange: (value: unknown) => void;
}

/** A field of an applet's form, and what the platform says about its value. */
export function FieldInput({ findings, ...props }: FieldInputProps) {
  const error = findings.find(({ level }) => level === "error");
  const warnings = findings.filter(({ level }) => level === "warning");
  return (
    <div className={styles["field"]}>
      <Control {...props} error={error === undefined ? null : sentenceOfFinding(error)} />
      {warnings.map((warning) => (
        <p key={warning.message} className={styles["warning"]}>
          {sentenceOfFinding(warning)}
        </p>
      ))}
    </div>
  );
}

interface ControlProps extends Omit<FieldInputProps, "findings"> {
  readonly error: string | null;
}

function Control(props: ControlProps) {
  const { field, value, error, onChange } = props;
  const labels = { label: labelOf(field), hint: field.help, error };
  const text = typeof value === "string" ? value : value === undefined ? "" : JSON.stringify(value);
  switch (field.input.kind) {
    case "boolean":
      return <BooleanControl {...props} />;
    case "choice":
      return <ChoiceControl {...props} options={field.input.options} fallback={field.input.default} />;
    case "number":
      return <NumberControl {...props} input={field.input} />;
    case "say":
      return <SayControl {...props} />;
    case "numbers":
    case "hours":
      return <LinesControl {...props} />;
    case "group":
    case "exophone":
      return <NamedControl {...props} kind={field.input.kind} />;
    case "url":
      return <UrlControl {...props} use={field.input.use} />;
    case "long_text":
      return <TextArea {...labels} value={text} onChange={({ target }) => onChange(target.value)} />;
    case "text":
      return <TextField {...labels} value={text} onChange={({ target }) => onChange(target.value)} />;
    case "applet":
    case "keys":
    default:
      return null;
  }
}

function labelOf({ label, required, input }: FormField): string {
  return required || input.kind === "choice" || input.kind === "number" ? label : `${label} (optional)`;
}

function BooleanControl({ field, value, onChange, error }: ControlProps) {
  return (
    <>
      <CheckField
        label={field.label}
        hint={field.help}
        checked={value === true}
        onChange={({ target }) => onChange(target.checked ? true : undefined)}
      />
      {error === null ? null : <p className={styles["error"]}>{error}</p>}
    </>
  );
}

interface ChoiceControlProps extends ControlProps {
  readonly options: readonly { readonly value: string; readonly label: string }[];
  readonly fallback: string | undefined;
}

/** The option that counts without a choice is not written into the document, except where the field is all there is. */
function ChoiceControl({ field, value, error, onChange, options, fallback }: ChoiceControlProps) {
  const without = field.required ? "" : (fallback ?? options[0]?.value);
  const chosen = typeof value === "string" ? value : without;
  const isKnown = options.some((option) => option.value === chosen);
  return (
    <SelectField
      label={field.label}
      hint={field.help}
      error={error}
      value={chosen}
      onChange={({ target }) => onChange(target.value === without ? undefined : target.value)}
    >
      {isKnown ? null : <option value={chosen}>{chosen === "" ? "choose one" : chosen}</option>}
      {options.map((option) => (
        <option key={option.value} value={option.value}>
          {option.label}
        </option>
      ))}
    </SelectField>
  );
}

interface NumberControlProps extends ControlProps {
  readonly input: Extract<FormField["input"], { readonly kind: "number" }>;
}

function NumberControl({ field, value, error, onChange, input }: NumberControlProps) {
  const { min, max, unit } = input;
  const given = typeof value === "number" || typeof value === "string" ? String(value) : "";
  return (
    <TextField
      label={`${field.label} (${unit})`}
      hint={`${field.help} ${min} to ${max}; ${input.default} if left empty.`}
      error={error}
      inputMode="numeric"
      placeholder={String(input.default)}
      value={given}
      onChange={({ target }) => onChange(numberIn(target.value))}
    />
  );
}

/** What can't be read as a number stays as it is, so that the platform says what is allowed. */
function numberIn(text: string): unknown {
  return /^-?\d+$/.test(text.trim()) ? Number(text) : text;
}

/** One entry a line. What was typed stays, spaces and empty lines included, until the document changes otherwise. */
function LinesControl({ field, value, error, onChange }: ControlProps) {
  const lines = Array.isArray(value) ? value.map(String) : [];
  const [text, setText] = useState(lines.join("\n"));
  const shown = linesIn(text).join("\n") === lines.join("\n") ? text : lines.join("\n");
  return (
    <TextArea
      label={labelOf(field)}
      hint={field.help}
      error={error}
      mono
      rows={3}
      value={shown}
      onChange={({ target }) => {
        setText(target.value);
        onChange(linesIn(target.value));
      }}
    />
  );
}

function linesIn(text: string): readonly string[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
}

function UrlControl({
  field,
  applet,
  value,
  error,
  onChange,
  use,
}: ControlProps & { readonly use: string | undefined }) {
  const url = typeof value === "string" ? value : "";
  return (
    <>
      <TextField
        label={labelOf(field)}
        hint={field.help}
        error={error}
        mono
        inputMode="url"
        placeholder="https://"
        spellCheck={false}
        value={url}
        onChange={({ target }) => onChange(target.value)}
      />
      {use === undefined || url === "" ? null : <TryUrl key={url} url={url} use={use} applet={applet} />}
    </>
  );
}

/** A group or a number of the account, chosen by its name. */
function NamedControl({ field, value, error, onChange, kind }: ControlProps & { readonly kind: "group" | "exophone" }) {
  const [api, account] = [useApi(), useAccount()];
  const groups = useQuery({ ...groupsQuery(api, account), enabled: kind === "group" });
  const numbers = useQuery({ ...numbersQuery(api, account), enabled: kind === "exophone" });
  const offered = kind === "group" ? (groups.data ?? []) : (numbers.data ?? []).map(({ number }) => number);
  const given = typeof value === "string" ? value : "";
  const hint =
    kind === "group" && groups.data?.length === 0 ? "The account has no group yet: add one under Groups." : field.help;
  return (
    <SelectField
      label={labelOf(field)}
      hint={hint}
      error={error}
      value={given}
      onChange={({ target }) => onChange(target.value === "" && !field.required ? undefined : target.value)}
    >
      <option value="">{field.required ? "choose one" : "none"}</option>
      {given === "" || offered.includes(given) ? null : <option value={given}>{given}</option>}
      {offered.map((name) => (
        <option key={name}>{name}</option>
      ))}
    </SelectField>
  );
}

const SAY_KINDS = {
  text: "A text, spoken",
  audio_url: "Audio from a URL",
  audio_file: "An uploaded file",
  url: "A URL answers what to play",
} as const;
type SayKind = keyof typeof SAY_KINDS;

/** A prompt. That of a Gather's answer takes a text or an audio URL only. */
function SayControl({ field, applet, value, error, onChange }: ControlProps) {
  const prompt = isRecord(value) ? value : {};
  const isInAnswer = field.path.startsWith("parameters.");
  const kinds = (Object.keys(SAY_KINDS) as SayKind[]).filter(
    (kind) => !isInAnswer || /^(?:text|audio_url)$/.test(kind),
  );
  const kind = kinds.find((each) => prompt[each] !== undefined) ?? null;
  const given = kind === null ? "" : prompt[kind];
  const text = typeof given === "string" ? given : "";
  const choose = (chosen: string): void => onChange(chosen === "" ? undefined : { [chosen]: "" });
  return (
    <>
      <SelectField
        label={labelOf(field)}
        hint={field.help}
        error={kind === null ? error : null}
        value={kind ?? ""}
        onChange={({ target }) => choose(target.value)}
      >
        {field.required && kind !== null ? null : <option value="">nothing</option>}
        {kinds.map((each) => (
          <option key={each} value={each}>
            {SAY_KINDS[each]}
          </option>
        ))}
      </SelectField>
      {kind === null ? null : (
        <SayText
          label={field.label}
          kind={kind}
          text={text}
          error={error}
          onChange={(said) => onChange({ [kind]: said })}
        />
      )}
      {kind === "url" && text !== "" ? <TryUrl key={text} url={text} use="greeting" applet={applet} /> : null}
    </>
  );
}

interface SayTextProps {
  readonly label: string;
  readonly kind: SayKind;
  readonly text: string;
  readonly error: string | null;
  readonly onChange: (text: string) => void;
}

function SayText({ label, kind, text, error, onChange }: SayTextProps) {
  if (kind === "text")
    return (
      <TextArea
        label={`${label}: text`}
        error={error}
        rows={3}
        value={text}
        onChange={({ target }) => onChange(target.value)}
      />
    );
  const what = kind === "audio_file" ? "file" : "URL";
  return (
    <TextField
      label={`${label}: ${what}`}
      error={error}
      mono
      placeholder={kind === "audio_file" ? "welcome.wav" : "https://"}
      value={text}
      onChange={({ target }) => onChange(target.value)}
    />
  );
}
