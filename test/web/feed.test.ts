import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { dials } from "../support/customer.ts";
import { openWindow, problemsOf, startBrowser } from "./browser.ts";
import type { WebPlatform } from "./web-platform.ts";
import { BUSY, startWebPlatform } from "./web-platform.ts";

/** More than the connections that a browser opens to one host without TLS. */
const WINDOWS = 7;

let web: WebPlatform;
let browser: Browser;
beforeAll(async () => {
  [web, browser] = await Promise.all([startWebPlatform(), startBrowser()]);
  web.customer.on("/connect", dials([BUSY]));
});
afterAll(async () => {
  await browser.close();
  await web.stop();
});

async function openCalls(page: Page): Promise<void> {
  await page.goto("/a/acme/calls");
  await page.getByRole("heading", { level: 1 }).waitFor();
}

describe("the event feed", () => {
  it("reaches every window of a browser through one connection", async () => {
    const first = await openWindow(browser, web.platform.httpUrl);
    await web.signIn(first);
    const others = await Promise.all(Array.from({ length: WINDOWS - 1 }, () => first.context().newPage()));
    const windows = [first, ...others];
    await Promise.all(windows.map(openCalls));
    web.call();
    for (const page of windows) await page.getByText("Busy").waitFor();
    expect(problemsOf(first)).toEqual([]);
  });

  it("says when it is lost, comes back by itself, and then shows what has happened meanwhile", async () => {
    const page = await openWindow(browser, web.platform.httpUrl);
    await web.signIn(page);
    await openCalls(page);
    await page.getByText("One call.").waitFor();
    const pid = web.platform.controlPid();
    if (pid === undefined) throw new Error("no control process is running");
    process.kill(pid, "SIGKILL");
    const lost = page.getByText("Connection lost", { exact: false });
    await lost.waitFor();
    await lost.waitFor({ state: "detached", timeout: 60_000 });
    web.call();
    await page.getByText("2 calls, all that match.").waitFor({ timeout: 60_000 });
  });
});
