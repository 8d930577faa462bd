import { useQuery } from "@tanstack/react-query";
import { User, Users } from "lucide-react";
import { useState } from "react";
import { useAccount, useApi } from "../../api/account.ts";
import type { Entry } from "../../api/entries.ts";
import { entriesQuery } from "../../api/entries.ts";
import { CompactRow } from "../../ui/compact.tsx";
import { shownValue } from "../../ui/entry-document.ts";
import type { EntryLook } from "../../ui/entry-form.tsx";
import { EntryWindow } from "../../ui/entry-window.tsx";
import { Figures, Mono, None, Time } from "../../ui/format.tsx";
import { List } from "../../ui/list.tsx";
import { RemoveEntry } from "../../ui/remove-entry.tsx";
import { RowActions } from "../../ui/row-actions.tsx";
import { Empty } from "../../ui/states.tsx";
import type { Column } from "../../ui/table.tsx";
import type { PeopleList } from "./use-adding.tsx";

const USER_LOOK: EntryLook = {
  kind: "users",
  nameField: "name",
  sections: [
    {
      title: "User",
      fields: {
        name: { label: "Name" },
        number: { label: "Phone", placeholder: "+919812345678" },
        email: { label: "Email" },
        password: { label: "SIP password", hint: "Kept for the user's own SIP phone. ********: the stored one stays." },
      },
    },
  ],
};

/** People with a phone, whom flows dial. */
export function UsersList({ isAdding, onAdded, ...list }: PeopleList) {
  const { data, error, refetch } = useQuery(entriesQuery(useApi(), useAccount(), "users"));
  const { data: groups = [] } = useQuery(entriesQuery(useApi(), useAccount(), "groups"));
  const windows = useWindows(isAdding, onAdded);
  const groupsOf = (name: string): string =>
    groups
      .filter(({ document }) => usersOf(document).includes(name))
      .map((group) => group.name)
      .join(", ");
  const columns: readonly Column<Entry>[] = [
    { id: "name", header: "Name", width: "minmax(90px, 1fr)", cell: ({ name }) => name },
    { id: "number", header: "Phone", width: "minmax(130px, 1fr)", cell: (row) => <Text row={row} field="number" /> },
    { id: "email", header: "Email", width: "minmax(110px, 1.2fr)", cell: (row) => <Text row={row} field="email" /> },
    { id: "groups", header: "Groups", width: "minmax(90px, 1fr)", cell: ({ name }) => groupsOf(name) || <None /> },
    ...windows.columns,
  ];
  return (
    <>
      <List
        {...list}
        rows={data}
        error={error}
        retry={() => void refetch()}
        label="Users"
        keyOf={({ name }) => name}
        columns={columns}
        compact={(row) => (
          <CompactRow>
            <span>{row.name}</span>
            {windows.actions(row)}
            <Text row={row} field="number" />
            <span>{groupsOf(row.name)}</span>
          </CompactRow>
        )}
        textOf={({ name, document }) =>
          [name, groupsOf(name), shownValue(document["number"]), shownValue(document["email"])].join(" ")
        }
        empty={
          <Empty icon={User} title="No user yet">
            A user is a person with a phone. Flows dial them by name, alone or in a group. Add the first one above.
          </Empty>
        }
      />
      <EntryWindow look={USER_LOOK} noun="user" of={windows.edited} onClose={windows.close} />
      <RemoveEntry
        kind="users"
        entry={windows.removed}
        noun="the user"
        consequence="Flows and groups that name them must be changed first."
        onClose={windows.close}
      />
    </>
  );
}

/** Users who are dialled together. */
export function GroupsList({ isAdding, onAdded, ...list }: PeopleList) {
  const { data, error, refetch } = useQuery(entriesQuery(useApi(), useAccount(), "groups"));
  const windows = useWindows(isAdding, onAdded);
  const columns: readonly Column<Entry>[] = [
    { id: "name", header: "Name", width: "minmax(90px, 0.7fr)", cell: ({ name }) => name },
    { id: "count", header: "Users", width: "52px", align: "end", cell: (row) => <Count row={row} /> },
    { id: "users", header: "In dialling order", width: "minmax(140px, 2fr)", cell: (row) => orderOf(row).join(", ") },
    ...windows.columns,
  ];
  return (
    <>
      <List
        {...list}
        rows={data}
        error={error}
        retry={() => void refetch()}
        label="Groups"
        keyOf={({ name }) => name}
        columns={columns}
        compact={(row) => (
          <CompactRow>
            <span>{row.name}</span>
            {windows.actions(row)}
            <span>{orderOf(row).join(", ")}</span>
            <Count row={row} />
          </CompactRow>
        )}
        textOf={({ name, document }) => [name, ...usersOf(document)].join(" ")}
        empty={
          <Empty icon={Users} title="No group yet">
            A group is users who are dialled together, at once or one after the other, by a flow that names it.
          </Empty>
        }
      />
      <EntryWindow look={useGroupLook()} noun="group" of={windows.edited} onClose={windows.close} />
      <RemoveEntry
        kind="groups"
        entry={windows.removed}
        noun="the group"
        consequence="Its users stay. Flows that name it must be changed first."
        onClose={windows.close}
      />
    </>
  );
}

function useGroupLook(): EntryLook {
  const { data: users = [] } = useQuery(entriesQuery(useApi(), useAccount(), "users"));
  const choices = Object.fromEntries(users.map(({ name }) => [name, name]));
  const fields = {
    name: { label: "Name" },
    users: { label: "Its users", choices, hint: "Tick everyone who is dialled." },
    order: {
      label: "Dialling order",
      hint: "Names in the order in which they are dialled, one a line; empty: as ticked above.",
    },
  };
  return { kind: "groups", nameField: "name", sections: [{ title: "Group", fields }] };
}

function usersOf(document: Entry["document"]): readonly string[] {
  const { users } = document;
  return Array.isArray(users) ? users.map(String) : [];
}

function orderOf({ document }: Entry): readonly string[] {
  const { order } = document;
  return Array.isArray(order) && order.length > 0 ? order.map(String) : usersOf(document);
}

function Count({ row: { document } }: { readonly row: Entry }) {
  return <Figures>{usersOf(document).length}</Figures>;
}

function Text({ row: { document }, field }: { readonly row: Entry; readonly field: string }) {
  const text = shownValue(document[field]);
  if (text === "") return <None />;
  return field === "number" ? <Figures>{text}</Figures> : <Mono>{text}</Mono>;
}

/** Which entry is being changed or deleted, and the columns from which that begins. */
function useWindows(isAdding: boolean, onAdded: () => void) {
  const [edited, setEdited] = useState<Entry | null>(null);
  const [removed, setRemoved] = useState<Entry | null>(null);
  const actions = (row: Entry) => (
    <RowActions name={row.name} onEdit={() => setEdited(row)} onDelete={() => setRemoved(row)} />
  );
  const columns: readonly Column<Entry>[] = [
    { id: "changed", header: "Changed", width: "142px", align: "end", cell: (row) => <Time at={row.changed_at} /> },
    { id: "do", header: "Actions", width: "64px", align: "end", cell: actions },
  ];
  const close = (): void => {
    setEdited(null);
    setRemoved(null);
    onAdded();
  };
  return { edited: isAdding ? ("new" as const) : edited, removed, columns, actions, close };
}
