import styles from "./mark.module.css";

/** The name of the product, with its sign: two sockets and the cord between them. */
export function Mark() {
  return (
    <span className={styles["mark"]}>
      <svg viewBox="0 0 32 32" width="22" height="22" aria-hidden="true">
        <rect className={styles["ground"]} width="32" height="32" rx="8" />
        <g className={styles["cord"]}>
          <path d="M10 21V13.5a3.5 3.5 0 0 1 7 0v5a3.5 3.5 0 0 0 7 0V11" />
          <circle cx="10" cy="22.5" r="1.4" />
          <circle cx="24" cy="9.5" r="1.4" />
        </g>
      </svg>
      Plugboard
    </span>
  );
}
