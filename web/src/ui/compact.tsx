import type { ReactNode } from "react";
import styles from "./list.module.css";

/** A row where there is room for one column: four things on two lines, the second ones at the right edge. */
export function CompactRow({ children }: { readonly children: ReactNode }) {
  return <div className={styles["compact"]}>{children}</div>;
}

/** Several tags in one place. */
export function Tags({ children }: { readonly children: ReactNode }) {
  return <span className={styles["tags"]}>{children}</span>;
}
