import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { json } from "../support/customer.ts";
import { until } from "../support/wait.ts";
import { openWindow, problemsOf, startBrowser } from "./browser.ts";
import { parkDelivery } from "./pages.ts";
import type { WebPlatform } from "./web-platform.ts";
import { startWebPlatform } from "./web-platform.ts";

let web: WebPlatform;
let browser: Browser;
beforeAll(async () => {
  [web, browser] = await Promise.all([startWebPlatform(), startBrowser()]);
});
afterAll(async () => {
  await browser.close();
  await web.stop();
});

/** A window in which the administrator has opened this page of the account. */
async function openPage(path: string): Promise<Page> {
  const page = await openWindow(browser, web.platform.httpUrl);
  await web.signIn(page);
  await page.goto(`/a/acme/${path}`);
  await page.getByRole("heading", { level: 1 }).waitFor();
  return page;
}

describe("deliveries", () => {
  it("says why one was parked, sends it again, and drops it once the server has taken it", async () => {
    const { customer } = web;
    await parkDelivery(web);
    const page = await openPage("deliveries");
    await page.getByRole("table").getByText("Parked").waitFor();
    await page.getByRole("button", { name: "Waiting" }).click();
    await page.getByRole("heading", { name: "Nothing matches" }).waitFor();
    await page.getByRole("button", { name: "Show everything" }).click();
    await page.getByRole("searchbox", { name: "Search deliveries" }).fill("status 410");
    await page.getByRole("link", { name: "Status callback" }).first().click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("Given up after one try. http_error: The server answered 410.").waitFor();
    let taken = 0;
    customer.on("/status", (...request) => {
      taken += 1;
      json({})(...request);
    });
    await dialog.getByRole("button", { name: "Send again" }).click();
    await dialog.getByText("This delivery is not in the list").waitFor();
    await until("the server has taken it", async () => taken === 1, 5000);
    expect(problemsOf(page)).toEqual([]);
  });
});
