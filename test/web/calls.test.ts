import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { dials, json } from "../support/customer.ts";
import { openWindow, problemsOf, startBrowser } from "./browser.ts";
import type { WebPlatform } from "./web-platform.ts";
import { BUSY, CALLER, KEEPS_TALKING, startWebPlatform, TALKS } from "./web-platform.ts";

const MAIN = join(import.meta.dirname, "../../src/cli/main.ts");

let web: WebPlatform;
let browser: Browser;
let folder: string;
beforeAll(async () => {
  [web, browser, folder] = await Promise.all([
    startWebPlatform(),
    startBrowser(),
    mkdtemp(join(tmpdir(), "plugboard-web-calls-")),
  ]);
});
afterAll(async () => {
  await browser.close();
  await web.stop();
  await rm(folder, { recursive: true });
});

async function openCalls(path = "/a/acme/calls"): Promise<Page> {
  const page = await openWindow(browser, web.platform.httpUrl);
  await web.signIn(page);
  await page.goto(path);
  await page.getByRole("heading", { level: 1 }).waitFor();
  return page;
}

describe("the list of calls", () => {
  it("shows a call as it comes in and how it ends, without being loaded again", async () => {
    const page = await openCalls();
    await page.getByText("No call yet").waitFor();
    web.customer.on("/connect", dials([BUSY, TALKS]));
    web.call();
    const row = page.getByRole("table", { name: "Calls" }).getByRole("row").nth(1);
    await row.getByText("Live").waitFor();
    await row.getByText("Connected").waitFor();
    expect(await row.textContent()).toContain(CALLER);
    expect(problemsOf(page)).toEqual([]);
  });

  it("has the filters of the API, in its address and one by one to remove", async () => {
    web.customer.on("/connect", dials([BUSY]));
    web.call({ from: "+919820098200" });
    const page = await openCalls();
    await page.getByText("Busy").waitFor();
    await page.getByRole("button", { name: "Filter" }).click();
    await page.getByLabel("Outcome of dialling").selectOption("busy");
    await page.getByLabel("Number, on either side").fill("+919820098200");
    await page.getByRole("button", { name: "Show calls" }).click();
    await page.getByText("One call.").waitFor();
    expect(new URL(page.url()).search).toBe("?dial_call_status=busy&number=%2B919820098200");
    await page.reload();
    await page.getByText("One call.").waitFor();
    await page.getByRole("button", { name: "Remove the filter Number, on either side: +919820098200" }).click();
    await page.getByRole("button", { name: "Remove the filter Outcome of dialling: busy" }).click();
    await page.getByText("2 calls, all that match.").waitFor();
    await page.getByRole("button", { name: "Live" }).click();
    await page.getByText("No call matches").waitFor();
    expect(problemsOf(page)).toEqual([]);
  });

  it("is walked through and opened by keyboard, and the box finds a call by its number", async () => {
    const page = await openCalls();
    const links = page.getByRole("table", { name: "Calls" }).getByRole("link");
    await links.first().focus();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: `${CALLER} → +918047100000` }).waitFor();
    expect(await page.evaluate("document.activeElement?.tagName")).toBe("H1");
    await page.keyboard.press("Control+k");
    await page.getByRole("combobox").fill("+919820098200");
    await page.getByRole("option", { name: /\+919820098200 → / }).waitFor();
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "+919820098200 → +918047100000" }).waitFor();
    await page.keyboard.press("g");
    await page.keyboard.press("n");
    await page.getByRole("heading", { name: "Numbers", level: 1 }).waitFor();
    expect(problemsOf(page)).toEqual([]);
  });
});

describe("one call", () => {
  it("says why first, and shows what was asked, what came back, and what was made of it", async () => {
    web.customer.on("/connect", json({ destination: { numbers: ["12", TALKS] }, record: true }));
    web.call();
    const page = await openCalls();
    await page.getByRole("row").nth(1).getByText("Connected").waitFor();
    await page.getByRole("table", { name: "Calls" }).getByRole("link").first().click();
    const why = page.getByRole("region", { name: "Why" });
    await why.getByText(`${TALKS} answered`, { exact: false }).waitFor();
    await why.getByRole("link").first().click();
    expect(await page.locator("li[aria-current]").isVisible()).toBe(true);
    const requests = page.getByRole("region", { name: "Requests" });
    await requests.getByText("Used", { exact: true }).click();
    await requests.getByText("CallSid", { exact: true }).waitFor();
    await requests.locator("pre", { hasText: '"12"' }).first().waitFor();
    expect(await requests.textContent()).toContain("1 finding");
    await page
      .getByRole("region", { name: "Timeline" })
      .getByText(/^conversation, \d/)
      .first()
      .waitFor();
    const audio = page.locator("audio");
    const played = await page.evaluate(
      `fetch(${JSON.stringify(await audio.getAttribute("src"))}).then((answer) => answer.headers.get("content-type"))`,
    );
    expect(played).toBe("audio/wav");
    expect(problemsOf(page)).toEqual([]);
  });

  it("is kept as a file that plugboard simulate replays", async () => {
    const page = await openCalls();
    await page.getByRole("table", { name: "Calls" }).getByRole("link").first().click();
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("link", { name: "Download", exact: true }).click(),
    ]);
    const file = join(folder, download.suggestedFilename());
    await download.saveAs(file);
    const { stdout } = await promisify(execFile)(process.execPath, [MAIN, "simulate", "--replay", file, "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({ cdr: { status: "completed", dial_call_status: "completed" } });
  });

  it("grows while it lasts, and ends with a button", async () => {
    web.customer.on("/connect", dials([KEEPS_TALKING]));
    web.call();
    const page = await openCalls("/a/acme/calls?status=live");
    await page.getByRole("table", { name: "Calls" }).getByRole("link").first().click();
    await page.getByText("caller and leg 2 are connected").waitFor();
    await page.getByRole("button", { name: "Control" }).click();
    await page.getByRole("menuitem", { name: "Start recording" }).click();
    await page.getByText("Recording started").waitFor();
    await page.getByRole("region", { name: "Timeline" }).getByText("Recorded").waitFor();
    await page.getByRole("button", { name: "Hang up" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Hang up" }).click();
    await page.getByText("call ended by platform", { exact: false }).waitFor();
    await page.getByRole("button", { name: "Hang up" }).waitFor({ state: "detached" });
    expect(problemsOf(page)).toEqual([]);
  });
});
