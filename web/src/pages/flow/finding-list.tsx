import { useState } from "react";
import { stringify } from "yaml";
import { Tag } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { CopyButton } from "../../ui/copy.tsx";
import { Mono } from "../../ui/format.tsx";
import type { FlowDraft } from "./document.ts";
import styles from "./dialogs.module.css";
import type { Finding } from "./findings.ts";
import { sentenceOfFinding } from "./findings.ts";

interface FindingListProps {
  readonly flow: FlowDraft;
  readonly findings: readonly Finding[];
  /** Shows where it is. */
  readonly onShow: (finding: Finding) => void;
}

/** What is wrong with a flow, each with a call that shows it. */
export function FindingList({ flow, findings, onShow }: FindingListProps) {
  return (
    <ul className={styles["findings"]}>
      {findings.map((finding) => (
        <li key={`${finding.path} ${finding.message}`}>
          <div className={styles["finding"]}>
            <Tag tone={finding.level === "error" ? "bad" : "warn"}>{finding.level}</Tag>
            <p>
              <Mono>{finding.path === "" ? "flow" : finding.path}</Mono> {sentenceOfFinding(finding)}
              {finding.rule === null ? null : <Mono> {finding.rule}</Mono>}
            </p>
            <Button size="s" variant="quiet" onClick={() => onShow(finding)}>
              Show
            </Button>
          </div>
          <ExampleCall flow={flow} finding={finding} />
        </li>
      ))}
    </ul>
  );
}

interface Example {
  readonly story: string;
  readonly scenario: string | null;
}

/** A call that shows the finding, found and played in the browser by the engine that handles live calls. */
function ExampleCall({ flow, finding }: { readonly flow: FlowDraft; readonly finding: Finding }) {
  const [example, setExample] = useState<Example | null>(null);
  if (example === null)
    return (
      <Button size="s" variant="quiet" onClick={() => void exampleOf(flow, finding).then(setExample)}>
        Show an example call
      </Button>
    );
  return (
    <div className={styles["example"]}>
      <p>{example.story}</p>
      {example.scenario === null ? null : (
        <details>
          <summary>
            As a scenario for <code>plugboard simulate</code>
          </summary>
          <CopyButton text={example.scenario} what="scenario" />
          <pre>{example.scenario}</pre>
        </details>
      )}
    </div>
  );
}

async function exampleOf(flow: FlowDraft, { path, message }: Finding): Promise<Example> {
  const { verify } = await import("../../../../src/tools/simulator/verify/verify.ts");
  const { findings } = verify({ flow: "0", ...flow });
  const found = findings.find((each) => each.path.join(".") === path && each.message === message);
  if (found === undefined) return { story: "No call was found that shows this.", scenario: null };
  if (found.example === null) return { story: found.noExample, scenario: null };
  return { story: `For example: ${found.example.story}.`, scenario: stringify(found.example.scenario) };
}
