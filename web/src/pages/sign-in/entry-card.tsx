import type { ReactNode } from "react";
import { Mark } from "../../app/mark.tsx";
import styles from "./entry-card.module.css";

interface EntryCardProps {
  readonly title: string;
  readonly lead?: string | undefined;
  readonly children: ReactNode;
}

/** The frame of what is seen before signing in. */
export function EntryCard({ title, lead, children }: EntryCardProps) {
  return (
    <main className={styles["place"]}>
      <title>{`${title} · Plugboard`}</title>
      <div className={styles["card"]}>
        <Mark />
        <div>
          <h1>{title}</h1>
          {lead === undefined ? null : <p>{lead}</p>}
        </div>
        {children}
      </div>
    </main>
  );
}
