import Fastify from "fastify";
import { expect, it } from "vitest";
import type { AdmissionRefusal } from "../exchange/admission.ts";
import type { ApiOptions } from "./api-options.ts";
import { healthRoutes } from "./health-routes.ts";

interface State {
  closedBecause: AdmissionRefusal | null;
  databaseAnswers: boolean;
  strainedBecause?: string;
  lateMs?: number;
}

async function ask(state: State): Promise<readonly [path: string, status: number, detail: string | undefined][]> {
  const app = Fastify();
  let asked = 0;
  const ping = (): Promise<void> => {
    asked += 1;
    return state.databaseAnswers ? Promise.resolve() : Promise.reject(new Error("timeout"));
  };
  const { closedBecause, strainedBecause = null, lateMs: p99Ms = 0 } = state;
  const exchange = { closedBecause, strainedBecause, liveCalls: 3 };
  healthRoutes(app, { exchange, store: { ping } } as unknown as ApiOptions, { p99Ms });
  const read = async (url: string) => {
    const response = await app.inject(url);
    return [url, response.statusCode, response.json<{ detail?: string }>().detail] as [string, number, string?];
  };
  const health = await read("/healthz");
  expect(asked, "/healthz does not query the database").toBe(0);
  return [health, await read("/readyz")] as [string, number, string | undefined][];
}

it("both are green while calls are taken", async () => {
  expect(await ask({ closedBecause: null, databaseAnswers: true })).toEqual([
    ["/healthz", 200, undefined],
    ["/readyz", 200, undefined],
  ]);
});

it.each<[AdmissionRefusal, string]>([
  ["no_media", "no media process is running"],
  ["draining", "the platform is stopping or starting"],
  ["journal_failing", "the database can't write"],
  ["journal_behind", "the database is too slow for new calls"],
  ["disk_full", "the disk of the data folder is nearly full"],
])("A8, M2: both are red, and say why, when no call is taken because of %s", async (closedBecause, why) => {
  const detail = `no calls can be taken now: ${why}`;
  expect(await ask({ closedBecause, databaseAnswers: true })).toEqual([
    ["/healthz", 503, detail],
    ["/readyz", 503, detail],
  ]);
});

it("/readyz is red if the database does not answer", async () => {
  expect(await ask({ closedBecause: null, databaseAnswers: false })).toEqual([
    ["/healthz", 200, undefined],
    ["/readyz", 503, "the database does not answer: timeout"],
  ]);
});

it("/readyz alone is red, and says why, before calls are refused", async () => {
  const strainedBecause = "SIP messages wait 170 ms before they are read";
  expect(await ask({ closedBecause: null, databaseAnswers: true, strainedBecause })).toEqual([
    ["/healthz", 200, undefined],
    ["/readyz", 503, strainedBecause],
  ]);
  expect(await ask({ closedBecause: null, databaseAnswers: true, lateMs: 201 })).toEqual([
    ["/healthz", 200, undefined],
    ["/readyz", 503, "this process is late by 201 ms: it has too much to do"],
  ]);
});
