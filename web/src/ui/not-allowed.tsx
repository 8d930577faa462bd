import { Lock } from "lucide-react";
import { Empty } from "./states.tsx";

/** Why a control is disabled for who may not change the account. */
export const ADMINS_ONLY = "Only administrators may do this";

/** In the place of what only administrators see. `title`: such as `The audit log is for administrators`. */
export function NotAllowed({ title }: { readonly title: string }) {
  return (
    <Empty icon={Lock} title={title}>
      Your role does not include it. Ask an administrator of the account to look, or to make you one.
    </Empty>
  );
}
