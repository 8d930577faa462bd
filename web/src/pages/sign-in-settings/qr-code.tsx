import { encode } from "uqr";
import styles from "./sign-in-settings-page.module.css";

/** Squares of the margin that readers need. */
const MARGIN = 2;

/** A text as a picture for the camera of a phone; dark on light in both themes, as cameras expect it. */
export function QrCode({ text, label }: { readonly text: string; readonly label: string }) {
  const { data, size } = encode(text, { ecc: "M", border: MARGIN });
  const dark = data.flatMap((row, y) => row.flatMap((isDark, x) => (isDark ? [`M${x} ${y}h1v1h-1z`] : [])));
  return (
    <svg role="img" aria-label={label} viewBox={`0 0 ${size} ${size}`} className={styles["qr"]}>
      <path d={dark.join("")} />
    </svg>
  );
}
