import { classes } from "../../ui/classes.ts";
import { durationText } from "../../ui/format.tsx";
import { useNarrow } from "../../ui/narrow.ts";
import styles from "./call-timeline.module.css";
import type { Lane, LaneBar } from "./lanes.ts";
import { lanesOf, ticksOf } from "./lanes.ts";
import type { WholeCall } from "./call-queries.ts";

/** Bars shorter than this, in percent of the call, are drawn this wide. */
const LEAST_WIDTH = 0.35;

/** Share of the call up to which marks have room for their words. */
const LAST_TICK = 0.96;

interface CallTimelineProps {
  readonly call: WholeCall;
  /** ms since the call arrived; where what goes on ends. */
  readonly now: number;
}

/** The call as lanes over time. Each bar leads to the entry that began it. */
export function CallTimeline({ call, now }: CallTimelineProps) {
  const narrow = useNarrow();
  const length = Math.max(1, call.cdr === null ? now : call.duration_ms);
  // A mark on the right edge would stand outside.
  const ticks = ticksOf(length, narrow ? 4 : 9).filter((tick) => tick / length < LAST_TICK);
  return (
    <div className={styles["timeline"]}>
      <div className={styles["axis"]} aria-hidden="true">
        {ticks.map((tick) => (
          <span key={tick} style={{ left: `${(tick / length) * 100}%` }}>
            {tick === 0 ? "0" : durationText(tick)}
          </span>
        ))}
      </div>
      <ol className={styles["lanes"]}>
        {lanesOf(call.trace, now).map((lane) => (
          <LaneRow key={lane.id} lane={lane} length={length} ticks={ticks} />
        ))}
      </ol>
    </div>
  );
}

interface LaneRowProps {
  readonly lane: Lane;
  readonly length: number;
  readonly ticks: readonly number[];
}

function LaneRow({ lane: { name, detail, bars }, length, ticks }: LaneRowProps) {
  return (
    <li className={styles["lane"]}>
      <div className={styles["name"]}>
        <span>{name}</span>
        <span>{detail}</span>
      </div>
      <div className={styles["track"]}>
        {ticks.map((tick) => (
          <span
            key={tick}
            className={styles["tick"]}
            style={{ left: `${(tick / length) * 100}%` }}
            aria-hidden="true"
          />
        ))}
        {bars.map((bar) => (
          <Bar key={`${bar.entry}-${bar.kind}`} bar={bar} length={length} />
        ))}
      </div>
    </li>
  );
}

function Bar({ bar: { from, to, kind, label, entry }, length }: { readonly bar: LaneBar; readonly length: number }) {
  const width = Math.max(LEAST_WIDTH, ((to - from) / length) * 100);
  const left = Math.min(100 - width, (from / length) * 100);
  const text = to === from ? label : `${label}, ${durationText(to - from)}`;
  return (
    <a
      href={`#entry-${entry}`}
      className={classes(styles["bar"], styles[kind])}
      style={{ left: `${left}%`, width: `${width}%` }}
      title={`${text}, from ${durationText(from)}`}
      aria-label={text}
    >
      <span aria-hidden="true">{kind === "waiting" ? null : text}</span>
    </a>
  );
}
