import type { ErrorComponentProps } from "@tanstack/react-router";
import { useRouter } from "@tanstack/react-router";
import { Compass } from "lucide-react";
import { ButtonLink } from "../ui/button.tsx";
import { Page } from "../ui/page.tsx";
import { Empty, Failure, Loading } from "../ui/states.tsx";

/** An address that no page has. */
export function NotFound() {
  return (
    <Page title="Not found">
      <Empty icon={Compass} title="Nothing is here" action={<ButtonLink to="/">Go to the start</ButtonLink>}>
        The address may be mistyped, or what it led to was removed.
      </Empty>
    </Page>
  );
}

/** A page that threw: what it says, and another try. The rest of the application goes on. */
export function RouteFailure({ error, reset }: ErrorComponentProps) {
  const router = useRouter();
  const retry = (): void => {
    reset();
    void router.invalidate();
  };
  return (
    <Page title="Something went wrong">
      <Failure title="This page could not be shown" error={error} retry={retry} />
    </Page>
  );
}

export function RoutePending() {
  return <Loading />;
}
