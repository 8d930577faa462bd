import { useSuspenseQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { ChevronsUpDown, Keyboard, KeyRound, LogOut } from "lucide-react";
import { useAccount } from "../api/account.ts";
import { accountsQuery, sessionQuery } from "../api/session.ts";
import { Menu, MenuChoice, MenuItem, MenuSeparator } from "../ui/menu.tsx";
import { useSignOut } from "./sign-out.ts";
import type { Theme } from "./theme.ts";
import { useTheme } from "./theme.ts";
import styles from "./user-menu.module.css";

const THEMES: readonly { readonly value: Theme; readonly label: string }[] = [
  { value: "system", label: "As the system" },
  { value: "light", label: "Light" },
  { value: "dark", label: "Dark" },
];

/** Who is signed in and for which account; other accounts, the theme, and the way out. */
export function UserMenu({ onHelp }: { readonly onHelp: () => void }) {
  const { data: member } = useSuspenseQuery(sessionQuery);
  const account = useAccount();
  const [theme, setTheme] = useTheme();
  const signOut = useSignOut();
  if (member === null) return null;
  return (
    <div className={styles["foot"]}>
      <Menu
        side="top"
        align="start"
        trigger={
          <button type="button" className={styles["trigger"]}>
            <span className={styles["letter"]} aria-hidden="true">
              {member.login.charAt(0).toUpperCase()}
            </span>
            <span className={styles["who"]}>
              <span>{member.login}</span>
              <span>
                {account}, {member.role}
              </span>
            </span>
            <ChevronsUpDown size={14} />
          </button>
        }
      >
        <Accounts current={account} />
        <MenuChoice label="Theme" value={theme} options={THEMES} onChoose={(value) => setTheme(value as Theme)} />
        <MenuSeparator />
        <MenuItem icon={KeyRound} render={<Link to="/a/$account/sign-in-settings" params={{ account }} />}>
          Password and codes
        </MenuItem>
        <MenuItem icon={Keyboard} onSelect={onHelp}>
          Keyboard shortcuts
        </MenuItem>
        <MenuItem icon={LogOut} onSelect={() => void signOut()}>
          Sign out
        </MenuItem>
      </Menu>
    </div>
  );
}

/** The other accounts, for those who may see several. */
function Accounts({ current }: { readonly current: string }) {
  const { data: accounts } = useSuspenseQuery(accountsQuery);
  const navigate = useNavigate();
  if (accounts.length < 2) return null;
  const options = accounts.map(({ sid }) => ({ value: sid, label: sid }));
  const open = (account: string): void => void navigate({ to: "/a/$account", params: { account } });
  return (
    <>
      <MenuChoice label="Account" value={current} options={options} onChoose={open} />
      <MenuSeparator />
    </>
  );
}
