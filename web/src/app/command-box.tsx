import { Dialog } from "@base-ui/react/dialog";
import { useQuery } from "@tanstack/react-query";
import { Search } from "lucide-react";
import type { KeyboardEvent } from "react";
import { useDeferredValue, useId, useState } from "react";
import { useAccount, useApi } from "../api/account.ts";
import { classes } from "../ui/classes.ts";
import styles from "./command-box.module.css";
import type { Command } from "./commands.ts";
import { foundCallsQuery, useCommands } from "./commands.ts";

interface CommandBoxProps {
  readonly open: boolean;
  readonly onClose: () => void;
}

/** Ctrl K: goes to any page, finds calls and numbers, and does what needs no page. */
export function CommandBox({ open, onClose }: CommandBoxProps) {
  return (
    <Dialog.Root open={open} onOpenChange={(isOpen) => !isOpen && onClose()}>
      <Dialog.Portal>
        <Dialog.Backdrop className={styles["backdrop"]} />
        <Dialog.Popup className={styles["popup"]}>
          <Dialog.Title className="visually-hidden">Search and commands</Dialog.Title>
          <SearchList onClose={onClose} />
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function SearchList({ onClose }: Pick<CommandBoxProps, "onClose">) {
  const [text, setText] = useState("");
  const [active, setActive] = useState(0);
  const id = useId();
  const commands = useFound(text);
  const run = (command: Command | undefined): void => {
    if (command === undefined) return;
    onClose();
    command.run();
  };
  const press = (event: KeyboardEvent): void => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) setActive((active + step + commands.length) % Math.max(1, commands.length));
    else if (event.key === "Enter") run(commands[active]);
    else return;
    event.preventDefault();
  };
  return (
    <>
      <div className={styles["field"]}>
        <Search size={16} />
        <input
          autoFocus
          role="combobox"
          aria-expanded
          aria-controls={`${id}-list`}
          aria-activedescendant={commands[active] === undefined ? undefined : `${id}-${active}`}
          aria-label="Search pages, calls and numbers"
          placeholder="Search pages, calls and numbers"
          value={text}
          onChange={({ target }) => {
            setText(target.value);
            setActive(0);
          }}
          onKeyDown={press}
        />
        <kbd>Esc</kbd>
      </div>
      <Results id={id} commands={commands} active={active} onPoint={setActive} onChoose={run} />
    </>
  );
}

interface ResultsProps {
  readonly id: string;
  readonly commands: readonly Command[];
  readonly active: number;
  readonly onPoint: (index: number) => void;
  readonly onChoose: (command: Command) => void;
}

function Results({ id, commands, active, onPoint, onChoose }: ResultsProps) {
  if (commands.length === 0)
    return (
      <p className={styles["nothing"]} role="status">
        Nothing found. Calls are found by a whole number, such as +919812345678, or by their sid.
      </p>
    );
  return (
    <div role="listbox" id={`${id}-list`} aria-label="Results" className={styles["list"]}>
      {commands.map((command, index) => {
        const { icon: Icon, label, detail, group } = command;
        const isFirst = commands[index - 1]?.group !== group;
        return (
          <div key={command.id} role="presentation">
            {isFirst ? (
              <div className={styles["group"]} aria-hidden="true">
                {group}
              </div>
            ) : null}
            <div
              role="option"
              id={`${id}-${index}`}
              aria-selected={index === active}
              className={classes(styles["option"], index === active && styles["active"])}
              ref={(element) => {
                if (index === active) element?.scrollIntoView({ block: "nearest" });
              }}
              onPointerMove={() => onPoint(index)}
              onClick={() => onChoose(command)}
            >
              <Icon size={15} />
              <span className={styles["label"]}>{label}</span>
              {detail === undefined ? null : <span className={styles["detail"]}>{detail}</span>}
            </div>
          </div>
        );
      })}
    </div>
  );
}

/** The commands that match, then the calls. */
function useFound(text: string): readonly Command[] {
  const { commands, ofCall } = useCommands();
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const matching = commands.filter(({ label, detail = "", group }) => {
    const all = `${label} ${detail} ${group}`.toLowerCase();
    return words.every((word) => all.includes(word));
  });
  const wanted = useDeferredValue(text.trim());
  const calls = useQuery(foundCallsQuery(useApi(), useAccount(), wanted));
  return [...matching, ...(calls.data ?? []).map(ofCall)];
}
