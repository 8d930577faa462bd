import { Download } from "lucide-react";
import { ButtonAnchor } from "../../ui/button.tsx";
import { durationText, Figures } from "../../ui/format.tsx";
import { Notice } from "../../ui/states.tsx";
import type { WholeCall } from "./call-queries.ts";
import styles from "./recordings.module.css";

/** What was recorded, to listen to and to keep. */
export function Recordings({ of }: { readonly of: WholeCall["recordings"] }) {
  return of.map(({ id, url, layout, duration_ms, failure }) => (
    <div key={id} className={styles["recording"]}>
      <div className={styles["head"]}>
        <Figures>{durationText(duration_ms)}</Figures>
        <span>{layout === "dual" ? "caller left, callee right" : "both in one channel"}</span>
        {failure === null ? (
          <ButtonAnchor
            variant="quiet"
            size="s"
            icon={Download}
            href={url}
            download={`${id}.wav`}
            aria-label="Download the recording"
          />
        ) : null}
      </div>
      {failure === null ? <audio controls preload="none" src={url} /> : <Notice tone="bad">{failure}</Notice>}
    </div>
  ));
}
