// `npm run screenshots [NAME]`: every page (or those whose name contains NAME), light and dark, at 1280 and 360 px, into
// `reports/screenshots`, from a platform of its own with real calls. To be looked at.
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import type { WindowSettings } from "./browser.ts";
import { openWindow, problemsOf, startBrowser } from "./browser.ts";
import type { SeenPage } from "./pages.ts";
import { makeCalls, seenPages } from "./pages.ts";
import type { WebPlatform } from "./web-platform.ts";
import { startWebPlatform } from "./web-platform.ts";

const folder = join(import.meta.dirname, "../../reports/screenshots");
const wanted = process.argv[2] ?? "";
/** ms for pictures, fonts and figures that come after the page. */
const SETTLE_MS = 400;

const WINDOWS: readonly (WindowSettings & { readonly name: string })[] = [
  { name: "1280-light", width: 1280, height: 800, scheme: "light" },
  { name: "1280-dark", width: 1280, height: 800, scheme: "dark" },
  { name: "360-light", width: 360, height: 740, scheme: "light" },
  { name: "360-dark", width: 360, height: 740, scheme: "dark" },
];

async function shoot(browser: Browser, web: WebPlatform, pages: readonly SeenPage[]): Promise<void> {
  for (const { name: size, ...settings } of WINDOWS) {
    const page = await openWindow(browser, web.platform.httpUrl, settings);
    for (const { name, path, prepare } of pages.toSorted(
      (a, b) => Number(b.isPublic === true) - Number(a.isPublic === true),
    )) {
      if (pages.find((each) => each.name === name)?.isPublic !== true) await web.signIn(page);
      await page.goto(path, { waitUntil: "load" });
      await page
        .getByRole("heading")
        .first()
        .waitFor({ timeout: 5000 })
        .catch(() => process.stdout.write(`${name}: no heading\n`));
      await prepare?.(page);
      await page.waitForTimeout(SETTLE_MS);
      await page.screenshot({ path: join(folder, `${name}-${size}.png`) });
    }
    for (const problem of new Set(problemsOf(page))) process.stdout.write(`${size}: ${problem}\n`);
    await page.context().close();
  }
}

rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
const web = await startWebPlatform();
const browser = await startBrowser();
try {
  const pages = seenPages(await makeCalls(web)).filter(({ name }) => name.includes(wanted));
  await shoot(browser, web, pages);
  process.stdout.write(`${pages.length * WINDOWS.length} pictures in ${folder}\n`);
} finally {
  await browser.close();
  await web.stop();
}
