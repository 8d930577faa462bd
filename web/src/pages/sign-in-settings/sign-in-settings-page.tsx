import { useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { SignedIn } from "../../api/client.ts";
import { platformApi } from "../../api/client.ts";
import { sessionQuery } from "../../api/session.ts";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { CopyButton } from "../../ui/copy.tsx";
import { Dialog, FormDialog } from "../../ui/dialog.tsx";
import { TextField } from "../../ui/field.tsx";
import { Mono } from "../../ui/format.tsx";
import { textIn } from "../../ui/form-text.ts";
import { Facts, Page, Panel } from "../../ui/page.tsx";
import { say } from "../../ui/toast.tsx";
import { QrCode } from "./qr-code.tsx";
import styles from "./sign-in-settings-page.module.css";

/** Characters of a password; as the platform demands. */
const MIN_CHARACTERS = 12;

/** One's own password and second factor. */
export function SignInSettingsPage() {
  const { data: member } = useSuspenseQuery(sessionQuery);
  if (member === null) return null;
  const facts = [
    ["User name", member.login],
    ["Role", member.role],
    ["Account", member.account ?? "all, as a member of the platform"],
  ] as const;
  return (
    <Page title="Password and codes">
      <div className={styles["panels"]}>
        <Panel title="You">
          <Facts of={facts} />
        </Panel>
        <PasswordPanel />
        <CodesPanel member={member} />
      </div>
    </Page>
  );
}

function PasswordPanel() {
  const [open, setOpen] = useState(false);
  const client = useQueryClient();
  const change = async (form: FormData): Promise<void> => {
    const new_password = textIn(form, "chosen");
    if (new_password !== textIn(form, "again"))
      throw new Error("The new password and its repetition are not the same.");
    const body = { password: textIn(form, "password"), new_password };
    client.setQueryData(sessionQuery.queryKey, await platformApi.session.changePassword({ body }));
    say("Password changed", "Your other sessions have ended.");
  };
  return (
    <Panel title="Password" aside={<Button onClick={() => setOpen(true)}>Change</Button>}>
      <p className={styles["text"]}>Changing it ends your sessions in other browsers.</p>
      <FormDialog
        open={open}
        onClose={() => setOpen(false)}
        title="Change your password"
        verb="Change"
        onSubmit={change}
      >
        <TextField label="Current password" name="password" type="password" autoComplete="current-password" required />
        <TextField
          label="New password"
          name="chosen"
          type="password"
          autoComplete="new-password"
          minLength={MIN_CHARACTERS}
          hint={`At least ${MIN_CHARACTERS} characters.`}
          required
        />
        <TextField label="New password again" name="again" type="password" autoComplete="new-password" required />
      </FormDialog>
    </Panel>
  );
}

/** The secret that an authenticator needs, until a code has confirmed it. */
interface CodeSecret {
  readonly secret: string;
  readonly uri: string;
}

type Step = "none" | "begin" | "end" | { readonly confirm: CodeSecret } | { readonly recovery: readonly string[] };

function CodesPanel({ member }: { readonly member: SignedIn }) {
  const [step, setStep] = useState<Step>("none");
  const isOn = member.totp_active;
  return (
    <Panel
      title="One-time codes"
      aside={
        <Button variant={isOn ? "danger" : "plain"} onClick={() => setStep(isOn ? "end" : "begin")}>
          {isOn ? "Stop asking for codes" : "Set up"}
        </Button>
      }
    >
      <p className={styles["text"]}>
        {isOn ? (
          <Badge tone="good">A code is asked for at each sign-in</Badge>
        ) : (
          "A code from an authenticator, in addition to the password, keeps others out even if they learn it."
        )}
      </p>
      <CodeDialogs step={step} onStep={setStep} />
    </Panel>
  );
}

function CodeDialogs({ step, onStep }: { readonly step: Step; readonly onStep: (step: Step) => void }) {
  const client = useQueryClient();
  const close = (): void => onStep("none");
  const renew = (member: SignedIn | null): void => void client.setQueryData(sessionQuery.queryKey, member);
  const begin = async (form: FormData): Promise<"stay"> => {
    const secret = await platformApi.session.beginTotp({ body: { password: textIn(form, "password") } });
    onStep({ confirm: secret });
    return "stay";
  };
  const confirm = async (form: FormData): Promise<"stay"> => {
    const code = textIn(form, "code").replaceAll(/\s/g, "");
    const { recovery_codes } = await platformApi.session.confirmTotp({ body: { code } });
    renew(await platformApi.session.get());
    onStep({ recovery: recovery_codes });
    return "stay";
  };
  const end = async (form: FormData): Promise<void> => {
    renew(await platformApi.session.endTotp({ body: { password: textIn(form, "password") } }));
    say("Codes are no longer asked for");
  };
  const password = (
    <TextField label="Your password" name="password" type="password" autoComplete="current-password" required />
  );
  return (
    <>
      <FormDialog
        open={step === "begin"}
        onClose={close}
        title="Set up one-time codes"
        description="First, your password once more."
        verb="Continue"
        onSubmit={begin}
      >
        {password}
      </FormDialog>
      <FormDialog
        open={step === "end"}
        onClose={close}
        title="Stop asking for codes"
        description="From then on your password alone opens the platform."
        verb="Stop asking for codes"
        danger
        onSubmit={end}
      >
        {password}
      </FormDialog>
      {typeof step === "object" && "confirm" in step ? (
        <ConfirmCode secret={step.confirm} onClose={close} onSubmit={confirm} />
      ) : null}
      {typeof step === "object" && "recovery" in step ? <RecoveryCodes codes={step.recovery} onClose={close} /> : null}
    </>
  );
}

interface ConfirmCodeProps {
  readonly secret: CodeSecret;
  readonly onClose: () => void;
  readonly onSubmit: (form: FormData) => Promise<unknown>;
}

function ConfirmCode({ secret: { secret, uri }, onClose, onSubmit }: ConfirmCodeProps) {
  return (
    <FormDialog
      open
      onClose={onClose}
      title="Add it to your authenticator"
      description="Point your phone at the square, or enter the key by hand. Then enter the code that it shows."
      verb="Confirm"
      onSubmit={onSubmit}
    >
      <QrCode text={uri} label="The key, for an authenticator" />
      <div className={styles["secret"]}>
        <Mono>{secret.replaceAll(/(.{4})/g, "$1 ")}</Mono>
        <CopyButton text={secret} what="key" />
      </div>
      <TextField label="Code" name="code" inputMode="numeric" autoComplete="one-time-code" mono required />
    </FormDialog>
  );
}

function RecoveryCodes({ codes, onClose }: { readonly codes: readonly string[]; readonly onClose: () => void }) {
  return (
    <Dialog
      open
      onClose={onClose}
      title="Recovery codes"
      description="Each opens once, in place of a code, if your phone is lost. They are shown only now: keep them somewhere safe."
    >
      <ul className={styles["codes"]}>
        {codes.map((code) => (
          <li key={code}>
            <Mono>{code}</Mono>
          </li>
        ))}
      </ul>
      <div className={styles["secret"]}>
        <span>Copy all</span>
        <CopyButton text={codes.join("\n")} what="recovery codes" />
      </div>
    </Dialog>
  );
}
