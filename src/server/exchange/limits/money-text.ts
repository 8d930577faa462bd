import type { Mills } from "./dial-policy.ts";

/** An amount for people: `1,250 INR`, `0.35 INR`. */
export function moneyText(amount: Mills, currency: string): string {
  const text = (amount / 1000).toLocaleString("en-US", { maximumFractionDigits: 3 });
  return currency === "" ? text : `${text} ${currency}`;
}
