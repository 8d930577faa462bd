/** A line of the calculation or a limit, in words. */
interface Rule {
  readonly title: string;
  /** What the figure counts; absent: money. */
  readonly unit?: "lines" | "minutes";
  /** Where it is changed, in the workspace file. */
  readonly key?: string;
}

const RULES: Readonly<Record<string, Rule>> = {
  lines: { title: "Lines that can cost money at once", unit: "lines" },
  minutes: { title: "Minutes they can talk until the morning", unit: "minutes" },
  minutes_abroad: { title: "Of these, minutes abroad", unit: "minutes" },
  concurrent_calls: { title: "All lines busy all night", key: "limits.concurrent_calls" },
  channels: { title: "All channels busy all night", key: "trunks[].channels" },
  attempts_per_minute: { title: "As many attempts as may be begun", key: "limits.attempts_per_minute" },
  night_abroad_per_hour: { title: "As many calls abroad as a night may have", key: "limits.night.abroad_per_hour" },
  dial_prefixes: { title: "What may be dialled", key: "limits.dial_prefixes" },
  night_spend: { title: "The night's budget", key: "limits.night.spend" },
  spend_per_day: { title: "The day's budget", key: "limits.spend_per_day" },
  most: { title: "The most that it can be" },
};

/** A name of the calculation in words; the platform's own where there are none. */
export function ruleOf(name: string): Rule {
  return RULES[name] ?? { title: name };
}
