import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { silentLog } from "../../src/base/log.ts";
import { Store } from "../../src/edges/store/store.ts";
import type { TestServer } from "../../src/edges/store/testing/server.ts";
import { startTestServer } from "../../src/edges/store/testing/server.ts";
import { rowsOf } from "../../src/server/api/testing/calls.ts";
import { openWindow, problemsOf, startBrowser } from "./browser.ts";
import type { WebPlatform } from "./web-platform.ts";
import { startWebPlatform } from "./web-platform.ts";

const CALLS = 5000;
/** Calls written to the database at once. */
const BATCH = 500;
/** Turns of the wheel, and px of each: many times the height of the whole list, since its end comes as it is fetched. */
const TURNS = 1000;
const TURN_PX = 900;
/** ms of script and layout that a frame may take, on average, of the 16.7 that a screen of 60 Hz leaves; 4 to 7 are usual. */
const FRAME_MS = 12;
/** Rows that may be drawn: those in sight, and some above and below. */
const DRAWN = 60;

let server: TestServer;
let web: WebPlatform;
let browser: Browser;
beforeAll(async () => {
  server = await startTestServer();
  const database = await server.database();
  const store = await Store.open(database, { log: silentLog, node: "n1" });
  const newest = Date.parse("2026-01-05T10:00:00Z");
  for (let from = 0; from < CALLS; from += BATCH) {
    const samples = Array.from({ length: BATCH }, (_, index) => ({
      sid: `call${from + index}`,
      startedAt: newest - (from + index) * 1000,
    }));
    await store.append(samples.flatMap(rowsOf));
  }
  await store.close();
  [web, browser] = await Promise.all([startWebPlatform({ DATABASE_URL: database }), startBrowser()]);
}, 120_000);
afterAll(async () => {
  await browser.close();
  await web.stop();
  await server.stop();
});

it("a list of 5,000 calls scrolls to its end, drawing only what is in sight", async () => {
  const page = await openWindow(browser, web.platform.httpUrl);
  await web.signIn(page);
  await page.goto("/a/acme/calls");
  const table = page.getByRole("table", { name: "Calls" });
  await table.getByRole("link").first().waitFor();
  const devtools = await page.context().newCDPSession(page);
  // The thread's own time: on a machine with other work, a clock would measure that.
  await devtools.send("Performance.enable", { timeDomain: "threadTicks" });
  await page.evaluate(
    "{ window.frames_ = 0; const count = () => { window.frames_++; requestAnimationFrame(count); }; count(); }",
  );
  const workOf = async (): Promise<number> => {
    const { metrics } = await devtools.send("Performance.getMetrics");
    const named = ["ScriptDuration", "LayoutDuration", "RecalcStyleDuration"];
    return metrics.filter(({ name }) => named.includes(name)).reduce((sum, { value }) => sum + value * 1000, 0);
  };
  const [before, framesBefore] = [await workOf(), await page.evaluate<number>("window.frames_")];
  await table.hover();
  const end = page.getByText(`${CALLS.toLocaleString("en-GB")} calls, all that match.`);
  for (let turn = 0; turn < TURNS && !(await end.isVisible()); turn++) {
    await page.mouse.wheel(0, TURN_PX);
    if (turn % 20 === 0) expect(await table.getByRole("row").count()).toBeLessThan(DRAWN);
  }
  expect(await end.isVisible()).toBe(true);
  const frames = (await page.evaluate<number>("window.frames_")) - framesBefore;
  const perFrame = ((await workOf()) - before) / frames;
  process.stdout.write(`5,000 calls: ${frames} frames, ${perFrame.toFixed(2)} ms of script and layout each\n`);
  expect(perFrame).toBeLessThan(FRAME_MS);
  await table.evaluate((element) => element.scrollTo(0, element.scrollHeight));
  await table.getByRole("row").last().scrollIntoViewIfNeeded();
  expect(await table.getByRole("row").count()).toBeLessThan(DRAWN);
  expect(await table.getByRole("row").last().getAttribute("aria-rowindex")).toBe(String(CALLS + 1));
  expect(problemsOf(page)).toEqual([]);
}, 180_000);
