import { useEffect, useState } from "react";
import { durationText } from "./format.tsx";

/** ms between two figures. */
const STEP_MS = 1000;

/** Time that passes, since an instant. */
export function Elapsed({ since }: { readonly since: string }) {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), STEP_MS);
    return () => clearInterval(timer);
  }, []);
  const seconds = Math.max(0, Math.floor((now - Date.parse(since)) / 1000));
  return seconds < 60 ? `${seconds} s` : durationText(seconds * 1000);
}
