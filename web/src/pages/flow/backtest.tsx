import { History } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { useApi } from "../../api/account.ts";
import type { Models } from "../../api/client.ts";
import { Button } from "../../ui/button.tsx";
import { Notice, sentenceOf } from "../../ui/states.tsx";
import styles from "./dialogs.module.css";

type Line = Models["BacktestLine"];
type Summary = Models["BacktestSummary"];

/** Plays the calls of the last 30 days through the draft. */
export function Backtest({ id }: { readonly id: string }) {
  const api = useApi();
  const [line, setLine] = useState<Line | null>(null);
  const [failure, setFailure] = useState<unknown>(null);
  const running = useRef<AbortController | null>(null);
  useEffect(() => () => running.current?.abort(), []);
  const run = async (): Promise<void> => {
    const controller = new AbortController();
    running.current = controller;
    setFailure(null);
    setLine({ type: "progress", calls: 0, of: 0 });
    try {
      const answer = await api.flows.backtest({ flow: id, body: {} }, { signal: controller.signal });
      for await (const each of linesOf(answer)) if (each.type !== "call") setLine(each);
    } catch (error) {
      if (controller.signal.aborted) return;
      setLine(null);
      setFailure(error);
    }
  };
  return (
    <>
      <div>
        <Button icon={History} busy={line?.type === "progress"} onClick={() => void run()}>
          Backtest with recorded calls
        </Button>
      </div>
      <div role="status">{line === null ? null : <BacktestState line={line} />}</div>
      {failure === null ? null : <Notice tone="bad">{sentenceOf(failure)}</Notice>}
    </>
  );
}

function BacktestState({ line }: { readonly line: Line }) {
  switch (line.type) {
    case "progress":
      return <p className={styles["quiet"]}>{`${line.calls} of ${line.of} calls played.`}</p>;
    case "summary":
      return <BacktestResult of={line} />;
    case "failed":
      return <Notice tone="bad">{line.detail}</Notice>;
    case "call":
    default:
      return null;
  }
}

function BacktestResult({ of: { calls, same, groups } }: { readonly of: Summary }) {
  if (calls === 0) return <p className={styles["quiet"]}>No call of the last 30 days went through this flow.</p>;
  return (
    <>
      <p>{`${same} of ${calls} calls of the last 30 days end as they did.`}</p>
      <ul className={styles["changes"]}>
        {groups.map(({ message }) => (
          <li key={message}>{message}</li>
        ))}
      </ul>
    </>
  );
}

/** An answer of JSON lines, as they come. */
async function* linesOf(answer: Response): AsyncGenerator<Line> {
  const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
  if (reader === undefined) return;
  let rest = "";
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    const lines = `${rest}${part.value}`.split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) if (line !== "") yield JSON.parse(line) as Line;
  }
}
