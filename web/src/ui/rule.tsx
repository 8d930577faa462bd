import styles from "./rule.module.css";

/** Rules of the contract that something follows, small, after what they explain. */
export function Rules({ of }: { readonly of: readonly (string | null)[] }) {
  const rules = of.filter((rule) => rule !== null);
  return rules.map((rule) => (
    <span key={rule} className={styles["rule"]} title="Rule of the contract">
      {rule}
    </span>
  ));
}
