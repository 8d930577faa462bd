import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { keyOf, useAccount, useApi } from "../../api/account.ts";
import type { FlowDraft } from "./document.ts";
import type { Finding } from "./findings.ts";

/** ms without a change before the platform is asked. */
const PAUSE_MS = 350;

/** What the platform finds in the document on the screen, saved or not. */
export function useFindings(id: string, flow: FlowDraft, enabled: boolean): readonly Finding[] {
  const [api, account] = [useApi(), useAccount()];
  const [settled, setSettled] = useState(flow);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(flow), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [flow]);
  const { data } = useQuery({
    queryKey: keyOf(account, "flow", id, "findings", settled),
    queryFn: async ({ signal }) => (await api.flows.validate({ flow: id, body: settled }, { signal })).findings,
    enabled,
    gcTime: 0,
    placeholderData: keepPreviousData,
  });
  return data ?? NONE;
}

const NONE: readonly Finding[] = [];
