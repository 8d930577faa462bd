import { Button } from "./button.tsx";
import { CopyButton } from "./copy.tsx";
import { Dialog } from "./dialog.tsx";
import { Mono } from "./format.tsx";
import styles from "./secret-window.module.css";

interface SecretWindowProps {
  readonly open: boolean;
  readonly onClose: () => void;
  readonly title: string;
  readonly description: string;
  /** What is shown once, and what it is called. */
  readonly lines: readonly (readonly [name: string, secret: string])[];
}

/** Shows what the platform shows only once, each line with a button that copies it. */
export function SecretWindow({ lines, onClose, ...window }: SecretWindowProps) {
  return (
    <Dialog {...window} onClose={onClose}>
      <dl className={styles["lines"]}>
        {lines.map(([name, secret]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>
              <Mono>{secret}</Mono>
              <CopyButton text={secret} what={name.toLowerCase()} />
            </dd>
          </div>
        ))}
      </dl>
      <div className={styles["foot"]}>
        <Button variant="primary" onClick={onClose}>
          I have kept it
        </Button>
      </div>
    </Dialog>
  );
}
