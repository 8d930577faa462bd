import { useNavigate } from "@tanstack/react-router";
import { ListFilter, X } from "lucide-react";
import { useState } from "react";
import { useAccount } from "../../api/account.ts";
import { Button } from "../../ui/button.tsx";
import { FormDialog } from "../../ui/dialog.tsx";
import { SelectField, TextField } from "../../ui/field.tsx";
import { Segments } from "../../ui/segments.tsx";
import type { CallFilters } from "./call-filters.ts";
import { activeFilters, FILTER_FIELDS, filtersOf, without } from "./call-filters.ts";
import styles from "./call-toolbar.module.css";

/** Views that are asked for all day. */
const VIEWS: readonly { readonly label: string; readonly filters: CallFilters }[] = [
  { label: "All", filters: {} },
  { label: "Live", filters: { status: "live" } },
  { label: "Connected", filters: { dial_call_status: "completed" } },
  { label: "Not connected", filters: { failed: "true" } },
];

/** Views, filters, and those that are set. */
export function CallToolbar({ filters }: { readonly filters: CallFilters }) {
  const navigate = useNavigate();
  const account = useAccount();
  const [open, setOpen] = useState(false);
  const use = (search: CallFilters): void =>
    void navigate({ to: "/a/$account/calls", params: { account }, search, replace: true });
  const view = VIEWS.find((each) => JSON.stringify(each.filters) === JSON.stringify(filters));
  return (
    <>
      <Segments
        label="View"
        value={view?.label ?? null}
        options={VIEWS.map(({ label }) => label)}
        onChoose={(label) => use(VIEWS.find((each) => each.label === label)?.filters ?? {})}
      />
      <Button icon={ListFilter} onClick={() => setOpen(true)}>
        Filter
      </Button>
      {view === undefined ? <Chips filters={filters} onChange={use} /> : null}
      <FilterDialog open={open} onClose={() => setOpen(false)} filters={filters} onUse={use} />
    </>
  );
}

interface ChipsProps {
  readonly filters: CallFilters;
  readonly onChange: (filters: CallFilters) => void;
}

function Chips({ filters, onChange }: ChipsProps) {
  return activeFilters(filters).map(({ name, label, text }) => (
    <button
      key={name}
      type="button"
      className={styles["chip"]}
      onClick={() => onChange(without(filters, name))}
      aria-label={`Remove the filter ${label}: ${text}`}
    >
      <span>{label}</span> {text}
      <X size={13} />
    </button>
  ));
}

interface FilterDialogProps {
  readonly open: boolean;
  readonly onClose: () => void;
  readonly filters: CallFilters;
  readonly onUse: (filters: CallFilters) => void;
}

function FilterDialog({ open, onClose, filters, onUse }: FilterDialogProps) {
  const submit = async (form: FormData): Promise<void> => onUse(filtersOf(Object.fromEntries(form)));
  return (
    <FormDialog
      open={open}
      onClose={onClose}
      title="Filter calls"
      description="A call must match everything that is set."
      verb="Show calls"
      onSubmit={submit}
    >
      <div className={styles["fields"]}>
        {FILTER_FIELDS.map((field) => (
          <FilterControl key={field.name} field={field} value={filters[field.name]} />
        ))}
      </div>
    </FormDialog>
  );
}

interface FilterControlProps {
  readonly field: (typeof FILTER_FIELDS)[number];
  readonly value: string | number | undefined;
}

function FilterControl({ field: { name, label, hint, kind, options = {} }, value }: FilterControlProps) {
  const given = { name, label, ...(hint === undefined ? {} : { hint }) };
  if (kind === "choice")
    return (
      <SelectField {...given} defaultValue={value ?? ""}>
        <option value="">any</option>
        {Object.entries(options).map(([choice, words]) => (
          <option key={choice} value={choice}>
            {words}
          </option>
        ))}
      </SelectField>
    );
  if (kind === "instant") return <TextField {...given} type="datetime-local" defaultValue={localInstant(value)} />;
  return <TextField {...given} inputMode={kind === "number" ? "numeric" : "text"} defaultValue={value ?? ""} />;
}

/** An instant as the field of a browser takes it: in its own time zone, to the minute. */
function localInstant(value: string | number | undefined): string {
  if (value === undefined) return "";
  const date = new Date(value);
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
