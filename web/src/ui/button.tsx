import { createLink } from "@tanstack/react-router";
import type { AnchorHTMLAttributes, ButtonHTMLAttributes, ComponentType, ReactNode, Ref } from "react";
import styles from "./button.module.css";
import { classes } from "./classes.ts";

interface Look {
  /** `primary`: the one thing a page is for. `danger`: what can't be undone. `quiet`: no frame until it is pointed at. */
  readonly variant?: "primary" | "plain" | "quiet" | "danger";
  readonly size?: "m" | "s";
  readonly icon?: ComponentType<{ readonly size?: number }>;
  readonly children?: ReactNode;
}

type ButtonProps = Look &
  ButtonHTMLAttributes<HTMLButtonElement> & {
    /** What was asked for is on its way: says so, and can't be pressed again. */
    readonly busy?: boolean;
    readonly ref?: Ref<HTMLButtonElement>;
  };

/** A button; without children `aria-label` must say what it does. */
export function Button({ variant, size, icon, children, busy = false, className, type, ...rest }: ButtonProps) {
  return (
    <button
      type={type ?? "button"}
      className={classes(lookOf({ variant, size, children }), busy && styles["busy"], className)}
      aria-busy={busy || undefined}
      {...rest}
      disabled={rest.disabled === true || busy}
    >
      <Content icon={icon}>{children}</Content>
    </button>
  );
}

type AnchorProps = Look & AnchorHTMLAttributes<HTMLAnchorElement> & { readonly ref?: Ref<HTMLAnchorElement> };

/** A link that looks like a button, to an address outside the pages, such as a download. */
export function ButtonAnchor({ variant, size, icon, children, className, ...rest }: AnchorProps) {
  return (
    <a className={classes(lookOf({ variant, size, children }), className)} {...rest}>
      <Content icon={icon}>{children}</Content>
    </a>
  );
}

/** A link to a page that looks like a button. */
export const ButtonLink = createLink(ButtonAnchor);

function Content({ icon: Icon, children }: { readonly icon: Look["icon"]; readonly children: ReactNode }) {
  return (
    <>
      {Icon === undefined ? null : <Icon size={15} />}
      {children}
    </>
  );
}

function lookOf({ variant = "plain", size = "m", children }: { [Key in keyof Look]: Look[Key] | undefined }): string {
  const isIcon = children === undefined || children === null;
  return classes(styles["button"], styles[variant], size === "s" && styles["small"], isIcon && styles["icon"]);
}
