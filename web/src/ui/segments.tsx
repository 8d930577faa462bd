import styles from "./segments.module.css";

interface SegmentsProps {
  readonly label: string;
  /** Null: none of them. */
  readonly value: string | null;
  readonly options: readonly string[];
  readonly onChoose: (option: string) => void;
}

/** A few views of the same thing, one at a time. */
export function Segments({ label, value, options, onChoose }: SegmentsProps) {
  return (
    <div role="group" aria-label={label} className={styles["segments"]}>
      {options.map((option) => (
        <button key={option} type="button" aria-pressed={option === value} onClick={() => onChoose(option)}>
          {option}
        </button>
      ))}
    </div>
  );
}
