import { Menu as BaseMenu } from "@base-ui/react/menu";
import { Check } from "lucide-react";
import type { ComponentType, ReactElement, ReactNode } from "react";
import styles from "./menu.module.css";

interface MenuProps {
  /** The button that opens it. */
  readonly trigger: ReactElement;
  readonly align?: "start" | "end";
  readonly side?: "top" | "bottom";
  readonly children: ReactNode;
}

/** A list of actions that opens from a button. */
export function Menu({ trigger, align = "end", side = "bottom", children }: MenuProps) {
  return (
    <BaseMenu.Root>
      <BaseMenu.Trigger render={trigger} />
      <BaseMenu.Portal>
        <BaseMenu.Positioner align={align} side={side} sideOffset={6} className={styles["positioner"]}>
          <BaseMenu.Popup className={styles["popup"]}>{children}</BaseMenu.Popup>
        </BaseMenu.Positioner>
      </BaseMenu.Portal>
    </BaseMenu.Root>
  );
}

interface MenuItemProps {
  readonly icon?: ComponentType<{ readonly size?: number }>;
  readonly onSelect?: () => void;
  readonly danger?: boolean;
  /** Another element in the item's place, such as a link. */
  readonly render?: ReactElement;
  readonly children: ReactNode;
}

export function MenuItem({ icon: Icon, onSelect, danger = false, render, children }: MenuItemProps) {
  return (
    <BaseMenu.Item
      className={styles["item"]}
      data-danger={danger || undefined}
      {...(onSelect === undefined ? {} : { onClick: onSelect })}
      {...(render === undefined ? {} : { render })}
    >
      {Icon === undefined ? <span className={styles["noIcon"]} /> : <Icon size={15} />}
      {children}
    </BaseMenu.Item>
  );
}

interface MenuChoiceProps {
  readonly label: string;
  readonly value: string;
  readonly onChoose: (value: string) => void;
  readonly options: readonly { readonly value: string; readonly label: string }[];
}

/** One of several, inside a menu. */
export function MenuChoice({ label, value, onChoose, options }: MenuChoiceProps) {
  return (
    <BaseMenu.Group>
      <BaseMenu.GroupLabel className={styles["groupLabel"]}>{label}</BaseMenu.GroupLabel>
      <BaseMenu.RadioGroup value={value} onValueChange={(chosen: string) => onChoose(chosen)}>
        {options.map((option) => (
          <BaseMenu.RadioItem key={option.value} value={option.value} className={styles["item"]}>
            <span className={styles["noIcon"]}>
              <BaseMenu.RadioItemIndicator>
                <Check size={15} />
              </BaseMenu.RadioItemIndicator>
            </span>
            {option.label}
          </BaseMenu.RadioItem>
        ))}
      </BaseMenu.RadioGroup>
    </BaseMenu.Group>
  );
}

export function MenuSeparator() {
  return <BaseMenu.Separator className={styles["separator"]} />;
}
