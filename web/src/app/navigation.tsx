import { Link, useRouter } from "@tanstack/react-router";
import { useAccount } from "../api/account.ts";
import type { NavigationEntry } from "./account-route.tsx";
import { NAVIGATION_SECTIONS } from "./account-route.tsx";
import styles from "./navigation.module.css";

/** A page in the navigation, and its address. */
export interface NavigationPage extends NavigationEntry {
  readonly to: string;
}

/** The pages that have a place in the navigation, in the order of `pages.ts`. */
export function useNavigationPages(): readonly NavigationPage[] {
  const { routesById } = useRouter();
  const account = useAccount();
  return Object.values(routesById).flatMap(({ fullPath, options }) => {
    const entry = options.staticData?.navigation;
    return entry === undefined ? [] : [{ ...entry, to: fullPath.replace("$account", encodeURIComponent(account)) }];
  });
}

export function Navigation() {
  const pages = useNavigationPages();
  return (
    <nav aria-label="Main" className={styles["navigation"]}>
      {NAVIGATION_SECTIONS.map((section) => {
        const own = pages.filter((page) => page.section === section);
        return own.length === 0 ? null : (
          <div key={section} className={styles["section"]}>
            <p id={`navigation-${section}`}>{section}</p>
            <ul aria-labelledby={`navigation-${section}`}>
              {own.map(({ to, label, icon: Icon }) => (
                <li key={to}>
                  <Link to={to} className={styles["link"]} activeProps={{ "aria-current": "page" }}>
                    <Icon size={15} />
                    {label}
                  </Link>
                </li>
              ))}
            </ul>
          </div>
        );
      })}
    </nav>
  );
}
