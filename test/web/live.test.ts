import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { dials } from "../support/customer.ts";
import { openWindow, problemsOf, startBrowser } from "./browser.ts";
import type { WebPlatform } from "./web-platform.ts";
import { CALLER, KEEPS_TALKING, RINGS, startWebPlatform } from "./web-platform.ts";

let web: WebPlatform;
let browser: Browser;
beforeAll(async () => {
  [web, browser] = await Promise.all([startWebPlatform(), startBrowser()]);
});
afterAll(async () => {
  await browser.close();
  await web.stop();
});

describe("live calls", () => {
  it("appear, say what they do, and are hung up after a question, without the page being loaded again", async () => {
    const page = await openWindow(browser, web.platform.httpUrl);
    await web.signIn(page);
    await page.goto("/a/acme/live");
    await page.getByRole("heading", { name: "No call is live" }).waitFor();
    web.customer.on("/connect", dials([RINGS, KEEPS_TALKING], { max_ringing_duration: 2 }));
    web.call();
    const calls = page.getByRole("table", { name: "Live calls" });
    await calls.getByText(`Ringing ${RINGS}`).waitFor();
    await calls.getByText(`Talking to ${KEEPS_TALKING}`).waitFor();
    await page.getByLabel("Search live calls").fill("98765");
    await page.getByRole("heading", { name: "No live call matches" }).waitFor();
    await page.getByLabel("Search live calls").fill("talking");
    await calls.getByRole("button", { name: `Hang up the call from ${CALLER}` }).click();
    await page.getByRole("button", { name: "Cancel" }).click();
    expect(await web.platform.liveCalls()).toBe(1);
    await calls.getByRole("button", { name: `Hang up the call from ${CALLER}` }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Hang up" }).click();
    await page.getByRole("heading", { name: "No call is live" }).waitFor();
    await web.platform.endedCalls(1);
    expect(problemsOf(page)).toEqual([]);
  });
});
