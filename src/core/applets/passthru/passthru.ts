import { z } from "zod";
import { type AppletKind, defineApplet, DIALS_NOBODY, NEVER_TAKEN } from "../../call/applet.ts";
import { REQUEST_DEADLINE_MS } from "../../call/limits.ts";
import { type ExampleScript, type ExampleScriptPlan, TIMES_OUT } from "../../call/example-script.ts";
import type { RequestSpec, StepContext } from "../../call/step-context.ts";
import type { HttpOutcome } from "../../contract/http.ts";
import { appletIdSchema, httpUrlSchema } from "../../contract/field-schemas.ts";
import { readResponse } from "../../contract/http-response.ts";
import { validateSwitchAnswer } from "../../contract/switch-answer.ts";

const schema = z.strictObject({
  type: z.literal("passthru"),
  url: httpUrlSchema,
  mode: z.enum(["sync", "async"]).default("sync"),
  exits: z.strictObject({ ok: appletIdSchema.optional(), otherwise: appletIdSchema.optional() }).default({}),
});

type PassthruDocument = z.infer<typeof schema>;

/**
 * APP-4: notifies a URL of the state of the call. Sync waits for the answer, which chooses between two exits; async goes on at once,
 * and the outbox delivers the request.
 */
const kind: AppletKind<PassthruDocument, null> = {
  type: "passthru",
  schema,
  needsCaller: false,
  dials: false,
  docs: "passthru.md",
  form: {
    title: "Passthru",
    summary: "Sends the call's details to your URL, and may go where its answer leads.",
    fields: [
      {
        path: "url",
        label: "URL",
        help: "Asked with the details of the call.",
        input: { kind: "url", use: "passthru" },
        required: true,
      },
      {
        path: "mode",
        label: "Mode",
        help: "Sync waits up to 5 seconds: 200 takes the first exit, anything else the second. Async goes on at once.",
        input: {
          kind: "choice",
          options: [
            { value: "sync", label: "Wait for the answer" },
            { value: "async", label: "Go on at once" },
          ],
        },
        required: false,
      },
    ],
    sample: { type: "passthru", url: "https://app.example/passthru", mode: "sync", exits: {} },
  },
  exits({ exits, mode }) {
    const waits = mode === "sync";
    const silence = { afterSound: null, throughout: waits ? REQUEST_DEADLINE_MS : 0 };
    const ok = { name: "ok", label: waits ? "answered 200" : "then", target: exits.ok ?? null, path: ["exits", "ok"] };
    const path = ["exits", "otherwise"];
    const otherwise = { name: "otherwise", label: "anything else", target: exits.otherwise ?? null, path };
    if (!waits) {
      return [
        { ...ok, waits, silence, optional: false },
        { ...otherwise, waits, silence: NEVER_TAKEN, optional: true },
      ];
    }
    return [
      { ...ok, waits, silence, optional: false, selection: "given" },
      { ...otherwise, waits, silence, optional: false, selection: "dropped" },
    ];
  },
  times: ({ mode }) => ({
    ...DIALS_NOBODY,
    silenceMs: mode === "sync" ? REQUEST_DEADLINE_MS : 0,
    silentBecause: "Its URL may take 5 s to answer.",
  }),
  prompts: () => [],
  exampleScript: passthruExampleScript,
  enter(context, document) {
    if (document.mode === "async") {
      notifyPassthru(context, document);
      context.leave("ok", "APP-4");
    } else if (context.fetch({ ...requestOf(context, document), followsNotifications: true }) === null) {
      context.leave("otherwise", "APP-4");
    }
    return null;
  },
  on(context, _document, _state, event) {
    if (event.kind === "digit") context.addTypeAhead(event.digit);
    // This is its own request: those of other applets were cancelled when they were left.
    if (event.kind === "fetched") answered(context, event.id, event.outcome, event.elapsedMs);
    return null;
  },
  close: () => null,
  notifyOnly: notifyPassthru,
};

export const passthru = defineApplet(kind);

function passthruExampleScript(
  { url, mode }: PassthruDocument,
  { target, timing, select }: ExampleScriptPlan,
): ExampleScript | null {
  if (mode === "async") return target === "ok" ? { takesMs: 0 } : null;
  const slow = timing !== "fast";
  const takesMs = slow ? REQUEST_DEADLINE_MS : 0;
  if (target !== "ok") return { urls: [[url, slow ? TIMES_OUT : { status: 500 }]], takesMs };
  const body = select === null ? { text: "OK" } : { json: { select } };
  return { urls: [[url, { after_ms: takesMs, status: 200, ...body }]], takesMs };
}

/** Does not wait for an answer: the outbox delivers the request at least once, in order with the call's other Passthrus. */
function notifyPassthru(context: StepContext, document: PassthruDocument): void {
  context.notify(requestOf(context, document), `${context.call.callSid}-passthru`);
}

function requestOf(context: StepContext, { url }: PassthruDocument): RequestSpec {
  // REQ-3: no version header. The answer may be text or JSON.
  return {
    purpose: "passthru",
    role: null,
    attempt: 1,
    url,
    query: context.query(),
    versionHeader: false,
    accept: "*/*",
  };
}

/** 200 takes the first exit, everything else (302 included) the second. A case it selects is for a Switch (APP-5). */
function answered(context: StepContext, id: string, outcome: HttpOutcome, elapsedMs: number): void {
  const received = readResponse(outcome);
  if (!received.usable) {
    const [finding] = received.findings;
    const message = finding?.message ?? "The answer cannot be used.";
    context.findings(id, received.findings);
    context.result({ id, result: received.result, outcome, elapsedMs }, finding?.rule ?? null, message);
    context.patchState({ selected: null, selection: null });
    return context.leave("otherwise", "APP-4");
  }
  const selection = validateSwitchAnswer(outcome);
  context.result({ id, result: "usable", outcome, elapsedMs }, null, "The URL answered 200.");
  const { findings } = selection;
  context.patchState({ selected: selection.usable ? selection.select : null, selection: { request: id, findings } });
  context.leave("ok", "APP-4");
}
