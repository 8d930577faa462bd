/** What a snapshot of the database contains besides the rows. */
export interface SnapshotContents {
  /** Keys of the migrations that had run in the database, in order. */
  readonly migrations: readonly string[];
  /** Every table, in an order in which rows can be inserted: foreign keys refer to earlier tables. */
  readonly tables: readonly string[];
  readonly partitions: readonly SnapshotPartition[];
}

/** A partition that was made at run time. `key` (or null) and `bound` are PostgreSQL's `PRIMARY KEY …` and `FOR VALUES …`. */
export interface SnapshotPartition {
  readonly name: string;
  readonly table: string;
  readonly key: string | null;
  readonly bound: string;
}

/** Rows of one table in batches, each row one line of JSON. */
export type SnapshotRows = AsyncIterable<readonly string[]>;
