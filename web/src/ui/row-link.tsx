import { createLink } from "@tanstack/react-router";
import type { AnchorHTMLAttributes, Ref } from "react";
import { classes } from "./classes.ts";
import styles from "./table.module.css";

type AnchorProps = AnchorHTMLAttributes<HTMLAnchorElement> & { readonly ref?: Ref<HTMLAnchorElement> };

function RowAnchor({ className, children, ...rest }: AnchorProps) {
  return (
    <a className={classes(styles["rowLink"], className)} {...rest}>
      {children}
    </a>
  );
}

/** The link of a table's row: a click anywhere on the row follows it. */
export const RowLink = createLink(RowAnchor);
