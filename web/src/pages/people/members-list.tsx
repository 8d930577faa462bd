import { queryOptions, useQuery, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { Ellipsis, KeyRound, ShieldCheck, UserCog, UserX } from "lucide-react";
import { useState } from "react";
import { keyOf, useAccount, useApi, useMay } from "../../api/account.ts";
import type { Models, PlugboardApi } from "../../api/client.ts";
import { sessionQuery } from "../../api/session.ts";
import { Badge, Tag } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { CompactRow } from "../../ui/compact.tsx";
import { None, Time } from "../../ui/format.tsx";
import { List } from "../../ui/list.tsx";
import { Menu, MenuItem } from "../../ui/menu.tsx";
import { NotAllowed } from "../../ui/not-allowed.tsx";
import { Empty } from "../../ui/states.tsx";
import type { Column } from "../../ui/table.tsx";
import { MemberWindows } from "./member-windows.tsx";
import type { MemberQuestion } from "./member-windows.tsx";
import type { PeopleList } from "./use-adding.tsx";

type Member = Models["Member"];

function membersQuery(api: PlugboardApi, account: string) {
  return queryOptions({
    queryKey: keyOf(account, "members"),
    queryFn: async ({ signal }) => (await api.members.list({}, { signal })).members,
  });
}

/** People who sign in for the account. */
export function MembersList(props: PeopleList) {
  return useMay("admin") ? <Members {...props} /> : <NotAllowed title="Members are for administrators" />;
}

function Members({ isAdding, onAdded, ...list }: PeopleList) {
  const account = useAccount();
  const client = useQueryClient();
  const { data, error, refetch } = useQuery(membersQuery(useApi(), account));
  const [question, setQuestion] = useState<MemberQuestion | null>(null);
  const close = (): void => {
    setQuestion(null);
    onAdded();
  };
  return (
    <>
      <List
        {...list}
        rows={data}
        error={error}
        retry={() => void refetch()}
        label="Members"
        keyOf={({ id }) => id}
        columns={columnsOf(setQuestion)}
        compact={(row) => (
          <CompactRow>
            <Login row={row} />
            <Actions row={row} onAsk={setQuestion} />
            <Role row={row} />
            <Time at={row.signed_in_at} />
          </CompactRow>
        )}
        textOf={({ login, role }) => `${login} ${role}`}
        empty={
          <Empty icon={UserCog} title="No member yet">
            Members sign in here for this account alone, with a role that says what they may do. Members of the
            platform, such as the first administrator, see every account and are not listed.
          </Empty>
        }
      />
      <MemberWindows
        question={isAdding ? { kind: "add" } : question}
        onClose={close}
        onChanged={() => void client.invalidateQueries({ queryKey: keyOf(account, "members") })}
      />
    </>
  );
}

type Ask = (question: MemberQuestion) => void;

function columnsOf(onAsk: Ask): readonly Column<Member>[] {
  return [
    { id: "login", header: "User name", width: "minmax(120px, 1.4fr)", cell: (row) => <Login row={row} /> },
    { id: "role", header: "Role", width: "96px", cell: (row) => <Role row={row} /> },
    { id: "codes", header: "One-time codes", width: "minmax(110px, 1fr)", cell: (row) => <Codes row={row} /> },
    {
      id: "signed",
      header: "Last sign-in",
      width: "142px",
      align: "end",
      cell: (row) => <Time at={row.signed_in_at} />,
    },
    { id: "created", header: "Added", width: "142px", align: "end", cell: (row) => <Time at={row.created_at} /> },
    { id: "do", header: "Actions", width: "64px", align: "end", cell: (row) => <Actions row={row} onAsk={onAsk} /> },
  ];
}

function Login({ row: { id, login } }: { readonly row: Member }) {
  const { data: own } = useSuspenseQuery(sessionQuery);
  return (
    <span>
      {login} {own?.id === id ? <Tag>you</Tag> : null}
    </span>
  );
}

function Role({ row: { role } }: { readonly row: Member }) {
  return <Tag tone={role === "admin" ? "warn" : "neutral"}>{role}</Tag>;
}

function Codes({ row: { totp_active, must_change } }: { readonly row: Member }) {
  if (must_change) return <Badge tone="warn">first password</Badge>;
  return totp_active ? <Badge tone="good">asked for</Badge> : <None />;
}

function Actions({ row, onAsk }: { readonly row: Member; readonly onAsk: Ask }) {
  const trigger = <Button variant="quiet" size="s" icon={Ellipsis} aria-label={`What to do with ${row.login}`} />;
  return (
    <Menu trigger={trigger}>
      <MenuItem icon={ShieldCheck} onSelect={() => onAsk({ kind: "role", member: row })}>
        Change role
      </MenuItem>
      <MenuItem icon={KeyRound} onSelect={() => onAsk({ kind: "reset", member: row })}>
        Reset password and codes
      </MenuItem>
      <MenuItem icon={UserX} danger onSelect={() => onAsk({ kind: "remove", member: row })}>
        Remove
      </MenuItem>
    </Menu>
  );
}
