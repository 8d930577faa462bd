import { useQuery, useQueryClient } from "@tanstack/react-query";
import { ChevronDown, PhoneOff } from "lucide-react";
import { useState } from "react";
import { keyOf, useAccount, useApi } from "../../api/account.ts";
import type { PlugboardApi } from "../../api/client.ts";
import { Button } from "../../ui/button.tsx";
import { FormDialog } from "../../ui/dialog.tsx";
import { SelectField, TextField } from "../../ui/field.tsx";
import { textIn } from "../../ui/form-text.ts";
import { Menu, MenuItem } from "../../ui/menu.tsx";
import { say, sayFailure } from "../../ui/toast.tsx";
import { actionsQuery } from "./call-queries.ts";

type Actions = Awaited<ReturnType<PlugboardApi["calls"]["actions"]>>["actions"];
type ActionName = Actions[number]["action"];

/** Actions that ask for something first. */
type Asking = "hang_up" | "redirect" | "send_digits" | "play";

const LABELS: Readonly<Record<ActionName, string>> = {
  hang_up: "Hang up",
  redirect: "Redirect …",
  start_recording: "Start recording",
  stop_recording: "Stop recording",
  pause_recording: "Pause the recording",
  resume_recording: "Resume the recording",
  send_digits: "Send digits …",
  play: "Play something …",
};

/** Said once the platform has taken the order. */
const DONE: Readonly<Record<Exclude<ActionName, Asking>, string>> = {
  start_recording: "Recording started",
  stop_recording: "Recording stopped",
  pause_recording: "Recording paused",
  resume_recording: "Recording goes on",
};

/** What can be done with a live call now. What its state doesn't allow is not there. */
export function CallControl({ callSid }: { readonly callSid: string }) {
  const api = useApi();
  const account = useAccount();
  const client = useQueryClient();
  const [asking, setAsking] = useState<Asking | null>(null);
  const { data: actions = [] } = useQuery(actionsQuery(api, account, callSid));
  const possible = actions.filter(({ refusal }) => refusal === null).map(({ action }) => action);
  const done = (what: string): void => {
    say(what);
    void client.invalidateQueries({ queryKey: keyOf(account, "call", callSid) });
  };
  const others = possible.filter((action) => action !== "hang_up");
  const choose = async (action: ActionName): Promise<void> => {
    if (isAsking(action)) return setAsking(action);
    try {
      await act(api, callSid, action);
      done(DONE[action]);
    } catch (error) {
      sayFailure(`${LABELS[action]} was refused`, error);
    }
    return undefined;
  };
  return (
    <>
      {others.length === 0 ? null : (
        <Menu trigger={<Button icon={ChevronDown}>Control</Button>}>
          {others.map((action) => (
            <MenuItem key={action} onSelect={() => void choose(action)}>
              {LABELS[action]}
            </MenuItem>
          ))}
        </Menu>
      )}
      {possible.includes("hang_up") ? (
        <Button variant="danger" icon={PhoneOff} onClick={() => setAsking("hang_up")}>
          Hang up
        </Button>
      ) : null}
      <ActionDialogs callSid={callSid} asking={asking} onClose={() => setAsking(null)} onDone={done} />
    </>
  );
}

function isAsking(action: ActionName): action is Asking {
  return ["hang_up", "redirect", "send_digits", "play"].includes(action);
}

function act({ calls }: PlugboardApi, callSid: string, action: Exclude<ActionName, Asking>): Promise<unknown> {
  switch (action) {
    case "start_recording":
      return calls.startRecording({ callSid });
    case "stop_recording":
      return calls.stopRecording({ callSid });
    case "pause_recording":
      return calls.pauseRecording({ callSid });
    case "resume_recording":
      return calls.resumeRecording({ callSid });
    default:
      return action satisfies never;
  }
}

interface ActionDialogsProps {
  readonly callSid: string;
  readonly asking: Asking | null;
  readonly onClose: () => void;
  readonly onDone: (what: string) => void;
}

function ActionDialogs({ callSid, asking, onClose, onDone }: ActionDialogsProps) {
  const { calls } = useApi();
  const dialog = (action: Asking) => ({ open: asking === action, onClose });
  const hangUp = async (): Promise<void> => {
    await calls.hangUp({ callSid });
    onDone("The call is being hung up");
  };
  const redirect = async (form: FormData): Promise<void> => {
    const [applet, flow] = [textIn(form, "applet").trim(), textIn(form, "flow").trim()];
    await calls.redirect({ callSid, body: { ...(applet === "" ? {} : { applet }), ...(flow === "" ? {} : { flow }) } });
    onDone("The caller goes on elsewhere");
  };
  const sendDigits = async (form: FormData): Promise<void> => {
    const to = textIn(form, "to") === "callee" ? "callee" : "caller";
    await calls.sendDigits({ callSid, body: { digits: textIn(form, "digits"), to } });
    onDone("Digits sent");
  };
  const play = async (form: FormData): Promise<void> => {
    const what = textIn(form, "what").trim();
    const to = (["caller", "callee"] as const).find((each) => each === textIn(form, "to")) ?? "both";
    await calls.play({ callSid, body: { ...(/^https?:/.test(what) ? { url: what } : { text: what }), to } });
    onDone("It is being played");
  };
  return (
    <>
      <FormDialog
        {...dialog("hang_up")}
        title="Hang up this call?"
        description="Both sides are disconnected at once."
        verb="Hang up"
        danger
        onSubmit={hangUp}
      />
      <FormDialog
        {...dialog("redirect")}
        title="Redirect the caller"
        description="Other legs are hung up; the caller goes on there."
        verb="Redirect"
        onSubmit={redirect}
      >
        <TextField label="Applet" name="applet" mono hint="Empty: where the flow starts." />
        <TextField label="Flow" name="flow" mono hint="Its id. Empty: the flow that the call is in." />
      </FormDialog>
      <FormDialog {...dialog("send_digits")} title="Send digits" verb="Send" onSubmit={sendDigits}>
        <TextField
          label="Digits"
          name="digits"
          mono
          required
          pattern="[0-9*#A-Da-d]+"
          inputMode="tel"
          hint="0 to 9, * and #."
        />
        <Party options={["callee", "caller"]} />
      </FormDialog>
      <FormDialog
        {...dialog("play")}
        title="Play something"
        description="It is heard instead of the other side."
        verb="Play"
        onSubmit={play}
      >
        <TextField label="Text, or the URL of a sound" name="what" required />
        <Party options={["both", "caller", "callee"]} />
      </FormDialog>
    </>
  );
}

function Party({ options }: { readonly options: readonly string[] }) {
  return (
    <SelectField label="Who hears it" name="to" defaultValue={options[0]}>
      {options.map((option) => (
        <option key={option}>{option}</option>
      ))}
    </SelectField>
  );
}
