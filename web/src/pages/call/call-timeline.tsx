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
  const length = Math.max(1, now, call.trace.at(-1)?.at_ms ?? 0);
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
      <div className={styles["track"]} aria-hidden="true">
        {ticks.map((tick) => (
          <span key={tick} className={styles["tick"]} style={{ left: `${(tick / length) * 100}%` }} />
        ))}
        {bars.map((bar) => (
          <Bar key={`${bar.kind}-${bar.from}-${bar.entry}`} bar={bar} length={length} />
        ))}
      </div>
      <span className="visually-hidden">
        {bars
          .toSorted((a, b) => a.from - b.from)
          .map(textOf)
          .join("; ")}
      </span>
    </li>
  );
}

/** Leads to its entry when it is clicked; without a pointer one reads the entries, which say the same. */
function Bar({ bar, length }: { readonly bar: LaneBar; readonly length: number }) {
  const width = Math.max(LEAST_WIDTH, ((bar.to - bar.from) / length) * 100);
  const left = Math.min(100 - width, (bar.from / length) * 100);
  const follow = (): void => {
    location.hash = `entry-${bar.entry}`;
  };
  return (
    <span
      className={classes(styles["bar"], styles[bar.kind])}
      style={{ left: `${left}%`, width: `${width}%` }}
      title={textOf(bar)}
      onClick={follow}
    >
      <span>{bar.kind === "waiting" ? null : labelOf(bar)}</span>
    </span>
  );
}

function labelOf({ from, to, label }: LaneBar): string {
  return to === from ? label : `${label}, ${durationText(to - from)}`;
}

function textOf(bar: LaneBar): string {
  return `${labelOf(bar)}, from ${durationText(bar.from)}`;
}
