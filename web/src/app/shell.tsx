import { Dialog } from "@base-ui/react/dialog";
import { useSuspenseQuery } from "@tanstack/react-query";
import { Outlet, useLocation } from "@tanstack/react-router";
import { Menu as MenuIcon, Search, X } from "lucide-react";
import { useEffect, useState } from "react";
import { useAccount } from "../api/account.ts";
import type { FeedState } from "../api/feed.ts";
import { useFeedChanges } from "../api/feed-changes.ts";
import { accountsQuery } from "../api/session.ts";
import { Button } from "../ui/button.tsx";
import { CommandBox } from "./command-box.tsx";
import { rememberAccount } from "./last-account.ts";
import { Mark } from "./mark.tsx";
import { Navigation } from "./navigation.tsx";
import { NotFound } from "./route-states.tsx";
import styles from "./shell.module.css";
import { useShortcuts } from "./shortcuts.ts";
import { ShortcutHelp } from "./shortcut-help.tsx";
import { UserMenu } from "./user-menu.tsx";

/** The frame around every page of an account: navigation, search, and what must work from everywhere. */
export function Shell() {
  const account = useAccount();
  const { data: accounts } = useSuspenseQuery(accountsQuery);
  useEffect(() => rememberAccount(account), [account]);
  return accounts.some(({ sid }) => sid === account) ? <KnownAccount key={account} /> : <NotFound />;
}

function KnownAccount() {
  const feed = useFeedChanges(useAccount());
  const [open, setOpen] = useState<"command" | "help" | "menu" | null>(null);
  const close = (): void => setOpen(null);
  useShortcuts({ onCommand: () => setOpen("command"), onHelp: () => setOpen("help") });
  return (
    <div className={styles["shell"]}>
      <a href="#main" className={styles["skip"]}>
        Skip to the content
      </a>
      <aside className={styles["side"]}>
        <SideBar onSearch={() => setOpen("command")} onHelp={() => setOpen("help")} />
      </aside>
      <header className={styles["bar"]}>
        <Button variant="quiet" icon={MenuIcon} aria-label="Open the navigation" onClick={() => setOpen("menu")} />
        <Mark />
        <Button variant="quiet" icon={Search} aria-label="Search" onClick={() => setOpen("command")} />
      </header>
      <FeedLost state={feed} />
      <main id="main" tabIndex={-1} className={styles["main"]}>
        <Outlet />
      </main>
      <Drawer open={open === "menu"} onClose={close}>
        <SideBar onSearch={() => setOpen("command")} onHelp={() => setOpen("help")} />
      </Drawer>
      <CommandBox open={open === "command"} onClose={close} />
      <ShortcutHelp open={open === "help"} onClose={close} />
    </div>
  );
}

function SideBar({ onSearch, onHelp }: { readonly onSearch: () => void; readonly onHelp: () => void }) {
  return (
    <>
      <div className={styles["sideTop"]}>
        <Mark />
      </div>
      <button type="button" className={styles["search"]} onClick={onSearch}>
        <Search size={14} />
        Search
        <kbd>Ctrl K</kbd>
      </button>
      <Navigation />
      <UserMenu onHelp={onHelp} />
    </>
  );
}

interface DrawerProps {
  readonly open: boolean;
  readonly onClose: () => void;
  readonly children: React.ReactNode;
}

/** The navigation on a phone. It closes when a page opens. */
function Drawer({ open, onClose, children }: DrawerProps) {
  const { pathname } = useLocation();
  useEffect(onClose, [pathname]);
  return (
    <Dialog.Root open={open} onOpenChange={(isOpen) => !isOpen && onClose()}>
      <Dialog.Portal>
        <Dialog.Backdrop className={styles["backdrop"]} />
        <Dialog.Popup className={styles["drawer"]}>
          <Dialog.Title className="visually-hidden">Navigation</Dialog.Title>
          <Dialog.Close
            className={styles["closeDrawer"]}
            render={<Button variant="quiet" icon={X} aria-label="Close the navigation" />}
          />
          {children}
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

/** What is shown may be old: says so until events arrive again. */
function FeedLost({ state }: { readonly state: FeedState }) {
  return (
    <div role="status" className={styles["status"]}>
      {state === "lost" ? <p>Connection lost. What you see may be out of date; reconnecting …</p> : null}
    </div>
  );
}
