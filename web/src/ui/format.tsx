import styles from "./format.module.css";

const time = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const day = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const dayOfYear = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", year: "numeric" });
const whole = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" });

/** An instant: the hour if it is today, else with its day. The whole of it, with its zone, when pointed at. */
export function Time({ at }: { readonly at: string | null }) {
  if (at === null) return <span className={styles["none"]}>never</span>;
  const date = new Date(at);
  return (
    <time dateTime={at} title={whole.format(date)} className={styles["figures"]}>
      {shortTime(date, new Date())}
    </time>
  );
}

function shortTime(date: Date, now: Date): string {
  if (date.toDateString() === now.toDateString()) return time.format(date);
  const format = date.getFullYear() === now.getFullYear() ? day : dayOfYear;
  return `${format.format(date)}, ${time.format(date)}`;
}

/** A length of time in the two largest units: `240 ms`, `4.1 s`, `1 m 04 s`, `2 h 10 m`. */
export function durationText(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  const seconds = ms / 1000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} m ${two(Math.floor(seconds % 60))} s`;
  return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} m`;
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}

/** A moment of a call, counted from its beginning: `0:04.120`. */
export function momentText(ms: number): string {
  const minutes = Math.floor(ms / 60_000);
  const seconds = ((ms % 60_000) / 1000).toFixed(3).padStart(6, "0");
  return `${minutes}:${seconds}`;
}

/** Numbers, ids and lengths of time: figures of one width, so that columns can be compared. */
export function Figures({ children }: { readonly children: React.ReactNode }) {
  return <span className={styles["figures"]}>{children}</span>;
}

/** What machines read: ids, URLs, names of applets. */
export function Mono({ children }: { readonly children: React.ReactNode }) {
  return <span className={styles["mono"]}>{children}</span>;
}

/** Nothing, said in a word rather than by an empty place. */
export function None({ children = "none" }: { readonly children?: React.ReactNode }) {
  return <span className={styles["none"]}>{children}</span>;
}
