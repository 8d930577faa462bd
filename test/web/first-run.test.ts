import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openWindow, problemsOf, startBrowser } from "./browser.ts";
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

it("the link of the first start signs in, asks for a password, and leads to the first call; a second time it does nothing", async () => {
  const link = `/first-sign-in#${web.platform.firstAdmin?.linkToken ?? ""}`;
  const page = await openWindow(browser, web.platform.httpUrl);
  await page.goto(link);
  await page.getByRole("heading", { name: "Choose a password" }).waitFor();
  expect(page.url()).not.toContain("#");
  await page.getByLabel("New password", { exact: true }).fill("correct horse battery staple");
  await page.getByLabel("New password again").fill("correct horse battery staple");
  await page.keyboard.press("Enter");
  await page.getByText("This account has had no call yet.").waitFor();
  web.call();
  await page.getByRole("link", { name: "Show the call" }).click();
  await page.waitForURL(/\/a\/acme\/calls\/[0-9a-z]+$/);
  expect(problemsOf(page)).toEqual([]);
  const other = await openWindow(browser, web.platform.httpUrl);
  await other.goto(link);
  await other.getByText("This link does not work any more").waitFor();
  await other.getByRole("link", { name: "Sign in with the password" }).click();
  await other.getByRole("heading", { name: "Sign in" }).waitFor();
});
