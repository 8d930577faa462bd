import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { Workflow } from "lucide-react";
import { useState } from "react";
import { keyOf, useAccount, useApi, useMay } from "../../api/account.ts";
import type { ListedFlow } from "../../api/flows.ts";
import { loadDraft, loadPublished } from "../../api/flows.ts";
import { ButtonLink } from "../../ui/button.tsx";
import { Page } from "../../ui/page.tsx";
import { Empty, Failure, Loading } from "../../ui/states.tsx";
import { draftOf } from "./document.ts";
import { FlowEditor } from "./flow-editor.tsx";
import type { LoadedFlow, Shown } from "./flow-state.ts";

const route = getRouteApi("/signed-in/a/$account/flows/$flow");

/** One flow: drawn, edited, published. */
export function FlowPage() {
  const id = route.useParams({ select: ({ flow }) => flow });
  return <KnownFlow key={id} id={id} />;
}

function KnownFlow({ id }: { readonly id: string }) {
  const account = useAccount();
  const [shown, setShown] = useState<Shown>("draft");
  const { data, error, refetch } = useFlow(id, shown);
  const mayEdit = [useMay("draft"), useMay("admin")].includes(true);
  if (error !== null)
    return (
      <Page title="Flow">
        <Failure error={error} retry={() => void refetch()} />
      </Page>
    );
  if (data === undefined)
    return (
      <Page title="Flow">
        <Loading />
      </Page>
    );
  if (data === null)
    return (
      <Page
        title="Flow"
        back={
          <Link to="/a/$account/flows" params={{ account }}>
            Flows
          </Link>
        }
      >
        <Empty
          icon={Workflow}
          title={`There is no flow ${id}`}
          action={
            <ButtonLink to="/a/$account/flows" params={{ account }}>
              Show all flows
            </ButtonLink>
          }
        >
          It may have been removed.
        </Empty>
      </Page>
    );
  return (
    <FlowEditor
      key={`${data.loadedAt} ${shown}`}
      id={id}
      loaded={data}
      shown={shown}
      mayEdit={mayEdit}
      onShow={setShown}
      onReload={refetch}
    />
  );
}

/** The flow as it is now. It is not fetched again by itself: what is being edited must not change under the hand. */
function useFlow(id: string, shown: Shown) {
  const [api, account] = [useApi(), useAccount()];
  return useQuery({
    queryKey: keyOf(account, "flow", id, "edited", shown),
    queryFn: async ({ signal }) => {
      const { flows } = await api.flows.list({}, { signal });
      const listed = flows.find(({ flow }) => flow === id);
      return listed === undefined ? null : load(account, listed, shown);
    },
    staleTime: Infinity,
    gcTime: 0,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  });
}

async function load(account: string, listed: ListedFlow, shown: Shown): Promise<LoadedFlow> {
  const isDraft = listed.draft !== null && (shown === "draft" || listed.published === null);
  const { value, etag } = await (isDraft ? loadDraft : loadPublished)(account, listed.flow);
  return { listed, document: draftOf(value), draftEtag: isDraft ? etag : null, loadedAt: Date.now() };
}
