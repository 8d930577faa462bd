import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { keyOf, useAccount } from "../../api/account.ts";
import type { ListedFlow } from "../../api/flows.ts";
import { saveDraft } from "../../api/flows.ts";
import { FormDialog } from "../../ui/dialog.tsx";
import { TextField } from "../../ui/field.tsx";
import { textIn } from "../../ui/form-text.ts";

interface NewFlowDialogProps {
  readonly open: boolean;
  readonly onClose: () => void;
  readonly flows: readonly ListedFlow[];
}

/** Ids that the platform gives no flow by itself begin here. */
const FIRST_ID = 10_001;

/** Makes an empty draft and opens it. */
export function NewFlowDialog({ open, onClose, flows }: NewFlowDialogProps) {
  const account = useAccount();
  const navigate = useNavigate();
  const client = useQueryClient();
  const make = async (form: FormData): Promise<void> => {
    const flow = textIn(form, "flow").trim();
    if (!/^\d{1,20}$/.test(flow)) throw new Error("The id must be 1 to 20 digits, such as 11754.");
    if (flows.some((each) => each.flow === flow)) throw new Error(`There is a flow ${flow} already.`);
    await saveDraft(account, flow, { flow, name: textIn(form, "name").trim(), start: "", applets: {} }, null);
    await client.invalidateQueries({ queryKey: keyOf(account, "flows") });
    await navigate({ to: "/a/$account/flows/$flow", params: { account, flow } });
  };
  return (
    <FormDialog
      open={open}
      onClose={onClose}
      title="New flow"
      description="It begins as an empty draft; no call goes through it until it is published and a number leads to it."
      verb="Create"
      onSubmit={make}
    >
      <TextField label="Name" name="name" hint="For people, such as Support line." maxLength={200} required autoFocus />
      <TextField
        label="Id"
        name="flow"
        hint="Digits: sent to your URLs as flow_id. It can't be changed later."
        inputMode="numeric"
        defaultValue={nextId(flows)}
        required
      />
    </FormDialog>
  );
}

function nextId(flows: readonly ListedFlow[]): string {
  const used = flows.map(({ flow }) => Number(flow)).filter((id) => Number.isSafeInteger(id));
  return String(Math.max(FIRST_ID - 1, ...used) + 1);
}
