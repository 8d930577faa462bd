import styles from "./keys.module.css";

/** Keys to press, as they are written on the keyboard. */
export function Keys({ of }: { readonly of: readonly string[] }) {
  return (
    <span className={styles["keys"]}>
      {of.map((key) => (
        <kbd key={key}>{key}</kbd>
      ))}
    </span>
  );
}
