import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { chromium } from "playwright-core";

/** Debian's, installed by `npm test`. */
const CHROMIUM = "/usr/bin/chromium";

/** Without these it looks for updates and its maker's hosts at every start. */
const QUIET = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export type ColorScheme = "light" | "dark";

/** What a window is like. Absent: 1280 × 800, light. */
export interface WindowSettings {
  readonly width?: number;
  readonly height?: number;
  readonly scheme?: ColorScheme;
}

/** Starts a browser. */
export function startBrowser(): Promise<Browser> {
  if (!existsSync(CHROMIUM)) throw new Error(`the browser tests need ${CHROMIUM}: apt-get install chromium`);
  return chromium.launch({ executablePath: CHROMIUM, args: QUIET });
}

/** A window of a person of its own: nobody is signed in. Errors of the pages are collected in `errorsOf`. */
export async function openWindow(browser: Browser, baseURL: string, settings: WindowSettings = {}): Promise<Page> {
  const { width = 1280, height = 800, scheme = "light" } = settings;
  const context = await browser.newContext({
    baseURL,
    viewport: { width, height },
    colorScheme: scheme,
    reducedMotion: "reduce",
    locale: "en-GB",
    timezoneId: "Asia/Kolkata",
  });
  context.setDefaultTimeout(20_000);
  const page = await context.newPage();
  watch(context, page, baseURL);
  if (process.env["VITEST"] !== undefined) await keepPictureOfFailure(page);
  return page;
}

/** Where a test that failed leaves a picture of its window, and what the window was still waiting for. */
const FAILURES = join(import.meta.dirname, "../../reports/browser-failures");

async function keepPictureOfFailure(page: Page): Promise<void> {
  const open = new Set<string>();
  page.on("request", (request) => open.add(request.url()));
  page.on("requestfinished", (request) => open.delete(request.url()));
  page.on("requestfailed", (request) => open.delete(request.url()));
  const { onTestFailed } = await import("vitest");
  onTestFailed(async ({ task }) => {
    const path = join(FAILURES, `${task.name.replaceAll(/\W+/g, "-").slice(0, 80)}-${Date.now()}.png`);
    await page.screenshot({ path });
    process.stdout.write(`${page.url()}: ${path}; waits for ${[...open].join(", ") || "nothing"}\n`);
  });
}

const problems = new WeakMap<Page, string[]>();

/** Everything that went wrong in the page unseen: scripts that threw, refusals of the policy, requests to elsewhere. */
export function problemsOf(page: Page): readonly string[] {
  return problems.get(page) ?? [];
}

/** Statuses that a page may meet: the console shows each, and the page says what it means. */
const EXPECTED = /status of (?:401|403|404|409|412|422)/;

function watch(context: BrowserContext, page: Page, baseURL: string): void {
  const found: string[] = [];
  problems.set(page, found);
  page.on("pageerror", (error) => found.push(`threw: ${error.message}`));
  page.on("console", (message) => {
    if (message.type() === "error" && !EXPECTED.test(message.text()))
      found.push(`console: ${message.text()} ${message.location().url}`);
  });
  context.on("request", (request) => {
    if (!/^(?:blob|data):/.test(request.url()) && !request.url().startsWith(baseURL))
      found.push(`asked ${request.url()}`);
  });
}
