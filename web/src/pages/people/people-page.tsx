import { getRouteApi } from "@tanstack/react-router";
import { Page } from "../../ui/page.tsx";
import { SearchField } from "../../ui/search-field.tsx";
import { Segments } from "../../ui/segments.tsx";
import { GroupsList, UsersList } from "./entry-lists.tsx";
import { MembersList } from "./members-list.tsx";
import type { PeopleFilters } from "./people-filters.ts";
import { useAdding } from "./use-adding.tsx";

const route = getRouteApi("/signed-in/a/$account/people");

const VIEWS: readonly (readonly [label: string, show: PeopleFilters["show"]])[] = [
  ["Users", undefined],
  ["Groups", "groups"],
  ["Members", "members"],
];

/** Who is called (users and groups of them), and who signs in (members). */
export function PeoplePage() {
  const { q = "", show } = route.useSearch();
  const navigate = route.useNavigate();
  const use = (search: PeopleFilters): void => void navigate({ search, replace: true });
  const { button, isAdding, stop } = useAdding(show ?? "users");
  const list = { search: q, onClear: () => use(show ? { show } : {}), isAdding, onAdded: stop };
  return (
    <Page
      title="People"
      actions={button}
      toolbar={
        <>
          <Segments
            label="Kind"
            value={VIEWS.find(([, each]) => each === show)?.[0] ?? null}
            options={VIEWS.map(([label]) => label)}
            onChoose={(label) => {
              const chosen = VIEWS.find(([each]) => each === label)?.[1];
              use(chosen ? { show: chosen } : {});
            }}
          />
          <SearchField
            label={`Search ${show ?? "users"}`}
            value={q}
            onChange={(text) => use({ ...(show && { show }), ...(text !== "" && { q: text }) })}
          />
        </>
      }
    >
      {show === undefined ? <UsersList {...list} /> : null}
      {show === "groups" ? <GroupsList {...list} /> : null}
      {show === "members" ? <MembersList {...list} /> : null}
    </Page>
  );
}
