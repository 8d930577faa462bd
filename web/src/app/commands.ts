import { queryOptions, useQuery } from "@tanstack/react-query";
import { useRouter } from "@tanstack/react-router";
import { Hash, Monitor, Moon, Phone, Sun } from "lucide-react";
import type { ComponentType } from "react";
import { keyOf, useAccount, useApi } from "../api/account.ts";
import type { Models, PlugboardApi } from "../api/client.ts";
import { PlugboardError } from "../api/client.ts";
import { numbersQuery } from "../api/numbers.ts";
import { useNavigationPages } from "./navigation.tsx";
import { useTheme } from "./theme.ts";

/** Something that the box can do. */
export interface Command {
  readonly id: string;
  readonly group: string;
  readonly label: string;
  /** Further words by which it is found, and shown beside the label. */
  readonly detail?: string;
  readonly icon: ComponentType<{ readonly size?: number }>;
  readonly run: () => void;
}

type CallSummary = Models["CallSummary"];

/** Most calls that the box shows for a number. */
const MOST_CALLS = 6;

/** Everything that the command box offers without asking the platform. */
export function useCommands() {
  const account = useAccount();
  const { navigate } = useRouter();
  const [, setTheme] = useTheme();
  const numbers = useQuery(numbersQuery(useApi(), account));
  const pages = useNavigationPages().map(({ to, label, icon, letter }): Command => ({
    id: to,
    group: "Pages",
    label,
    icon,
    ...(letter === undefined ? {} : { detail: `G ${letter}` }),
    run: () => void navigate({ to }),
  }));
  const themes = (
    [
      ["system", "Theme: as the system", Monitor],
      ["light", "Theme: light", Sun],
      ["dark", "Theme: dark", Moon],
    ] as const
  ).map(([theme, label, icon]): Command => ({ id: theme, group: "Commands", label, icon, run: () => setTheme(theme) }));
  const ofNumbers = (numbers.data ?? []).map(({ number, name }): Command => ({
    id: number,
    group: "Numbers",
    label: number,
    detail: name,
    icon: Hash,
    run: () => void navigate({ to: "/a/$account/calls", params: { account }, search: { number } }),
  }));
  const ofCall = (call: CallSummary): Command => ({
    id: call.call_sid,
    group: "Calls",
    label: `${call.from} → ${call.to}`,
    detail: `${new Date(call.started_at).toLocaleString()}, ${call.status}`,
    icon: Phone,
    run: () => void navigate({ to: "/a/$account/calls/$callSid", params: { account, callSid: call.call_sid } }),
  });
  return { commands: [...pages, ...ofNumbers, ...themes], ofCall };
}

/** Calls of a number, or the call with this sid. */
export function foundCallsQuery(api: PlugboardApi, account: string, text: string) {
  const number = /^\+?[\d\s().-]{5,}$/.test(text) ? text.replaceAll(/[\s().-]/g, "") : null;
  const isSid = /^[0-9a-z]{16,64}$/.test(text);
  return queryOptions({
    queryKey: keyOf(account, "calls", "found", text),
    enabled: number !== null || isSid,
    queryFn: async ({ signal }): Promise<readonly CallSummary[]> => {
      const [ofNumber, bySid] = await Promise.all([
        number === null ? [] : api.calls.list({ number, limit: MOST_CALLS }, { signal }).then(({ calls }) => calls),
        isSid ? callWithSid(api, text, signal) : [],
      ]);
      return [...bySid, ...ofNumber];
    },
  });
}

async function callWithSid(api: PlugboardApi, callSid: string, signal: AbortSignal): Promise<readonly CallSummary[]> {
  try {
    return [await api.calls.get({ callSid }, { signal })];
  } catch (error) {
    if (error instanceof PlugboardError && error.status === 404) return [];
    throw error;
  }
}
