import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openWindow, problemsOf, startBrowser } from "./browser.ts";
import type { WebPlatform } from "./web-platform.ts";
import { startWebPlatform } from "./web-platform.ts";

/** Bytes of compressed script that a page may need before anything is cached. */
const MOST_SCRIPT_BYTES = 250_000;

/** ms for scripts that are loaded after the page is there. */
const SETTLE_MS = 1000;

let web: WebPlatform;
let browser: Browser;
beforeAll(async () => {
  [web, browser] = await Promise.all([startWebPlatform(), startBrowser()]);
});
afterAll(async () => {
  await browser.close();
  await web.stop();
});

it.each(["/sign-in", "/a/acme/overview", "/a/acme/calls", "/a/acme/numbers"])(
  "%s needs at most 250 kB of compressed script",
  async (path) => {
    const page = await openWindow(browser, web.platform.httpUrl);
    if (path !== "/sign-in") await web.signIn(page);
    const sizes: Promise<number>[] = [];
    page.on("requestfinished", (request) => {
      if (request.resourceType() === "script")
        sizes.push(request.sizes().then(({ responseBodySize }) => responseBodySize));
    });
    await page.goto(path);
    await page.getByRole("heading", { level: 1 }).waitFor();
    // What the page fetches beforehand counts, too; its event feed never ends, so that the network is never quiet.
    await page.waitForTimeout(SETTLE_MS);
    const total = (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
    process.stdout.write(`${path}: ${Math.round(total / 1000)} kB of compressed script in ${sizes.length} files\n`);
    expect(total).toBeGreaterThan(50_000);
    expect(total).toBeLessThan(MOST_SCRIPT_BYTES);
    expect(problemsOf(page)).toEqual([]);
  },
);
