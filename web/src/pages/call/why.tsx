import { useQuery } from "@tanstack/react-query";
import { Fragment } from "react";
import { useAccount, useApi } from "../../api/account.ts";
import { Rules } from "../../ui/rule.tsx";
import { Loading, Notice, sentenceOf } from "../../ui/states.tsx";
import { whyQuery } from "./call-queries.ts";
import styles from "./why.module.css";

/** What decided the call, in one paragraph. What it is based on leads to the entries that show it. */
export function Why({ callSid }: { readonly callSid: string }) {
  const { data, error } = useQuery(whyQuery(useApi(), useAccount(), callSid));
  if (error !== null && data === undefined) return <Notice tone="warn">{sentenceOf(error)}</Notice>;
  return (
    <section aria-label="Why" className={styles["why"]}>
      {data === undefined ? (
        <Loading rows={2} />
      ) : (
        <p>
          {data.sentences.map((sentence, index) => (
            <Fragment key={sentence.text}>
              {index === 0 ? null : " "}
              <Sentence text={sentence.text} />
            </Fragment>
          ))}
        </p>
      )}
    </section>
  );
}

/** Where a sentence names what it is based on: `(DIAL-1, #12)`. */
const EVIDENCE = /\s*\(((?:[A-Z]+-\d+|#\d+)(?:, (?:[A-Z]+-\d+|#\d+))*)\)/;

function Sentence({ text }: { readonly text: string }) {
  return text
    .split(EVIDENCE)
    .map((part, index) => (index % 2 === 0 ? part : <Evidence key={part} of={part.split(", ")} />));
}

/** Rules, and the entries of the trace that show it. */
function Evidence({ of }: { readonly of: readonly string[] }) {
  const rules = of.filter((each) => !each.startsWith("#"));
  const entries = of.filter((each) => each.startsWith("#")).map((each) => each.slice(1));
  return (
    <span className={styles["evidence"]}>
      <Rules of={rules} />
      {entries.map((entry) => (
        <a key={entry} href={`#entry-${entry}`} aria-label={`entry ${entry} below`}>
          {entry}
        </a>
      ))}
    </span>
  );
}
