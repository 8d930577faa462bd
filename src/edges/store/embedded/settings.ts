/**
 * Settings of the embedded server that differ from PostgreSQL's own, each with its reason. Those that keep acknowledged
 * rows safe (`fsync`, `full_page_writes`, `synchronous_commit`) stay on, and are set here so that no file can change
 * them.
 */
export const SERVER_SETTINGS: Readonly<Record<string, string>> = {
  fsync: "on",
  full_page_writes: "on",
  synchronous_commit: "on",
  autovacuum: "on",
  // Reached through the unix socket only.
  listen_addresses: "",
  unix_socket_permissions: "0700",
  // Journal, reader, outbox, feed and a person's psql; each idle connection costs about 2 MB.
  max_connections: "32",
  // The working set is the live calls and the newest index pages; the kernel caches the rest.
  shared_buffers: "64MB",
  // Nothing replicates from it, so it writes as little write-ahead log as possible.
  wal_level: "minimal",
  max_wal_senders: "0",
  // After a checkpoint the next change of every page costs a full page of log, so there are few. Recovery still takes only seconds.
  max_wal_size: "1GB",
  checkpoint_timeout: "15min",
  // Our statements are short: compiling them, planning them in parallel or reading ahead for them costs more than it saves.
  jit: "off",
  max_parallel_workers_per_gather: "0",
  io_method: "sync",
  // One system call less per statement.
  update_process_title: "off",
  // A killed control process must not block its successor.
  idle_in_transaction_session_timeout: "60s",
  timezone: "UTC",
  log_timezone: "UTC",
  // No statement of the hot path takes this long; one that does is worth a line in server.log.
  log_min_duration_statement: "1s",
  // Parameters hold phone numbers and credentials: never in a log.
  log_parameter_max_length: "0",
  log_parameter_max_length_on_error: "0",
};
