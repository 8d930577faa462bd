import { useMutation } from "@tanstack/react-query";
import { Play } from "lucide-react";
import { useApi, useMay } from "../../api/account.ts";
import type { Models } from "../../api/client.ts";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { durationText } from "../../ui/format.tsx";
import { Notice, sentenceOf } from "../../ui/states.tsx";
import type { AppletDraft } from "./document.ts";
import styles from "./side-panel.module.css";

type Use = NonNullable<Parameters<ReturnType<typeof useApi>["account"]["checkUrl"]>[0]["body"]["as"]>;
type Report = Models["UrlCheckReport"];

interface TryUrlProps {
  readonly url: string;
  readonly use: string;
  readonly applet: AppletDraft;
}

/** Asks a URL as a call would, and shows what came back and what is wrong with it. */
export function TryUrl({ url, use }: TryUrlProps) {
  const api = useApi();
  const may = useMay("call");
  const { mutate, data, error, isPending } = useMutation({
    mutationFn: () => api.account.checkUrl({ body: { url, as: use as Use, runs: 0 } }),
  });
  return (
    <div className={styles["field"]}>
      <div>
        <Button
          size="s"
          icon={Play}
          busy={isPending}
          disabled={!may}
          title={may ? undefined : "Your role may not ask URLs."}
          onClick={() => mutate()}
        >
          {isPending ? "Asking …" : "Try it"}
        </Button>
      </div>
      <div role="status">{data === undefined ? null : <Result report={data} />}</div>
      {error === null ? null : <Notice tone="bad">{sentenceOf(error)}</Notice>}
    </div>
  );
}

function Result({ report }: { readonly report: Report }) {
  const { ok, warnings, findings, latency } = report;
  const [first] = latency;
  const tone = !ok ? "bad" : warnings > 0 ? "warn" : "good";
  const words = !ok ? "can't be used" : warnings > 0 ? "works, with warnings" : "works";
  return (
    <div className={styles["result"]}>
      <Badge tone={tone}>{first === undefined ? words : `${words}, answers in ${durationText(first.first_ms)}`}</Badge>
      {findings.map((finding) => (
        <details key={finding.id}>
          <summary>{finding.message}</summary>
          <p>{finding.fix}</p>
          <p>
            Sent: <code>{`${finding.sent.method} ${finding.sent.url}`}</code>
          </p>
          <p>
            Came back: {finding.came_back.failure ?? finding.came_back.status} {finding.came_back.content_type ?? ""}
          </p>
          {finding.came_back.body === "" ? null : <pre>{finding.came_back.body}</pre>}
        </details>
      ))}
    </div>
  );
}
