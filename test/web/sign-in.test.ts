import { Secret, TOTP } from "otpauth";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openWindow, problemsOf, startBrowser } from "./browser.ts";
import type { WebPlatform } from "./web-platform.ts";
import { startWebPlatform } from "./web-platform.ts";

const CHOSEN = "correct horse battery staple";

let web: WebPlatform;
let browser: Browser;
beforeAll(async () => {
  [web, browser] = await Promise.all([startWebPlatform(), startBrowser()]);
});
afterAll(async () => {
  await browser.close();
  await web.stop();
});

async function signIn(page: Page, password: string): Promise<void> {
  await page.getByLabel("User name").fill(web.admin.login);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
}

describe("signing in", () => {
  it("needs the first password to be replaced, then opens the page that was asked for", async () => {
    const page = await openWindow(browser, web.platform.httpUrl);
    await page.goto("/a/acme/numbers");
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    await signIn(page, "wrong password");
    expect(await page.getByRole("alert").textContent()).toBe("Account, login, password or code is wrong.");
    await signIn(page, web.admin.password);
    await page.getByRole("heading", { name: "Choose a password" }).waitFor();
    await page.goto("/a/acme/numbers");
    await page.getByRole("heading", { name: "Choose a password" }).waitFor();
    await page.getByLabel("Password you signed in with").fill(web.admin.password);
    await page.getByLabel("New password", { exact: true }).fill(CHOSEN);
    await page.getByLabel("New password again").fill(`${CHOSEN}!`);
    await page.keyboard.press("Enter");
    await page.getByText("This is not the same password as above.").waitFor();
    await page.getByLabel("New password again").fill(CHOSEN);
    await page.keyboard.press("Enter");
    await page.getByRole("link", { name: "+918047100000" }).waitFor();
    expect(new URL(page.url()).pathname).toBe("/a/acme/numbers");
    expect(problemsOf(page)).toEqual([]);
  });

  it("is asked for again when the session has ended, and leads back to where one was", async () => {
    const page = await openWindow(browser, web.platform.httpUrl);
    await page.goto("/a/acme/numbers");
    await signIn(page, CHOSEN);
    await page.getByRole("link", { name: "+918047100000" }).waitFor();
    await page.context().clearCookies();
    // The next request shows it, whichever that is.
    await page.keyboard.press("g");
    await page.keyboard.press("c");
    await page.getByText("Sign in to go on where you were.").waitFor();
    await signIn(page, CHOSEN);
    await page.getByRole("heading", { name: "Calls", level: 1 }).waitFor();
    expect(problemsOf(page)).toEqual([]);
  });

  it("ends with a button, after which the way back shows nothing", async () => {
    const page = await openWindow(browser, web.platform.httpUrl);
    await page.goto("/");
    await signIn(page, CHOSEN);
    await page.getByRole("button", { name: web.admin.login }).click();
    await page.getByRole("menuitem", { name: "Sign out" }).click();
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    await page.goto("/a/acme/calls");
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    expect(problemsOf(page)).toEqual([]);
  });
});

describe("one-time codes", () => {
  it("are set up with an authenticator, asked for at the next sign-in, and given up again", async () => {
    const page = await openWindow(browser, web.platform.httpUrl);
    await page.goto("/a/acme/sign-in-settings");
    await signIn(page, CHOSEN);
    await page.getByRole("button", { name: "Set up" }).click();
    await page.getByLabel("Your password").fill(CHOSEN);
    await page.getByRole("button", { name: "Continue" }).click();
    await page.getByRole("img", { name: "The key, for an authenticator" }).waitFor();
    const secret =
      (await page
        .getByRole("dialog")
        .locator("span", { hasText: /^(?:[A-Z2-7]{4} ?)+$/ })
        .textContent()) ?? "";
    const authenticator = new TOTP({ secret: Secret.fromBase32(secret.replaceAll(" ", "")) });
    await page.getByRole("textbox", { name: "Code" }).fill(authenticator.generate());
    await page.getByRole("button", { name: "Confirm" }).click();
    await page.getByRole("heading", { name: "Recovery codes" }).waitFor();
    const recovery = (await page.getByRole("dialog").getByRole("listitem").first().textContent()) ?? "";
    await page.keyboard.press("Escape");
    await page.getByText("A code is asked for at each sign-in").waitFor();
    const other = await openWindow(browser, web.platform.httpUrl);
    await other.goto("/a/acme/sign-in-settings");
    await signIn(other, CHOSEN);
    await other.getByRole("heading", { name: "Enter a code" }).waitFor();
    await other.getByRole("textbox", { name: "Code" }).fill(recovery);
    await other.keyboard.press("Enter");
    await other.getByRole("button", { name: "Stop asking for codes" }).click();
    await other.getByLabel("Your password").fill(CHOSEN);
    await other.getByRole("dialog").getByRole("button", { name: "Stop asking for codes" }).click();
    await other.getByRole("button", { name: "Set up" }).waitFor();
    expect([...problemsOf(page), ...problemsOf(other)]).toEqual([]);
  });
});
