import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { AxeResults } from "axe-core";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openWindow, problemsOf, startBrowser } from "./browser.ts";
import type { SeenPage } from "./pages.ts";
import { makeCalls, seenPages } from "./pages.ts";
import type { WebPlatform } from "./web-platform.ts";
import { startWebPlatform } from "./web-platform.ts";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const RULES = { type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] };
const CONTRAST = { type: "rule", values: ["color-contrast"] };
const DESK = { width: 1280, height: 800 };
const PHONE = { width: 360, height: 740 };

let web: WebPlatform;
let browser: Browser;
let pages: readonly SeenPage[] = [];
beforeAll(async () => {
  [web, browser] = await Promise.all([startWebPlatform(), startBrowser()]);
  pages = seenPages(await makeCalls(web));
}, 120_000);
afterAll(async () => {
  await browser.close();
  await web.stop();
});

describe("every page", () => {
  it("breaks no rule of WCAG 2.2 AA, in either theme, on a desk and on a phone, and is never wider than its window", async () => {
    const page = await openWindow(browser, web.platform.httpUrl);
    const found: string[] = [];
    for (const seen of pages.toSorted((a, b) => Number(b.isPublic ?? false) - Number(a.isPublic ?? false))) {
      await page.setViewportSize(DESK);
      await page.emulateMedia({ colorScheme: "light" });
      await open(page, seen);
      const faults = await faultsOf(page, RULES);
      // Another theme changes colours and nothing else.
      await page.emulateMedia({ colorScheme: "dark" });
      faults.push(...(await faultsOf(page, CONTRAST)));
      await page.setViewportSize(PHONE);
      faults.push(...(await faultsOf(page, RULES)), ...(await overflowOf(page)));
      found.push(...new Set(faults.map((fault) => `${seen.name}: ${fault}`)));
    }
    expect([...found, ...problemsOf(page)]).toEqual([]);
  }, 240_000);
});

let signedIn: Page | null = null;

async function open(page: Page, { path, prepare, isPublic }: SeenPage): Promise<void> {
  if (isPublic !== true && signedIn !== page) await web.signIn(page);
  if (isPublic !== true) signedIn = page;
  await page.goto(path);
  await page.getByRole("heading", { level: 1 }).waitFor();
  const loading = page.getByRole("status", { name: "Loading" });
  await expect.poll(() => loading.count(), { timeout: 20_000 }).toBe(0);
  await prepare?.(page);
}

async function faultsOf(page: Page, runOnly: object): Promise<string[]> {
  // What changes its colour while the theme changes is judged when it is done.
  await page.evaluate("Promise.allSettled(document.getAnimations().map(({ finished }) => finished))");
  // Through the debugger: the policy of the pages lets no script in.
  await page.evaluate(AXE);
  const results = await page.evaluate((only) => {
    const { axe } = globalThis as unknown as { axe: { run(options: object): Promise<AxeResults> } };
    return axe.run({ runOnly: only, resultTypes: ["violations"] });
  }, runOnly);
  return results.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join("; ")}`);
}

async function overflowOf(page: Page): Promise<string[]> {
  const overflow = await page.evaluate<number>("document.documentElement.scrollWidth - innerWidth");
  return overflow > 0 ? [`wider than the window by ${overflow} px`] : [];
}
