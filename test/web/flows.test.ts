import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
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

async function open(path: string): Promise<Page> {
  const page = await openWindow(browser, web.platform.httpUrl);
  await web.signIn(page);
  await page.goto(path);
  return page;
}

/** What the API has, as the person who is signed in sees it. */
async function stored(page: Page, path: string): Promise<unknown> {
  const answer = await page.context().request.get(`/api/accounts/acme/flows/${path}`);
  return answer.ok() ? await answer.json() : answer.status();
}

function node(page: Page, id: string): Locator {
  return page.locator(`.react-flow__node[data-id="${id}"]`);
}

async function drag(page: Page, from: Locator, to: Locator): Promise<void> {
  const [start, end] = [await from.boundingBox(), await to.boundingBox()];
  if (start === null || end === null) throw new Error("not on the page");
  await page.mouse.move(start.x + start.width / 2, start.y + start.height / 2);
  await page.mouse.down();
  await page.mouse.move(end.x + end.width / 2, end.y + end.height / 2, { steps: 8 });
  await page.mouse.up();
}

/** Draws a line from an exit to an applet. */
async function lead(page: Page, from: string, exit: string, to: string): Promise<void> {
  const handle = node(page, from).locator(`[data-handleid="${exit}"]`);
  await drag(page, handle, node(page, to).locator('[data-handleid="in"]'));
  await page.locator(`.react-flow__edge[data-id="${from}:${exit}"]`).waitFor({ state: "attached" });
}

/** Presses Tab until the element has the focus, as somebody without a pointer does. */
async function tabTo(page: Page, wanted: Locator): Promise<void> {
  for (let presses = 0; presses < 80; presses += 1) {
    await page.keyboard.press("Tab");
    if (await wanted.evaluate((element) => element === document.activeElement)) return;
  }
  throw new Error(`80 presses of Tab do not reach ${String(wanted)}`);
}

async function pressOn(page: Page, wanted: Locator): Promise<void> {
  await tabTo(page, wanted);
  await page.keyboard.press("Enter");
}

describe("a flow", () => {
  it("is built from nothing by mouse, refused with its finding and an example call, mended and published", async () => {
    const page = await open("/a/acme/flows");
    await page.getByRole("button", { name: "New flow" }).click();
    await page.getByLabel("Name").fill("Sales line");
    await page.getByLabel("Id").fill("20001");
    await page.getByRole("button", { name: "Create" }).click();
    await page.getByText("Nothing happens yet").waitFor();
    const palette = page.getByRole("region", { name: "Applets to add" });
    await palette.getByRole("button", { name: "Voicemail" }).click();
    await palette.getByRole("button", { name: "Hang up" }).click();
    await palette.getByRole("button", { name: "Connect" }).click();
    await node(page, "connect").waitFor();
    await lead(page, "connect", "conversation_ended", "hangup");
    await lead(page, "connect", "nobody_answered", "voicemail");
    await lead(page, "voicemail", "next", "hangup");
    // Nothing leads back out of a Hang up: it has no exit to draw from.
    expect(await node(page, "hangup").locator(".source").count()).toBe(0);
    await page.locator(".react-flow__pane").click({ position: { x: 8, y: 8 } });
    await page.getByLabel("Calls start at").selectOption("connect");
    await page.getByRole("button", { name: "Publish" }).click();
    const window = page.getByRole("dialog");
    await window.getByText("It can't be published: it has a mistake.").waitFor();
    await window.getByText("must be an absolute http or https URL").waitFor();
    await window.getByRole("button", { name: "Show an example call" }).click();
    await window.getByText("For example:").waitFor();
    expect(await window.getByRole("button", { name: "Publish" }).isDisabled()).toBe(true);
    expect(await stored(page, "20001")).toBe(404);
    await window.getByRole("button", { name: "Show", exact: true }).click();
    const url = page.getByLabel("Primary URL");
    expect(await url.getAttribute("aria-invalid")).toBe("true");
    await url.fill(`${web.customer.url}/connect`);
    await page.getByRole("button", { name: "Publish" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Publish" }).click();
    await page.getByText("Version 1 is published").waitFor();
    expect(await stored(page, "20001")).toMatchObject({
      name: "Sales line",
      start: "connect",
      applets: {
        connect: { exits: { conversation_ended: "hangup", nobody_answered: "voicemail" } },
        voicemail: { next: "hangup" },
      },
    });
    expect(problemsOf(page)).toEqual([]);
  });

  it("is built and published by keyboard alone", async () => {
    const page = await open("/a/acme/flows");
    await page.getByRole("link", { name: "Support line" }).waitFor();
    await pressOn(page, page.getByRole("button", { name: "New flow" }));
    await page.getByLabel("Name").waitFor();
    await page.keyboard.type("Night line");
    await page.keyboard.press("Tab");
    await page.keyboard.type("20002");
    await page.keyboard.press("Enter");
    await page.getByText("Nothing happens yet").waitFor();
    await pressOn(page, page.getByRole("button", { name: "IVR menu" }));
    await pressOn(page, page.getByRole("button", { name: "New applet for 1" }));
    await page.getByRole("menuitem", { name: "Voicemail" }).waitFor();
    await page.keyboard.type("Voice");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Voicemail" }).waitFor();
    await pressOn(page, page.getByRole("button", { name: "New applet for “After the message”" }));
    await page.getByRole("menuitem", { name: "Hang up" }).waitFor();
    await page.keyboard.type("Hang");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Hang up" }).waitFor();
    await pressOn(page, node(page, "menu"));
    await tabTo(page, page.getByLabel("No digit is entered", { exact: true }));
    await page.keyboard.type("hangup");
    await tabTo(page, page.getByLabel("A wrong digit is entered", { exact: true }));
    await page.keyboard.type("menu");
    await page.keyboard.press("Control+s");
    await page.getByText("Draft saved").waitFor();
    expect(await stored(page, "20002/draft")).toMatchObject({
      start: "menu",
      applets: {
        menu: { keys: { "1": "voicemail" }, no_input: "hangup", invalid: "menu" },
        voicemail: { next: "hangup" },
      },
    });
    await page.keyboard.press("Escape");
    await pressOn(page, page.getByRole("button", { name: "Publish" }));
    const publish = page.getByRole("dialog").getByRole("button", { name: "Publish" });
    await page.getByText("Nothing is wrong with it.").waitFor();
    await pressOn(page, publish);
    await page.getByText("Version 1 is published").waitFor();
    expect(problemsOf(page)).toEqual([]);
  });

  it("is undone, redone, copied and changed as YAML, which names the line of a mistake", async () => {
    const page = await open("/a/acme/flows/11754");
    await node(page, "bye").click();
    await page.keyboard.press("Control+c");
    await page.keyboard.press("Control+v");
    await node(page, "bye_2").waitFor();
    await page.keyboard.press("Control+z");
    await node(page, "bye_2").waitFor({ state: "detached" });
    await page.keyboard.press("Control+Shift+z");
    await node(page, "bye_2").click();
    await page.keyboard.press("Delete");
    await node(page, "bye_2").waitFor({ state: "detached" });
    await page.getByRole("button", { name: "YAML" }).click();
    const yaml = page.getByLabel("Flow as YAML");
    const text = await yaml.inputValue();
    await yaml.fill(text.replace("type: hangup", "type: [hangup"));
    await page.getByText(/^Line \d+: /).waitFor();
    await yaml.fill(text.replace("name: Support line", "name: Help line"));
    await page.getByRole("heading", { name: "Help line" }).waitFor();
    expect(problemsOf(page)).toEqual([]);
  });

  it("is never overwritten: whoever saves second sees both and decides; the earlier version comes back", async () => {
    const [first, second] = [await open("/a/acme/flows/11754"), await open("/a/acme/flows/11754")];
    for (const page of [first, second]) await node(page, "support").waitFor();
    for (const [page, name] of [
      [first, "First line"],
      [second, "Second line"],
    ] as const) {
      await page.getByLabel("Name").fill(name);
      await page.getByRole("button", { name: "Save draft" }).click();
      await page.getByText(page === first ? "Draft saved" : "Someone else saved first").waitFor();
    }
    const window = second.getByRole("dialog");
    await window.getByText('name changes from "Support line" to "First line".').waitFor();
    await window.getByText('name changes from "Support line" to "Second line".').waitFor();
    expect(await stored(second, "11754/draft")).toMatchObject({ name: "First line" });
    await window.getByRole("button", { name: "Replace theirs with mine" }).click();
    await second.getByText("Draft saved").first().waitFor();
    expect(await stored(second, "11754/draft")).toMatchObject({ name: "Second line" });
    await second.getByRole("button", { name: "Publish" }).click();
    await second.getByRole("dialog").getByText('name changes from "Support line" to "Second line".').waitFor();
    await second.getByRole("dialog").getByRole("button", { name: "Publish" }).click();
    await second.getByText("Version 2 is published").waitFor();
    await second.getByRole("button", { name: "Versions" }).click();
    await second.getByRole("button", { name: "Roll back to 1" }).click();
    await second.getByRole("button", { name: "Roll back to version 1" }).click();
    await second.getByText("Back to version 1", { exact: true }).waitFor();
    expect(await stored(second, "11754")).toMatchObject({ name: "Support line" });
    expect([...problemsOf(first), ...problemsOf(second)]).toEqual([]);
  });
});
