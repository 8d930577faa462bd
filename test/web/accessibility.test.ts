import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { AxeResults } from "axe-core";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { WindowSettings } from "./browser.ts";
import { openWindow, problemsOf, startBrowser } from "./browser.ts";
import type { SeenPage } from "./pages.ts";
import { makeCalls, seenPages } from "./pages.ts";
import type { WebPlatform } from "./web-platform.ts";
import { startWebPlatform } from "./web-platform.ts";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

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
  it.each<WindowSettings>([
    { scheme: "light" },
    { scheme: "dark" },
    { scheme: "light", width: 360, height: 740 },
    { scheme: "dark", width: 360, height: 740 },
  ])("breaks no rule of WCAG 2.2 AA and is as wide as its window: %o", async (settings) => {
    const page = await openWindow(browser, web.platform.httpUrl, settings);
    const found: string[] = [];
    for (const seen of [...pages.filter(({ isPublic }) => isPublic), ...pages.filter(({ isPublic }) => !isPublic)]) {
      await open(page, seen);
      found.push(...(await faultsOf(page)).map((fault) => `${seen.name}: ${fault}`));
    }
    expect([...found, ...problemsOf(page)]).toEqual([]);
  });
});

let signedIn: Page | null = null;

async function open(page: Page, { path, prepare, isPublic }: SeenPage): Promise<void> {
  if (isPublic !== true && signedIn !== page) await web.signIn(page);
  if (isPublic !== true) signedIn = page;
  await page.goto(path);
  await page.getByRole("heading", { level: 1 }).waitFor();
  await page.getByRole("status", { name: "Loading" }).waitFor({ state: "detached" });
  await prepare?.(page);
}

async function faultsOf(page: Page): Promise<string[]> {
  // Through the debugger: the policy of the pages lets no script in.
  await page.evaluate(AXE);
  const results = await page.evaluate((tags) => {
    const { axe } = globalThis as unknown as { axe: { run(options: object): Promise<AxeResults> } };
    return axe.run({ runOnly: { type: "tag", values: tags } });
  }, RULES);
  const faults = results.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join("; ")}`);
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  return overflow > 0 ? [...faults, `wider than the window by ${overflow} px`] : faults;
}
