import type { Generated } from "kysely";

/** The tables as kysely types them; `migrations.ts` says why they are so. */
export interface Tables {
  readonly setups: {
    readonly hash: string;
    readonly body: string;
    readonly created_at: number;
    readonly version: number;
  };
  readonly live: LiveTable;
  readonly calls: CallsTable;
  readonly journal: JournalTable;
  readonly recordings: RecordingsTable;
  readonly outbox: OutboxTable;
}

export interface LiveTable {
  readonly call_sid: string;
  readonly account: string;
  readonly node: string;
  readonly setup: string;
  readonly flow: string;
  readonly from_number: string;
  readonly to_number: string;
  readonly direction: "incoming" | "outbound-dial";
  readonly custom_field: string | null;
  readonly started_at: number;
  readonly dial_to: string | null;
}

export interface CallsTable extends LiveTable {
  readonly ended_at: number;
  readonly status: string;
  readonly cdr: string;
  /** JSON arrays of `AttemptRow` and `RequestRow`. */
  readonly attempts: string;
  readonly requests: string;
}

export interface JournalTable {
  readonly call_sid: string;
  readonly seq: number;
  readonly at: number;
  readonly event: string;
  readonly trace: string;
  readonly leg_snapshots: string | null;
  readonly version: number;
}

export interface RecordingsTable {
  readonly id: string;
  readonly call_sid: string;
  readonly account: string;
  readonly file: string;
  readonly layout: "mono" | "dual";
  readonly duration_ms: number;
  readonly failure: string | null;
}

export interface OutboxTable {
  readonly id: string;
  readonly seq: Generated<number>;
  readonly call_sid: string;
  readonly order_key: string;
  readonly account: string;
  readonly purpose: string;
  readonly request: string;
  readonly created_at: number;
  readonly due_at: number;
  readonly leased_by: string | null;
  readonly tries: Generated<number>;
  readonly parked_at: number | null;
  readonly error: string | null;
  readonly version: number;
}
