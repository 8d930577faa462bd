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
  readonly api_keys: ApiKeysTable;
  readonly audit_log: AuditLogTable;
  readonly members: MembersTable;
  readonly sessions: SessionsTable;
  readonly files_to_delete: FilesToDeleteTable;
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
  /** When its call began; 0: the row is older than this column. */
  readonly started_at: number;
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

export interface ApiKeysTable {
  readonly account: string;
  readonly key: string;
  readonly token_hash: string;
  readonly name: string;
  readonly scopes: readonly string[];
  /** `file`: from the workspace file; `api`: created while the platform was running. */
  readonly source: "file" | "api";
  readonly created_at: number;
  readonly created_by: string;
  readonly last_used_at: number | null;
  readonly revoked_at: number | null;
}

export interface AuditLogTable {
  readonly id: Generated<number>;
  /** Null: of the platform itself. */
  readonly account: string | null;
  readonly at: number;
  readonly actor_kind: "key" | "user" | "system";
  readonly actor: string;
  readonly action: string;
  readonly subject: string;
  /** JSON, secrets masked. */
  readonly before: string | null;
  readonly after: string | null;
}

export interface MembersTable {
  readonly id: string;
  /** Null: of the platform, for every account. */
  readonly account: string | null;
  readonly login: string;
  readonly role: "viewer" | "operator" | "admin";
  readonly password_hash: string;
  /** Someone else set the password: it may only be used to change it. */
  readonly must_change: boolean;
  /** Base32, sealed; active once a code has confirmed it. */
  readonly totp_secret: string | null;
  readonly totp_active: Generated<boolean>;
  /** The newest step whose code was used: no code is accepted twice (RFC 6238, 5.2). */
  readonly totp_step: Generated<number>;
  readonly recovery_hashes: Generated<readonly string[]>;
  readonly created_at: number;
  readonly created_by: string;
  readonly signed_in_at: number | null;
}

export interface SessionsTable {
  readonly token_hash: string;
  readonly member: string;
  readonly created_at: number;
  readonly used_at: number;
}

export interface FilesToDeleteTable {
  /** Relative to the recordings folder. */
  readonly file: string;
  readonly account: string;
  readonly node: string;
  readonly since: number;
}
