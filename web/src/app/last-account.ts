const KEY = "plugboard.account";

/** The account that was looked at last in this browser; null: none. */
export function lastAccount(): string | null {
  return localStorage.getItem(KEY);
}

export function rememberAccount(account: string): void {
  localStorage.setItem(KEY, account);
}
