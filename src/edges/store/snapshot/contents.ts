/** What a snapshot of the database holds, apart from the rows. */
export interface SnapshotContents {
  /** Keys of the migrations that the database had seen, in order. */
  readonly migrations: readonly string[];
  /** Every table, in an order in which their rows can be inserted: foreign keys point backwards. */
  readonly tables: readonly string[];
  readonly partitions: readonly SnapshotPartition[];
}

/** A partition that was made while the platform ran. `key`, `bound`: `PRIMARY KEY …` (null: none) and `FOR VALUES …`, as PostgreSQL words them. */
export interface SnapshotPartition {
  readonly name: string;
  readonly table: string;
  readonly key: string | null;
  readonly bound: string;
}

/** Rows of one table, each as one line of JSON, some at a time. */
export type SnapshotRows = AsyncIterable<readonly string[]>;
