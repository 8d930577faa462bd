/** What the server may say when it cannot start, and what that means to a person. The first match counts. */
const MEANINGS: readonly (readonly [pattern: RegExp, meaning: (place: Where) => string])[] = [
  [
    /No space left on device|Disk quota exceeded/,
    ({ cluster }) => `The disk that holds ${cluster} is full: free some space, then start again.`,
  ],
  [
    /Read-only file system/,
    ({ cluster }) =>
      `The file system that holds ${cluster} is mounted read-only: mount it for writing, or use another data folder.`,
  ],
  [
    /database files are incompatible with server|initialized by PostgreSQL version/,
    ({ cluster }) =>
      `${cluster} was made by another major version of PostgreSQL: run the Plugboard that made it, dump the database, and load the dump here.`,
  ],
  [
    /valid checkpoint|invalid checkpoint|invalid primary|PANIC|invalid data in file|incorrect checksum|is corrupted|could not (?:open|read|access|stat) (?:file|directory)|bogus data|unrecognized configuration|syntax error in file|(?:is not|not) a valid data directory|could not locate|invalid page|invalid magic number/,
    ({ cluster }) =>
      `The database in ${cluster} is damaged and was left as it is: put a backup in its place, or move the folder away to start with an empty one.`,
  ],
];

interface Where {
  readonly cluster: string;
  readonly logFile: string;
}

/** How many of the server's own lines the sentence includes. */
const LINES = 5;

/** One sentence about a server that did not start, then the server's own words. `log` is what it wrote this time. */
export function startProblem(log: string, where: Where): string {
  const lines = log.trim().split("\n");
  const bad = lines.filter((line) => /\b(?:FATAL|PANIC|ERROR):/.test(line));
  const said = (bad.length > 0 ? bad : lines).slice(-LINES).join(" | ");
  const meaning = MEANINGS.find(([pattern]) => pattern.test(said));
  const sentence = meaning === undefined ? "PostgreSQL does not start." : meaning[1](where);
  return `${sentence} It said: ${said} (${where.logFile})`;
}
