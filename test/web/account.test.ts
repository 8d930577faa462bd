import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { dials, json } from "../support/customer.ts";
import { AUTHORIZATION } from "../support/platform.ts";
import { until } from "../support/wait.ts";
import { openWindow, problemsOf, startBrowser } from "./browser.ts";
import { parkDelivery } from "./pages.ts";
import type { WebPlatform } from "./web-platform.ts";
import { startWebPlatform, TALKS } from "./web-platform.ts";

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

/** Presses the button of the open window, and waits until it has closed. */
async function confirm(page: Page, verb: string): Promise<void> {
  // Messages that pass are dialogs, too.
  const dialog = page.getByRole("dialog").filter({ has: page.locator("form") });
  await dialog.getByRole("button", { name: verb, exact: true }).click();
  await dialog.waitFor({ state: "detached" });
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

/** Adds a member with this role, and opens a page as them. */
async function openAs(role: "viewer" | "operator", path: string): Promise<Page> {
  const api = `${web.platform.httpUrl}/api`;
  const made = await fetch(`${api}/accounts/acme/members`, {
    method: "POST",
    headers: { authorization: AUTHORIZATION, "content-type": "application/json" },
    body: JSON.stringify({ login: role, role }),
  });
  const { password } = (await made.json()) as { password: string };
  const page = await openWindow(browser, web.platform.httpUrl);
  const { request } = page.context();
  const headers = { origin: web.platform.httpUrl };
  await request.post(`${api}/session`, { headers, data: { account: "acme", login: role, password } });
  const data = { password, new_password: "a password of their own" };
  await request.put(`${api}/session/password`, { headers, data });
  await page.goto(`/a/acme/${path}`);
  await page.getByRole("heading", { level: 1 }).waitFor();
  return page;
}

describe("keys", () => {
  it("are made with scopes, whose token is shown once and works, and are revoked after a question", async () => {
    const page = await openPage("keys");
    await page.getByRole("table", { name: "Keys" }).getByText("acme-key").waitFor();
    await page.getByRole("button", { name: "Create key" }).click();
    await page.getByLabel("Name").fill("CRM");
    await page.getByLabel("call", { exact: true }).check();
    await page.getByRole("dialog").getByRole("button", { name: "Create key" }).click();
    await page.getByRole("heading", { name: "The key CRM" }).waitFor();
    const [key = "", token = ""] = await page.getByRole("dialog").locator("dd").allInnerTexts();
    const used = (): Promise<Response> =>
      fetch(`${web.platform.httpUrl}/api/accounts/acme/calls`, {
        headers: { authorization: `Basic ${Buffer.from(`${key.trim()}:${token.trim()}`).toString("base64")}` },
      });
    expect((await used()).status).toBe(200);
    await page.getByRole("button", { name: "I have kept it" }).click();
    expect(await page.content()).not.toContain(token.trim());
    await page.getByRole("button", { name: "Revoke CRM" }).click();
    await confirm(page, "Revoke");
    await page.getByRole("button", { name: "Revoke CRM" }).waitFor({ state: "detached" });
    expect((await used()).status).toBe(401);
    await page.getByRole("button", { name: "Revoked" }).click();
    await page.getByRole("table", { name: "Keys" }).getByText("CRM").waitFor();
    expect(problemsOf(page)).toEqual([]);
  });
});

describe("trunks", () => {
  it("are added, and changed only after what somebody else saved meanwhile was seen", async () => {
    const page = await openPage("trunks");
    await page.getByRole("link", { name: "Add trunk" }).click();
    await page.getByLabel("Name", { exact: true }).fill("backup");
    await page.getByLabel("Address").fill("sip.example.com:99999999");
    await page.getByRole("button", { name: "Add" }).click();
    await page.getByRole("alert").waitFor();
    await page.getByLabel("Address").fill("sip.example.com");
    await page.getByRole("button", { name: "Add" }).click();
    await page.getByRole("heading", { name: "backup", level: 1 }).waitFor();
    await page.getByLabel("Channels").fill("30");
    const other = await openPage("trunks/backup");
    await other.getByLabel("Priority").fill("7");
    await other.getByRole("button", { name: "Save" }).click();
    await other.getByText("Saved").waitFor();
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("7 there, left out here").waitFor();
    await page.getByRole("button", { name: "Take theirs" }).click();
    expect(await page.getByLabel("Priority").inputValue()).toBe("7");
    await page.getByLabel("Channels").fill("30");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("Saved").waitFor();
    const saved: unknown = await (await web.platform.get("/trunks/backup")).json();
    expect(saved).toEqual({ name: "backup", address: "sip.example.com", priority: 7, channels: 30 });
    await page.getByRole("button", { name: "Delete" }).click();
    await confirm(page, "Delete");
    await page.getByRole("heading", { name: "Trunks", level: 1 }).waitFor();
    await page.getByRole("link", { name: "backup" }).waitFor({ state: "detached" });
    expect([...problemsOf(page), ...problemsOf(other)]).toEqual([]);
  });
});

describe("people", () => {
  it("are users in groups, which are deleted only when nothing names them", async () => {
    const page = await openPage("people");
    for (const name of ["priya", "anil"]) {
      await page.getByRole("button", { name: "Add user" }).click();
      await page.getByLabel("Name").fill(name);
      await confirm(page, "Add");
    }
    await page.getByRole("button", { name: "Groups" }).click();
    await page.getByRole("button", { name: "Add group" }).click();
    await page.getByLabel("Name").fill("sales");
    await page.getByRole("checkbox", { name: "priya" }).check();
    await confirm(page, "Add");
    await page.getByRole("button", { name: "Users" }).click();
    await page.getByRole("button", { name: "Change priya" }).click();
    await page.getByLabel("Phone").fill("+919900000011");
    await confirm(page, "Save");
    await page.getByRole("table", { name: "Users" }).getByText("+919900000011").waitFor();
    await page.getByRole("button", { name: "Delete priya" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
    await page.getByRole("alert").waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Delete anil" }).click();
    await confirm(page, "Delete");
    await page.getByRole("button", { name: "Delete anil" }).waitFor({ state: "detached" });
    expect(problemsOf(page)).toEqual([]);
  });

  it("sign in as members, with a password shown once and a role that can be changed", async () => {
    const page = await openPage("people?show=members");
    await page.getByRole("button", { name: "Add member" }).click();
    await page.getByLabel("User name").fill("meera");
    await page.getByLabel("Role", { exact: true }).selectOption("operator");
    await page.getByRole("dialog").getByRole("button", { name: "Add member" }).click();
    await page.getByRole("heading", { name: "First password of meera" }).waitFor();
    await page.getByRole("button", { name: "I have kept it" }).click();
    await page.getByRole("button", { name: "What to do with meera" }).click();
    await page.getByRole("menuitem", { name: "Change role" }).click();
    await page.getByLabel("Role", { exact: true }).selectOption("viewer");
    await confirm(page, "Change role");
    await page.getByRole("table", { name: "Members" }).getByText("viewer").waitFor();
    await page.getByRole("button", { name: "What to do with meera" }).click();
    await page.getByRole("menuitem", { name: "Remove" }).click();
    await confirm(page, "Remove");
    await page.getByText("No member yet").waitFor();
    expect(problemsOf(page)).toEqual([]);
  });
});

describe("numbers", () => {
  it("are added with a flow, renamed and deleted", async () => {
    const page = await openPage("numbers");
    await page.getByRole("button", { name: "Add number" }).click();
    await page.getByLabel("Number", { exact: true }).fill("+918047100009");
    await page.getByLabel("Flow").selectOption({ label: "Support line" });
    await confirm(page, "Add");
    await page.getByRole("link", { name: "+918047100009" }).waitFor();
    await page.getByRole("button", { name: "Change +918047100009" }).click();
    await page.getByLabel("Friendly name").fill("Second line");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("table", { name: "Numbers" }).getByText("Second line").waitFor();
    const saved: unknown = await (await web.platform.get("/exophones/+918047100009")).json();
    expect(saved).toEqual({ number: "+918047100009", flow: "11754", name: "Second line" });
    await page.getByRole("button", { name: "Delete +918047100009" }).click();
    await confirm(page, "Delete");
    await page.getByRole("link", { name: "+918047100009" }).waitFor({ state: "detached" });
    expect(problemsOf(page)).toEqual([]);
  });
});

describe("limits", () => {
  it("say what a night could cost at worst, which limit decides it, and which prefixes are closed", async () => {
    const exposure = (await (await web.platform.get("/exposure")).json()) as { most: number; binding: string };
    expect(exposure.binding).toBe("night_spend");
    const page = await openPage("limits");
    await page
      .getByText(`${exposure.most.toLocaleString("en-GB")} INR`)
      .first()
      .waitFor();
    await page.getByText("limits.night.spend", { exact: true }).waitFor();
    const deciding = page.getByRole("listitem").filter({ hasText: "decides" });
    expect(await deciding.first().textContent()).toContain("The night's budget");
    await page.getByText("limits", { exact: true }).waitFor();
    await page.getByText("dial_prefixes", { exact: true }).waitFor();
    await page.getByRole("searchbox", { name: "Search prefixes" }).fill("satellite closed");
    await page.getByRole("table", { name: "Closed prefixes" }).getByText("+881").waitFor();
    expect(await page.getByRole("table", { name: "Closed prefixes" }).getByText("+53").count()).toBe(0);
    expect(problemsOf(page)).toEqual([]);
  });
});

describe("the audit log", () => {
  it("shows who changed what, before and after, and is searched", async () => {
    const page = await openPage("audit");
    await page.getByRole("searchbox", { name: "Search the log" }).fill("trunk.added main");
    await page.getByRole("link", { name: "trunk.added" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("workspace file").waitFor();
    await dialog.getByText('trunk "main" of account acme is added.').waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("searchbox", { name: "Search the log" }).fill("no such change");
    await page.getByRole("heading", { name: "Nothing matches" }).waitFor();
    expect(problemsOf(page)).toEqual([]);
  });
});

describe("recordings", () => {
  it("are played by ranges and downloaded, from the list of recorded calls alone", async () => {
    const { customer, platform } = web;
    customer.on("/connect", dials([TALKS], { record: true }));
    web.call({ from: "+919820098200" });
    const recorded = async (): Promise<boolean> =>
      (await platform.calls()).some(({ cdr, recordings }) => cdr !== null && recordings.length > 0);
    await until("a recorded call has ended", recorded, 15_000);
    const page = await openPage("recordings");
    await page.getByText("kept for 90 days").waitFor();
    const ranges: (string | undefined)[] = [];
    page.on("response", (response) => {
      if (response.url().endsWith(".wav")) ranges.push(response.headers()["content-range"]);
    });
    expect(await page.getByRole("table").getByRole("link").count()).toBe(1);
    await page.getByRole("link", { name: "+919820098200" }).click();
    const audio = page.locator("audio");
    await audio.waitFor();
    const seconds = async (): Promise<number> => audio.evaluate((one) => (one as HTMLAudioElement).duration);
    await until("the browser knows how long it is", async () => (await seconds()) > 1, 5000);
    expect(ranges.some((range) => range?.startsWith("bytes 0-") === true)).toBe(true);
    const download = page.waitForEvent("download");
    await page.getByRole("link", { name: "Download" }).click();
    expect((await download).suggestedFilename()).toMatch(/\.wav$/);
    expect(problemsOf(page)).toEqual([]);
  });
});

describe("a viewer", () => {
  it("is told what is for administrators, and asks the platform for none of it", async () => {
    const page = await openAs("viewer", "keys");
    await page.getByText("Keys are for administrators").waitFor();
    await page.goto("/a/acme/audit");
    await page.getByText("The audit log is for administrators").waitFor();
    await page.goto("/a/acme/people?show=members");
    await page.getByText("Members are for administrators").waitFor();
    await page.goto("/a/acme/numbers");
    await page.getByRole("link", { name: "+918047100000" }).waitFor();
    expect(await page.getByRole("button", { name: "Delete +918047100000" }).isDisabled()).toBe(true);
    expect(await page.getByRole("button", { name: "Add number" }).count()).toBe(0);
    await page.goto("/a/acme/trunks/main");
    await page.getByText("127.0.0.1").first().waitFor();
    expect(await page.getByRole("button", { name: "Save" }).count()).toBe(0);
    expect(problemsOf(page)).toEqual([]);
  });
});
