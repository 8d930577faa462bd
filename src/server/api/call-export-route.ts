import { Readable } from "node:stream";
import type { FastifyInstance, FastifyReply } from "fastify";
import { z } from "zod";
import type { CallCursor, CallFilter } from "../../edges/store/types.ts";
import type { ApiOptions } from "./api-options.ts";
import { exportQuery, filterOf } from "./call-filter.ts";
import { csv } from "./export/csv.ts";
import type { ExportEncoder, ExportFormat } from "./export/export-format.ts";
import type { ExportedCall } from "./export/exported-call.ts";
import { exportedCall } from "./export/exported-call.ts";
import { ndjson } from "./export/ndjson.ts";
import { parquet } from "./export/parquet.ts";
import { accountParams } from "./openapi/parameters.ts";
import { typed } from "./openapi/typed-routes.ts";
import { problem } from "./problem.ts";

/** Calls read by one statement: a few MB, and a few ms of the database. */
const PAGE_CALLS = 1000;
/** Concurrent exports: each keeps the database busy if its reader is fast enough. */
const EXPORTS_PER_ACCOUNT = 2;
/** ms that a reader may take for one part before its connection is closed. */
const STALLED_MS = 60_000;

const ENCODERS: Readonly<Record<ExportFormat, ExportEncoder>> = { csv, ndjson, parquet };

const file = { schema: z.unknown() };
const SCHEMA = {
  operationId: "calls.export",
  summary: "Call detail records as a file, oldest first: CSV, JSON lines or Parquet",
  description:
    "Only calls that have ended. If the export can't be finished, the connection is closed before the end of the file.",
  params: accountParams,
  querystring: exportQuery,
  response: {
    200: { content: { "application/x-ndjson": file, "text/csv": file, "application/vnd.apache.parquet": file } },
  },
  refusals: { 429: "The account already has as many exports under way as it may" },
};

/** Serves the account's call detail records as a file that is written while it is read. */
export function callExportRoute(app: FastifyInstance, options: ApiOptions): void {
  const open = new Map<string, number>();
  const count = (account: string, by: 1 | -1): void => void open.set(account, (open.get(account) ?? 0) + by);
  const route = { schema: SCHEMA, exposeHeadRoute: false }; // its length is known only at its end
  typed(app).get("/calls/export", route, ({ params: { account }, query: { format, ...filters } }, reply) => {
    if ((open.get(account) ?? 0) >= EXPORTS_PER_ACCOUNT) {
      const detail = `account ${account} has ${EXPORTS_PER_ACCOUNT} exports under way: wait for one of them`;
      return problem(reply.header("retry-after", "10"), 429, detail);
    }
    count(account, 1);
    const { encode, mediaType } = ENCODERS[format];
    const parts = Readable.from(patient(options, encode(pagesOf(options, account, filterOf(filters))), reply));
    parts.once("error", (error) => options.log.warn({ err: error, account }, "an export of calls was aborted"));
    parts.once("close", () => count(account, -1));
    return reply
      .type(mediaType)
      .header("content-disposition", `attachment; filename="calls-${account}.${format}"`)
      .header("cache-control", "no-store")
      .send(parts);
  });
}

/** Yields page after page, reading each when the one before it has been sent. */
async function* pagesOf(
  { store }: Pick<ApiOptions, "store">,
  account: string,
  filter: CallFilter,
): AsyncGenerator<readonly ExportedCall[]> {
  for (let after: CallCursor | null = null; ;) {
    const page = await store.endedCalls(account, filter, after, PAGE_CALLS);
    if (page.length > 0) yield page.map(exportedCall);
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE_CALLS) return;
    after = { startedAt: last.startedAt, callSid: last.callSid };
  }
}

/** Passes the parts on, and disconnects a reader that does not take one in time. */
async function* patient<T>(
  { clock }: Pick<ApiOptions, "clock">,
  parts: AsyncGenerator<T>,
  reply: FastifyReply,
): AsyncGenerator<T> {
  for await (const part of parts) {
    const stalled = clock.after(STALLED_MS, () => reply.raw.destroy());
    try {
      yield part;
    } finally {
      stalled.cancel();
    }
  }
}
