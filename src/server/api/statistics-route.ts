import type { FastifyInstance } from "fastify";
import { z } from "zod";
import type { CallStatistics, CallTotals, StatisticsRange } from "../../edges/store/call-statistics.ts";
import { MAX_COUNTED_CALLS } from "../../edges/store/call-statistics.ts";
import type { ApiOptions } from "./api-options.ts";
import { accountParams, instant, onlyThese } from "./openapi/parameters.ts";
import { typed } from "./openapi/typed-routes.ts";
import { problem } from "./problem.ts";

const DAY_MS = 86_400_000;
/** Longest range of each step: with more steps a chart could not be read, and the answer would be large. */
const MAX_DAYS = { hour: 31, day: 366 } as const;

const count = z.int();
const ms = z.int().nullable();
const spread = z.object({ p50: ms, p95: ms, max: ms }).meta({
  id: "TimeSpread",
  description: "ms: the median, the time that 95 % stay within, the longest; null: nothing was measured",
});

const totals = {
  calls: count,
  dialled: count.describe("Calls that dialled somebody"),
  connected: count.describe("Calls with a conversation (`dial_call_status` is `completed`)"),
  failed: count.describe("Calls that the filter `failed` of the list finds"),
  answer: spread.describe("From the first dialling of a call to its first answer"),
  requests: count.describe("Requests to your URLs that a caller waited for"),
  requests_failed: count.describe("Those without a usable answer"),
  url: spread.describe("Time that your URLs took"),
};

const statistics = z
  .object({
    since: z.iso.datetime().describe("Where the first step begins"),
    until: z.iso.datetime(),
    step: z.enum(["hour", "day"]),
    timezone: z.string().describe("Hours and days are those of this zone: the account's"),
    counted_from: z.iso
      .datetime()
      .nullable()
      .describe(
        `Older calls of the range were not counted, because it has more than ${MAX_COUNTED_CALLS}; null: all were`,
      ),
    total: z.object(totals).meta({ id: "CallTotals" }),
    steps: z.array(z.object({ at: z.iso.datetime(), ...totals }).meta({ id: "CallStatisticsStep" })),
    causes: z
      .array(z.object({ outcome: z.string(), cause: z.string(), attempts: count, calls: count }))
      .describe("Why destinations did not answer, the most frequent first"),
    urls: z
      .array(
        z.object({
          url: z.string(),
          requests: count,
          calls: count,
          invalid: count,
          http_error: count,
          timeout: count,
          unreachable: count,
          time: spread,
        }),
      )
      .describe("Your URLs, those that failed most first"),
  })
  .meta({ id: "CallStatistics" });

const query = onlyThese(
  {
    since: instant().optional().describe("The step that this is in is the first one. Default: a day before `until`"),
    until: instant().optional().describe("Default: now"),
    step: z.enum(["hour", "day"]).default("hour"),
  },
  "parameter",
);

const READ = {
  operationId: "calls.statistics",
  summary: "Calls per hour or day, answer rate, time to answer, failures by cause and by URL, time your URLs took",
  description: "Calls that have ended, by when they began.",
  params: accountParams,
  querystring: query,
  response: { 200: statistics },
  refusals: { 400: "A parameter is not valid, or the range is too long for its step", 404: "There is no such account" },
};

/** Figures of an account's calls, for its overview. */
export function statisticsRoute(app: FastifyInstance, options: ApiOptions): void {
  const read = oneAtATime(options);
  typed(app).get("/statistics", { schema: READ }, async ({ params: { account }, query: given }, reply) => {
    const config = options.directory.account(account);
    if (config === undefined) return problem(reply, 404, `there is no account ${account}`);
    const { step, until = options.clock.now(), since = until - DAY_MS } = given;
    const refusal = rangeProblem(since, until, step);
    if (refusal !== null) return problem(reply, 400, refusal);
    const range = { since, until, step, timezone: config.account.timezone };
    return shown(range, await read(account, range));
  });
}

function rangeProblem(since: number, until: number, step: StatisticsRange["step"]): string | null {
  if (until <= since) return "until must be later than since";
  const most = MAX_DAYS[step];
  return until - since <= most * DAY_MS ? null : `since to until is more than ${most} days, the most by ${step}`;
}

/** One reader after the other: these reads keep the database busy for up to a second, and calls need it, too. */
function oneAtATime({ store }: Pick<ApiOptions, "store">) {
  let last: Promise<unknown> = Promise.resolve();
  return (account: string, range: StatisticsRange): Promise<CallStatistics> => {
    const next = last.then(() => store.callStatistics(account, range));
    last = next.catch(() => undefined);
    return next;
  };
}

function shown({ since, until, step, timezone }: StatisticsRange, statistics: CallStatistics) {
  const { total, steps, causes, urls, countedFrom } = statistics;
  return {
    since: new Date(steps[0]?.at ?? since).toISOString(),
    until: new Date(until).toISOString(),
    step,
    timezone,
    counted_from: countedFrom === null ? null : new Date(countedFrom).toISOString(),
    total: shownTotals(total),
    steps: steps.map(({ at, ...each }) => ({ at: new Date(at).toISOString(), ...shownTotals(each) })),
    causes,
    urls: urls.map(({ httpError: http_error, ...url }) => ({ ...url, http_error })),
  };
}

function shownTotals({ requestsFailed: requests_failed, ...same }: CallTotals) {
  return { ...same, requests_failed };
}
