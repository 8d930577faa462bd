import { Plus } from "lucide-react";
import { useState } from "react";
import { useMay } from "../../api/account.ts";
import { Button } from "../../ui/button.tsx";

const NOUNS = { users: "user", groups: "group", members: "member" } as const;

/** What every list of people gets from the page. */
export interface PeopleList {
  readonly search: string;
  readonly onClear: () => void;
  /** The form of a new one is open. */
  readonly isAdding: boolean;
  readonly onAdded: () => void;
}

/** The button that adds one of what is shown, and whether its form is open. Without the right to there is none. */
export function useAdding(shown: keyof typeof NOUNS) {
  const may = useMay("admin");
  const [adding, setAdding] = useState<string | null>(null);
  const button = may ? (
    <Button variant="primary" icon={Plus} onClick={() => setAdding(shown)}>
      Add {NOUNS[shown]}
    </Button>
  ) : undefined;
  return { button, isAdding: adding === shown, stop: () => setAdding(null) };
}
