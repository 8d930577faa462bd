import { useState } from "react";
import { useApi } from "../../api/account.ts";
import type { Models } from "../../api/client.ts";
import { FormDialog } from "../../ui/dialog.tsx";
import { SelectField, TextField } from "../../ui/field.tsx";
import { textIn } from "../../ui/form-text.ts";
import { SecretWindow } from "../../ui/secret-window.tsx";
import { say } from "../../ui/toast.tsx";

type Member = Models["Member"];
type MadeMember = Models["MadeMember"];
type Role = Member["role"];

/** What is asked before it is done. */
export type MemberQuestion =
  | { readonly kind: "add" }
  | { readonly kind: "role" | "reset" | "remove"; readonly member: Member };

const ROLES: Readonly<Record<Role, string>> = {
  viewer: "viewer: sees everything that is not for administrators",
  operator: "operator: places and controls calls as well",
  admin: "admin: changes everything in the account",
};

interface MemberWindowsProps {
  /** Null: nothing is asked. */
  readonly question: MemberQuestion | null;
  readonly onClose: () => void;
  readonly onChanged: () => void;
}

/** The windows that add a member, change a role, reset a sign-in, and remove one. */
export function MemberWindows({ question, onClose, onChanged }: MemberWindowsProps) {
  const api = useApi();
  const [made, setMade] = useState<MadeMember | null>(null);
  const member = question === null || question.kind === "add" ? null : question.member;
  const id = member?.id ?? "";
  const isAsked = (kind: MemberQuestion["kind"]) => ({ open: question?.kind === kind, onClose });
  const show = (shown: MadeMember): void => {
    setMade(shown);
    onChanged();
  };
  const add = async (form: FormData): Promise<void> =>
    show(await api.members.add({ body: { login: textIn(form, "login").trim(), role: roleIn(form) } }));
  const change = async (form: FormData): Promise<void> => {
    const { login, role } = await api.members.change({ id, body: { role: roleIn(form) } });
    say(`${login} is ${role} now`);
    onChanged();
  };
  const remove = async (): Promise<void> => {
    const { login } = await api.members.remove({ id });
    say(`${login} removed`);
    onChanged();
  };
  return (
    <>
      <FormDialog
        {...isAsked("add")}
        title="Add a member"
        description="They sign in for this account, first with a password that you give them."
        verb="Add member"
        onSubmit={add}
      >
        <TextField
          label="User name"
          name="login"
          autoComplete="off"
          hint="Lower case, such as priya or priya@example.com."
          required
        />
        <RoleField value="viewer" />
      </FormDialog>
      <FormDialog {...isAsked("role")} title={`Role of ${member?.login ?? ""}`} verb="Change role" onSubmit={change}>
        <RoleField value={member?.role ?? "viewer"} />
      </FormDialog>
      <FormDialog
        {...isAsked("reset")}
        title={`Reset the sign-in of ${member?.login ?? ""}`}
        description="For a lost password or phone: they get a new password, no code is asked for until they set it up again, and their sessions end."
        verb="Reset"
        danger
        onSubmit={async () => show(await api.members.reset({ id }))}
      />
      <FormDialog
        {...isAsked("remove")}
        title={`Remove ${member?.login ?? ""}`}
        description="Their sessions end at once, and they can't sign in any more."
        verb="Remove"
        danger
        onSubmit={remove}
      />
      <SecretWindow
        open={made !== null}
        onClose={() => setMade(null)}
        title={`First password of ${made?.login ?? ""}`}
        description="It is shown only now. Give it to them; it has to be replaced at the first sign-in."
        lines={
          made === null
            ? []
            : [
                ["User name", made.login],
                ["Password", made.password],
              ]
        }
      />
    </>
  );
}

function RoleField({ value }: { readonly value: Role }) {
  return (
    <SelectField label="Role" name="role" defaultValue={value}>
      {Object.entries(ROLES).map(([role, words]) => (
        <option key={role} value={role}>
          {words}
        </option>
      ))}
    </SelectField>
  );
}

function roleIn(form: FormData): Role {
  const role = textIn(form, "role");
  return role === "admin" || role === "operator" ? role : "viewer";
}
