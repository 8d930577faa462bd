import { Check, Copy } from "lucide-react";
import { useState } from "react";
import { Button } from "./button.tsx";
import { sayFailure } from "./toast.tsx";

/** ms for which the tick stays. */
const TICK_MS = 1500;

/** Copies a text. `what`: what it is, such as `call sid`. */
export function CopyButton({ text, what }: { readonly text: string; readonly what: string }) {
  const [isCopied, setCopied] = useState(false);
  const copy = async (): Promise<void> => {
    try {
      await copyText(text);
      setCopied(true);
      setTimeout(() => setCopied(false), TICK_MS);
    } catch (error) {
      sayFailure(`The ${what} could not be copied`, error);
    }
  };
  const label = isCopied ? "Copied" : `Copy ${what}`;
  return (
    <Button
      variant="quiet"
      size="s"
      icon={isCopied ? Check : Copy}
      aria-label={label}
      title={label}
      onClick={() => void copy()}
    />
  );
}

/** Browsers offer their clipboard over https and on this machine only; elsewhere a selection is copied as by hand. */
async function copyText(text: string): Promise<void> {
  if (window.isSecureContext) return navigator.clipboard.writeText(text);
  const area = document.createElement("textarea");
  area.value = text;
  document.body.append(area);
  area.select();
  const isDone = document.execCommand("copy");
  area.remove();
  if (!isDone) throw new Error("This browser allows it on secure pages only (https).");
}
