import type { Page } from "playwright-core";
import type { WebPlatform } from "./web-platform.ts";
import { BUSY, CALLER, KEEPS_TALKING, RINGS, TALKS, UNKNOWN } from "./web-platform.ts";
import { dials, json } from "../support/customer.ts";
import { AUTHORIZATION, EXOPHONE } from "../support/platform.ts";
import { until } from "../support/wait.ts";

/** The flow of the account. */
const FLOW = "11754";

/** A page that is looked at: by axe in both themes and at 360 px, and by people through `npm run screenshots`. */
export interface SeenPage {
  readonly name: string;
  readonly path: string;
  /** Done once the page has opened, such as opening a dialog. */
  readonly prepare?: (page: Page) => Promise<void>;
  /** Opens without signing in. */
  readonly isPublic?: boolean;
}

/** Every page. One that is added to `web/src/pages.ts` is added here, too. */
export function seenPages(callSid: string): readonly SeenPage[] {
  return [
    { name: "sign-in", path: "/sign-in", isPublic: true },
    { name: "first-sign-in", path: `/first-sign-in#${"0".repeat(64)}`, isPublic: true },
    { name: "overview", path: "/a/acme/overview" },
    { name: "overview-week", path: "/a/acme/overview?range=week", prepare: showTable },
    { name: "live", path: "/a/acme/live" },
    { name: "live-hang-up", path: "/a/acme/live", prepare: askToHangUp },
    { name: "calls", path: "/a/acme/calls" },
    { name: "calls-filtered", path: "/a/acme/calls?dial_call_status=completed&min_duration=1" },
    { name: "calls-none", path: "/a/acme/calls?number=%2B911111111111" },
    {
      name: "calls-filter",
      path: "/a/acme/calls",
      prepare: (page) => page.getByRole("button", { name: "Filter" }).click(),
    },
    { name: "call", path: `/a/acme/calls/${callSid}` },
    { name: "call-unknown", path: "/a/acme/calls/nothing" },
    { name: "recordings", path: "/a/acme/recordings" },
    {
      name: "recording",
      path: "/a/acme/recordings",
      prepare: async (page) => {
        await page.getByRole("table").getByRole("link").first().click();
        await page.getByRole("link", { name: "Download" }).waitFor();
      },
    },
    { name: "deliveries", path: "/a/acme/deliveries" },
    {
      name: "delivery",
      path: "/a/acme/deliveries?state=parked",
      prepare: async (page) => {
        await page.getByRole("link", { name: "Status callback" }).first().click();
        await page.getByRole("dialog").waitFor();
      },
    },
    { name: "deliveries-none", path: "/a/acme/deliveries?q=nothing+like+this" },
    { name: "flows", path: "/a/acme/flows" },
    { name: "flow", path: `/a/acme/flows/${FLOW}`, prepare: chooseApplet },
    {
      name: "flow-yaml",
      path: `/a/acme/flows/${FLOW}`,
      prepare: (page) => page.getByRole("button", { name: "YAML" }).click(),
    },
    { name: "flow-unknown", path: "/a/acme/flows/99" },
    { name: "numbers", path: "/a/acme/numbers" },
    {
      name: "number-form",
      path: "/a/acme/numbers",
      prepare: (page) => page.getByRole("button", { name: "Change +918047100000" }).click(),
    },
    { name: "trunks", path: "/a/acme/trunks" },
    { name: "trunk", path: "/a/acme/trunks/main" },
    { name: "trunk-new", path: "/a/acme/new-trunk" },
    { name: "people-users", path: "/a/acme/people" },
    { name: "people-groups", path: "/a/acme/people?show=groups" },
    { name: "people-members", path: "/a/acme/people?show=members" },
    { name: "keys", path: "/a/acme/keys" },
    {
      name: "keys-new",
      path: "/a/acme/keys",
      prepare: (page) => page.getByRole("button", { name: "Create key" }).click(),
    },
    { name: "limits", path: "/a/acme/limits" },
    { name: "audit", path: "/a/acme/audit" },
    {
      name: "audit-entry",
      path: "/a/acme/audit",
      prepare: async (page) => {
        await page.getByRole("table").getByRole("link").first().click();
        await page.getByRole("dialog").waitFor();
      },
    },
    { name: "sign-in-settings", path: "/a/acme/sign-in-settings" },
    { name: "not-found", path: "/a/acme/nothing" },
    { name: "search", path: "/a/acme/numbers", prepare: openSearch },
  ];
}

async function showTable(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Answer rate: show a table" }).click();
}

async function chooseApplet(page: Page): Promise<void> {
  await page.locator('[data-id="support"]').click();
  await page.getByLabel("Primary URL").waitFor();
}

async function askToHangUp(page: Page): Promise<void> {
  await page
    .getByRole("button", { name: /^Hang up/ })
    .first()
    .click();
}

async function openSearch(page: Page): Promise<void> {
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox").waitFor();
}

/** A port where nobody listens. */
const NOBODY_THERE = "http://127.0.0.1:9/events";

/** Places a call to nobody whose status callback the customer's server refuses for good. */
export async function parkDelivery({ platform, customer }: WebPlatform): Promise<void> {
  customer.on("/status", json({}, 410));
  const answer = await fetch(`${platform.httpUrl}/v1/Accounts/acme/Calls/connect.json`, {
    method: "POST",
    headers: { authorization: AUTHORIZATION },
    body: new URLSearchParams({ From: BUSY, CallerId: EXOPHONE, To: TALKS, StatusCallback: `${customer.url}/status` }),
  });
  if (!answer.ok) throw new Error(`the call was not placed: ${await answer.text()}`);
  const parked = async (): Promise<boolean> =>
    ((await (await platform.get("/outbox?state=parked")).json()) as { deliveries: unknown[] }).deliveries.length > 0;
  await until("a delivery is parked", parked, 10_000);
}

/** Users, a group of them, a member and a key. */
async function addPeople({ platform }: WebPlatform): Promise<void> {
  const send = async (method: "PUT" | "POST", path: string, body: object): Promise<void> => {
    const headers = { authorization: AUTHORIZATION, "content-type": "application/json" };
    const answer = await fetch(`${platform.httpUrl}/api/accounts/acme/${path}`, {
      method,
      headers,
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${path}: ${await answer.text()}`);
  };
  await send("PUT", "users/priya", { number: TALKS, email: "priya@example.com" });
  await send("PUT", "users/anil", { number: RINGS });
  await send("PUT", "groups/sales", { users: ["priya", "anil"] });
  await send("POST", "members", { login: "meera", role: "operator" });
  await send("POST", "keys", { name: "CRM", scopes: ["read", "call"] });
}

/** Calls of every kind, the last one live. Returns the sid of one that was busy first, then connected and recorded. */
export async function makeCalls(web: WebPlatform): Promise<string> {
  const { platform, customer } = web;
  const answers = [
    dials([BUSY]),
    dials([UNKNOWN], { dial_passthru_event_url: NOBODY_THERE }),
    json({ destinaton: { numbers: [TALKS] } }),
    dials([RINGS, TALKS], { max_ringing_duration: 1 }),
    dials([BUSY, TALKS], { record: true, recording_channels: "dual" }),
  ];
  for (const [index, answer] of answers.entries()) {
    customer.on("/connect", answer);
    web.call({ from: index % 2 === 0 ? CALLER : "+919820098200" });
    await platform.endedCalls(index + 1, 30_000);
  }
  const [newest] = await platform.calls();
  if (newest === undefined) throw new Error("no call was made");
  await parkDelivery(web);
  await addPeople(web);
  customer.on("/connect", dials([KEEPS_TALKING]));
  web.call();
  await until("a conversation lives", async () => (await platform.liveCalls()) === 1, 10_000);
  return newest.call_sid;
}
