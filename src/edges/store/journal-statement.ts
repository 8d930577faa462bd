import { stepItem } from "./feed-items.ts";
import { FORMAT } from "./format.ts";
import { bigintArray, intArray, textArray } from "./sql-arrays.ts";
import type { CallRow, EndRow, JournalRow, OutboxRow, RecordingRow } from "./types.ts";

/** One named statement that writes a whole group: one round trip, one transaction. */
export interface GroupStatement {
  /** A name always stands for the same text, so that the server parses and plans it once per connection. */
  readonly name: string;
  readonly text: string;
  readonly values: readonly (Buffer | string)[];
}

/** A group, sorted by target table. */
interface Group {
  readonly rows: readonly JournalRow[];
  readonly started: readonly StartedCall[];
  readonly ended: readonly EndedCall[];
  /** Started and ended in the same group: never inserted into `live`. */
  readonly startedAndEnded: readonly (StartedCall & EndedCall)[];
  readonly recordings: readonly { readonly row: JournalRow; readonly recording: RecordingRow }[];
  readonly outbox: readonly { readonly row: JournalRow; readonly due: OutboxRow }[];
  readonly keyed: readonly StartedCall[];
}

interface StartedCall {
  readonly row: JournalRow;
  readonly call: CallRow;
}

interface EndedCall {
  readonly row: JournalRow;
  readonly end: EndRow;
}

/** A column sent as one array. */
interface Column {
  readonly name: string;
  readonly type: "text" | "int" | "bigint";
  readonly value: Buffer;
}

/** A part of the statement that only some groups need. `$1` is this node. */
interface Part {
  readonly key: string;
  readonly columns: readonly Column[];
  /** Common table expressions over `unnest` of the columns. */
  readonly write: (source: string) => readonly string[];
}

const NOW_MS = "(extract(epoch from clock_timestamp()) * 1000)::bigint";
/** Columns by name: tables that grew by migrations may have them in another order. */
const CALL_COLUMNS =
  "call_sid, account, node, setup, flow, from_number, to_number, direction, custom_field, started_at, dial_to";
const END_COLUMNS = "ended_at, status, cdr, attempts, requests";
const MOVED_COLUMNS = CALL_COLUMNS.replaceAll(/\w+/g, "live.$&");
const RECORDING_COLUMNS = "id, call_sid, account, file, layout, duration_ms, failure";
/** The same from the arrays; `$1` is this node. */
const CALL_FIELDS = "sid, account, $1, setup, flow, caller, called, direction, custom, started, dial_to";
const END_FIELDS = "ended, u.status, u.cdr, u.attempts, u.requests";
const RECORDING_FIELDS = "id, sid, account, file, layout, duration, failure";

/**
 * The statement for rows of any calls, in order. `node` marks the calls that start. With `leaseMs` above 0 this
 * node leases the outbox rows that have no predecessor at once, for that long: their ids are the statement's result.
 */
export function groupStatement(node: string, rows: readonly JournalRow[], leaseMs: number): GroupStatement {
  const group = byTable(rows);
  const values: (Buffer | string)[] = [node, String(leaseMs)];
  const withs: string[] = [];
  let key = "";
  const source = (columns: readonly Column[]): string => {
    const params = columns.map(({ type, value }) => `$${values.push(value)}::${type}[]`);
    return `unnest(${params.join(", ")}) as u (${columns.map(({ name }) => name).join(", ")})`;
  };
  const journal = source(journalColumns(group.rows));
  for (const part of [
    startedCalls(group),
    startedAndEndedCalls(group),
    endedCalls(group),
    recordings(group),
    outbox(group),
    feed(group),
    callKeys(group),
  ]) {
    if (part === null) continue;
    key += part.key;
    withs.push(...part.write(source(part.columns)));
  }
  const insert = `insert into journal (call_sid, seq, at, event, trace, leg_snapshots, version, started_at)
    select sid, seq, at, event, trace, leg_snapshots, ${FORMAT}, started from ${journal}`;
  withs.push(`journaled as (${insert})`);
  // Mentions both parameters, so that statements that do not use them still accept them.
  const result = group.outbox.length > 0 ? "select id from due where due_at > 0" : "select 1 where false";
  const text = `with parameters as (select $1::text, $2::bigint), ${withs.join(", ")} ${result}`;
  return { name: `journal_${key}`, text, values };
}

function byTable(rows: readonly JournalRow[]): Group {
  const started = new Map<string, StartedCall>();
  const group = { rows, ended: [] as EndedCall[], startedAndEnded: [] as (StartedCall & EndedCall)[] };
  const recordings: Group["recordings"][number][] = [];
  const outbox: Group["outbox"][number][] = [];
  const keyed: StartedCall[] = [];
  for (const row of rows) {
    const { call, end } = row;
    if (call !== undefined) started.set(row.callSid, { row, call });
    if (call?.key !== undefined) keyed.push({ row, call });
    for (const due of row.outbox ?? []) outbox.push({ row, due });
    if (end === undefined) continue;
    for (const recording of end.recordings) recordings.push({ row, recording });
    const start = started.get(row.callSid);
    if (start === undefined) group.ended.push({ row, end });
    else group.startedAndEnded.push({ row, call: start.call, end });
    started.delete(row.callSid);
  }
  return { ...group, started: [...started.values()], recordings, outbox, keyed };
}

function journalColumns(rows: readonly JournalRow[]): readonly Column[] {
  return [
    text("sid", rows, (row) => row.callSid),
    { name: "seq", type: "int", value: intArray(rows.map((row) => row.seq)) },
    bigint("at", rows, (row) => row.at),
    text("event", rows, (row) => row.event),
    text("trace", rows, (row) => row.trace),
    text("leg_snapshots", rows, (row) => row.legSnapshots ?? null),
    bigint("started", rows, (row) => row.startedAt),
  ];
}

function startedCalls({ started }: Group): Part | null {
  if (started.length === 0) return null;
  const write = (source: string) => [
    `started as (insert into live (${CALL_COLUMNS}) select ${CALL_FIELDS} from ${source})`,
  ];
  return { key: "s", columns: callColumns(started), write };
}

function startedAndEndedCalls({ startedAndEnded }: Group): Part | null {
  if (startedAndEnded.length === 0) return null;
  const write = (source: string) => [
    `started_and_ended as (insert into calls (${CALL_COLUMNS}, ${END_COLUMNS}) select ${CALL_FIELDS}, ${END_FIELDS} from ${source})`,
  ];
  return { key: "w", columns: [...callColumns(startedAndEnded), ...endColumns(startedAndEnded)], write };
}

function endedCalls({ ended }: Group): Part | null {
  if (ended.length === 0) return null;
  const write = (source: string) => [
    `moved as (delete from live using ${source} where live.call_sid = u.sid
      returning ${MOVED_COLUMNS}, ${END_FIELDS})`,
    `ended as (insert into calls (${CALL_COLUMNS}, ${END_COLUMNS}) select * from moved)`,
  ];
  return { key: "e", columns: [text("sid", ended, ({ row }) => row.callSid), ...endColumns(ended)], write };
}

function recordings({ recordings }: Group): Part | null {
  if (recordings.length === 0) return null;
  const columns = [
    text("id", recordings, ({ recording }) => recording.id),
    text("sid", recordings, ({ row }) => row.callSid),
    text("account", recordings, ({ row }) => row.account),
    text("file", recordings, ({ recording }) => recording.file),
    text("layout", recordings, ({ recording }) => recording.layout),
    bigint("duration", recordings, ({ recording }) => Math.round(recording.durationMs)),
    text("failure", recordings, ({ recording }) => recording.failure),
  ];
  const write = (source: string) => [
    `recorded as (insert into recordings (${RECORDING_COLUMNS}) select ${RECORDING_FIELDS} from ${source})`,
  ];
  return { key: "r", columns, write };
}

function outbox({ outbox }: Group): Part | null {
  if (outbox.length === 0) return null;
  const columns: readonly Column[] = [
    text("id", outbox, ({ due }) => due.id),
    text("sid", outbox, ({ row }) => row.callSid),
    text("order_key", outbox, ({ due }) => due.order),
    text("account", outbox, ({ row }) => row.account),
    text("purpose", outbox, ({ due }) => due.purpose),
    text("request", outbox, ({ due }) => due.request),
    bigint("created", outbox, ({ row }) => row.at),
    { name: "first", type: "int", value: intArray(firsts(outbox)) },
  ];
  // Due at once, whatever this machine's clock says: after that, only the database's clock decides. Rows that are
  // leased at once follow that clock, too.
  const fields = "id, call_sid, order_key, account, purpose, request, created_at, due_at, leased_by, version";
  const leased = `$2::bigint > 0 and u.first = 1 and not exists (
    select 1 from outbox p where p.call_sid = u.sid and p.order_key = u.order_key)`;
  const due = `case when ${leased} then ${NOW_MS} + $2::bigint else 0 end`;
  const write = (source: string) => [
    `due as (
      insert into outbox (${fields})
      select u.id, sid, u.order_key, account, purpose, request, created, ${due}, $1, ${FORMAT} from ${source}
      on conflict (id) do nothing returning id, due_at)`,
  ];
  return { key: "o", columns, write };
}

/** One row for each account: what its calls did in this group, in order. */
function feed({ rows }: Group): Part | null {
  const byAccount = new Map<string, { n: number; items: string }>();
  for (const { account, callSid, seq, feed: entries = [] } of rows) {
    if (entries.length === 0) continue;
    const item = stepItem(callSid, seq, entries);
    const known = byAccount.get(account);
    byAccount.set(account, {
      n: (known?.n ?? 0) + entries.length,
      items: known === undefined ? item : `${known.items},${item}`,
    });
  }
  if (byAccount.size === 0) return null;
  const accounts = [...byAccount];
  const columns: readonly Column[] = [
    text("account", accounts, ([account]) => account),
    { name: "n", type: "int", value: intArray(accounts.map(([, { n }]) => n)) },
    text("items", accounts, ([, { items }]) => items),
  ];
  const write = (source: string) => [
    `fed as (insert into feed_pending (account, n, items) select account, n, items from ${source})`,
  ];
  return { key: "f", columns, write };
}

/** If a key is taken, the whole group is refused; the journal then finds the one `append` that has it. */
function callKeys({ keyed }: Group): Part | null {
  if (keyed.length === 0) return null;
  const columns = [
    text("account", keyed, ({ row }) => row.account),
    text("key", keyed, ({ call }) => call.key?.key ?? ""),
    text("sid", keyed, ({ row }) => row.callSid),
    text("fingerprint", keyed, ({ call }) => call.key?.fingerprint ?? ""),
    bigint("created", keyed, ({ row }) => row.at),
  ];
  const write = (source: string) => [
    `keyed as (insert into call_keys (account, key, call_sid, fingerprint, created_at)
      select account, u.key, sid, u.fingerprint, created from ${source})`,
  ];
  return { key: "k", columns, write };
}

/** 1 for the first row of each (call, order key) in the group: the database cannot see this within its own insert. */
function firsts(outbox: Group["outbox"]): readonly number[] {
  const seen = new Set<string>();
  return outbox.map(({ row, due }) => {
    const key = `${row.callSid} ${due.order}`;
    if (seen.has(key)) return 0;
    seen.add(key);
    return 1;
  });
}

function callColumns(rows: readonly StartedCall[]): readonly Column[] {
  return [
    text("sid", rows, ({ row }) => row.callSid),
    text("account", rows, ({ row }) => row.account),
    text("setup", rows, ({ call }) => call.setup),
    text("flow", rows, ({ call }) => call.flow),
    text("caller", rows, ({ call }) => call.from),
    text("called", rows, ({ call }) => call.to),
    text("direction", rows, ({ call }) => call.direction),
    text("custom", rows, ({ call }) => call.customField),
    bigint("started", rows, ({ call }) => call.startedAt),
    text("dial_to", rows, ({ call }) => call.dialTo ?? null),
  ];
}

function endColumns(rows: readonly EndedCall[]): readonly Column[] {
  return [
    bigint("ended", rows, ({ end }) => end.endedAt),
    text("status", rows, ({ end }) => end.status),
    text("cdr", rows, ({ end }) => end.cdr),
    text("attempts", rows, ({ end }) => JSON.stringify(end.attempts)),
    text("requests", rows, ({ end }) => JSON.stringify(end.requests)),
  ];
}

function text<T>(name: string, rows: readonly T[], value: (row: T) => string | null): Column {
  return { name, type: "text", value: textArray(rows.map(value)) };
}

function bigint<T>(name: string, rows: readonly T[], value: (row: T) => number): Column {
  return { name, type: "bigint", value: bigintArray(rows.map(value)) };
}
