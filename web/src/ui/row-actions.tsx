import { Pencil, Trash2 } from "lucide-react";
import { useMay } from "../api/account.ts";
import { Button } from "./button.tsx";
import styles from "./list.module.css";
import { ADMINS_ONLY } from "./not-allowed.tsx";

interface RowActionsProps {
  /** What the row is about, for readers. */
  readonly name: string;
  readonly onEdit?: () => void;
  readonly onDelete: () => void;
}

/** At the end of a row: change it, delete it. Disabled, with the reason, for who may not. */
export function RowActions({ name, onEdit, onDelete }: RowActionsProps) {
  const may = useMay("admin");
  const common = { variant: "quiet", size: "s", disabled: !may } as const;
  const title = (what: string): string => (may ? what : ADMINS_ONLY);
  return (
    <span className={styles["above"]}>
      {onEdit === undefined ? null : (
        <Button {...common} icon={Pencil} aria-label={`Change ${name}`} title={title("Change")} onClick={onEdit} />
      )}
      <Button {...common} icon={Trash2} aria-label={`Delete ${name}`} title={title("Delete")} onClick={onDelete} />
    </span>
  );
}
