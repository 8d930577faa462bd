import { Search } from "lucide-react";
import { Field } from "./field.tsx";
import styles from "./search-field.module.css";

interface SearchFieldProps {
  /** What is searched, such as `Search keys`. */
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
}

/** Narrows the list below it while one writes. Escape empties it. */
export function SearchField({ label, value, onChange }: SearchFieldProps) {
  return (
    <Field label={label} hideLabel className={styles["search"]}>
      {(control) => (
        <>
          <Search size={14} />
          <input
            {...control}
            type="search"
            placeholder={label}
            value={value}
            autoComplete="off"
            onChange={({ target }) => onChange(target.value)}
            onKeyDown={({ key }) => key === "Escape" && onChange("")}
          />
        </>
      )}
    </Field>
  );
}

/** Whether a row has all the words that were entered, wherever they stand. */
export function hasWords(text: string, search: string): boolean {
  const within = text.toLowerCase();
  const words = search.toLowerCase().split(/\s+/);
  return words.every((word) => within.includes(word));
}

/** The words of a search in the address of a page. */
export function searchIn(given: Readonly<Record<string, unknown>>): { readonly q?: string } {
  const { q } = given;
  return (typeof q === "string" || typeof q === "number") && q !== "" ? { q: String(q) } : {};
}
