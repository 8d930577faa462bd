import { Plus } from "lucide-react";
import { palette } from "./catalogue.ts";
import { useEditor } from "./editor.ts";
import styles from "./flow-editor.module.css";

/** Every kind of applet. Adding one leads the chosen line to it, if a line is chosen. */
export function Palette() {
  const { add, line } = useEditor();
  return (
    <section className={styles["palette"]} aria-label="Applets to add" tabIndex={-1}>
      <h2>Add an applet</h2>
      {palette.map(({ type, form }) => (
        <button key={type} type="button" title={form.summary} onClick={() => add(type, line ?? undefined)}>
          <Plus size={14} aria-hidden="true" />
          {form.title}
        </button>
      ))}
    </section>
  );
}
