import { queryOptions } from "@tanstack/react-query";
import { platformApi } from "../../api/client.ts";

/** ms between two looks at the counters. */
const RENEW_MS = 5000;

/** How attempts over a trunk have ended since the platform started, by outcome. */
export type TrunkAttempts = Readonly<Record<string, number>>;

/** The platform's own counters, by the trunk's name: accounts that use the same name are counted together. */
export function trunkAttemptsQuery(trunk: string) {
  return queryOptions({
    queryKey: ["metrics", "attempts", trunk],
    queryFn: async ({ signal }) => attemptsIn(await platformApi.health.metrics({}, { signal }), trunk),
    refetchInterval: RENEW_MS,
  });
}

function attemptsIn(metrics: string, trunk: string): TrunkAttempts {
  const counts: Record<string, number> = {};
  for (const [, labels = "", count = ""] of metrics.matchAll(/^plugboard_attempts_total\{(.*)\} (\S+)$/gm)) {
    const named = Object.fromEntries(
      [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, key, text]) => [key, text]),
    );
    if (unescaped(named["trunk"] ?? "") === trunk) counts[named["outcome"] ?? ""] = Number(count);
  }
  return counts;
}

/** A label as Prometheus writes it. */
function unescaped(text: string): string {
  return text.replaceAll(/\\(.)/g, (_, character: string) => (character === "n" ? "\n" : character));
}
