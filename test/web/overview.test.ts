import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { dials, json } from "../support/customer.ts";
import { openWindow, problemsOf, startBrowser } from "./browser.ts";
import type { WebPlatform } from "./web-platform.ts";
import { BUSY, startWebPlatform, TALKS } from "./web-platform.ts";

let web: WebPlatform;
let browser: Browser;
let page: Page;
beforeAll(async () => {
  [web, browser] = await Promise.all([startWebPlatform(), startBrowser()]);
});
afterAll(async () => {
  await browser.close();
  await web.stop();
});

async function openSignedIn(): Promise<void> {
  page = await openWindow(browser, web.platform.httpUrl);
  await web.signIn(page);
}

/** The outcomes of the calls that the list shows. */
async function outcomes(): Promise<readonly string[]> {
  await page.getByRole("heading", { name: "Calls", level: 1 }).waitFor();
  const rows = page.getByRole("table", { name: "Calls" }).getByRole("row");
  await rows.nth(1).waitFor();
  return (await rows.allTextContents()).slice(1).map((row) => /^[A-Z][a-z ]+?(?=\+)/.exec(row)?.[0] ?? row);
}

describe("the overview", () => {
  it("says what to do before the first call, and leads to that call as soon as it comes in", async () => {
    await openSignedIn();
    await page.goto("/");
    await page.getByText("This account has had no call yet.").waitFor();
    await page.getByText("+918047100000").waitFor();
    web.customer.on("/connect", dials([BUSY, TALKS]));
    web.call();
    await page.getByRole("link", { name: "Show the call" }).click();
    await page.waitForURL(/\/a\/acme\/calls\/[0-9a-z]+$/);
    await web.platform.endedCalls(1, 30_000);
  });

  it("shows figures that lead to the calls behind them", async () => {
    await openSignedIn();
    web.customer.on("/connect", dials([BUSY]));
    web.call();
    await web.platform.endedCalls(2, 30_000);
    web.customer.on("/connect", json({ destinaton: { numbers: [TALKS] } }));
    web.call();
    await web.platform.endedCalls(3, 30_000);
    await page.goto("/a/acme/overview");
    await page.getByRole("link", { name: "Calls: 3. Show the calls" }).waitFor();
    await page.getByRole("link", { name: "Answered: 50 %. Show the calls" }).click();
    expect(await outcomes()).toEqual(["Connected"]);
    await page.goBack();
    await page.getByRole("link", { name: "2 without a conversation", exact: true }).click();
    expect(await outcomes()).toEqual(["None dialled", "Busy"]);
    await page.goBack();
    await page
      .getByRole("row", { name: /USER_BUSY/ })
      .getByRole("link")
      .click();
    expect(await outcomes()).toEqual(["Busy", "Connected"]);
    await page.goBack();
    await page
      .getByRole("row", { name: /\/connect/ })
      .getByRole("link")
      .nth(1)
      .click();
    expect(await outcomes()).toEqual(["None dialled"]);
  });

  it("has every chart as a table, too, and columns that the arrow keys go through", async () => {
    await openSignedIn();
    await page.goto("/a/acme/overview?range=week");
    const columns = page.getByRole("list", { name: "Calls per day" });
    await columns.getByRole("link", { name: /3 calls, 1 connected, 2 without/ }).focus();
    await page.keyboard.press("ArrowLeft");
    expect(await columns.locator("a:focus").getAttribute("aria-label")).toMatch(/: no call$/);
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("Enter");
    expect(await outcomes()).toHaveLength(3);
    await page.goBack();
    await page.getByRole("button", { name: "Answer rate: show a table" }).click();
    await page.getByRole("row", { name: / 2 1 50 %$/ }).waitFor();
    expect(problemsOf(page)).toEqual([]);
  });
});
