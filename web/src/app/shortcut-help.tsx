import { Dialog } from "../ui/dialog.tsx";
import { Keys } from "../ui/keys.tsx";
import { useNavigationPages } from "./navigation.tsx";
import styles from "./shortcut-help.module.css";

/** Every key that works everywhere. */
export function ShortcutHelp({ open, onClose }: { readonly open: boolean; readonly onClose: () => void }) {
  const pages = useNavigationPages();
  const general = [
    ["Search and commands", ["Ctrl", "K"]],
    ["Next, previous row", ["↓", "↑"]],
    ["These shortcuts", ["?"]],
  ] as const;
  const places = pages.flatMap(({ label, letter }) => (letter === undefined ? [] : [[label, ["G", letter]] as const]));
  return (
    <Dialog open={open} onClose={onClose} title="Keyboard shortcuts">
      <dl className={styles["list"]}>
        {[...general, ...places].map(([label, keys]) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>
              <Keys of={keys} />
            </dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
