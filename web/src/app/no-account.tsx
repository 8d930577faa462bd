import { Inbox } from "lucide-react";
import { Page } from "../ui/page.tsx";
import { Empty } from "../ui/states.tsx";

/** For someone who is signed in while nothing is configured. */
export function NoAccount() {
  return (
    <Page title="No account yet">
      <Empty icon={Inbox} title="No account is configured">
        Write one into a workspace file and run <code>plugboard apply FILE</code>, then load this page again.
      </Empty>
    </Page>
  );
}
