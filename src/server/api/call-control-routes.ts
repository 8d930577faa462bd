import type { FastifyInstance, FastifyReply } from "fastify";
import { z } from "zod";
import { CALL_ACTIONS } from "../../core/call/call-action.ts";
import type { CallAction } from "../../core/call/call-action.ts";
import type { CallCommand } from "../../core/call/command.ts";
import { isHttpUrl, MAX_URL_CHARACTERS } from "../../core/contract/query.ts";
import type { ApiOptions } from "./api-options.ts";
import { accepted } from "./call-models.ts";
import { typed } from "./openapi/typed-routes.ts";
import { problem } from "./problem.ts";
import { configOf } from "./v1/account.ts";

const callParams = z.object({ account: z.string(), callSid: z.string() });

const party = z.enum(["caller", "callee"]);
/** Enough text for one announcement, and enough digits for a long menu. */
const MAX_TEXT_CHARACTERS = 2000;
const MAX_DIGITS = 32;

const redirectBody = z
  .strictObject({
    applet: z.string().min(1).max(64).optional().describe("Default: where the flow starts"),
    flow: z
      .string()
      .regex(/^\d{1,20}$/, "the id of a flow, digits")
      .optional()
      .describe("Default: the flow the call is in"),
  })
  .refine(({ applet, flow }) => applet !== undefined || flow !== undefined, "an object with `applet`, `flow` or both");

const startBody = z.strictObject({ channels: z.enum(["single", "dual"]).default("single") }).nullish();

const digitsBody = z.strictObject({
  digits: z.string().regex(new RegExp(`^[0-9*#A-D]{1,${MAX_DIGITS}}$`), `1 to ${MAX_DIGITS} of 0-9 * # A-D`),
  to: party.default("callee").describe("Who gets them, as if the other party had pressed them"),
});

const playBody = z
  .strictObject({
    url: z.string().max(MAX_URL_CHARACTERS).refine(isHttpUrl, "an absolute http(s) URL").optional(),
    text: z.string().min(1).max(MAX_TEXT_CHARACTERS).optional(),
    to: z.enum(["caller", "callee", "both"]).default("both"),
  })
  .refine(({ url, text }) => (url === undefined) !== (text === undefined), "an object with either `url` or `text`");

const actionsAnswer = z.object({
  actions: z.array(
    z.object({
      action: z.enum(Object.keys(CALL_ACTIONS) as [CallAction, ...CallAction[]]),
      does: z.string(),
      refusal: z.string().nullable().describe("Why it is not possible now; null: it is"),
    }),
  ),
});

const NO_CALL = "The account has no such call";
const refusals = { 404: NO_CALL, 409: "The state of the call does not allow it; the answer says why" };

/** The schema of an action's route. */
function schemaOf(operationId: string, action: CallAction) {
  const summary = `${action}: ${CALL_ACTIONS[action].does}`;
  return { operationId, summary, params: callParams, response: { 202: accepted }, refusals } as const;
}

const CONTROL = { scope: "call" } as const;

const LIST = {
  operationId: "calls.actions",
  summary: "Which actions are possible on the call now",
  params: callParams,
  response: { 200: actionsAnswer },
  refusals: { 404: NO_CALL },
};

/** Control of a live call: `call-action.ts` says when each action is legal, and why it is refused otherwise (409). */
export function callControlRoutes(app: FastifyInstance, options: ApiOptions): void {
  const control = new CallControl(options);
  const routes = typed(app);
  routes.get("/calls/:callSid/actions", { schema: LIST }, (request, reply) => control.list(request.params, reply));
  const redirect = { ...schemaOf("calls.redirect", "redirect"), body: redirectBody };
  routes.post("/calls/:callSid/redirect", { schema: redirect, config: CONTROL }, ({ params, body }, reply) =>
    control.redirect(params, body, reply),
  );
  recordingRoutesOf(app, control);
  const digits = { ...schemaOf("calls.sendDigits", "send_digits"), body: digitsBody };
  routes.post("/calls/:callSid/digits", { schema: digits, config: CONTROL }, ({ params, body }, reply) =>
    control.give(params, { command: "send_digits", ...body }, reply),
  );
  const play = { ...schemaOf("calls.play", "play"), body: playBody };
  routes.post("/calls/:callSid/play", { schema: play, config: CONTROL }, ({ params, body }, reply) =>
    control.play(params, body, reply),
  );
}

function recordingRoutesOf(app: FastifyInstance, control: CallControl): void {
  const routes = typed(app);
  const start = { ...schemaOf("calls.startRecording", "start_recording"), body: startBody };
  routes.post("/calls/:callSid/recording/start", { schema: start, config: CONTROL }, ({ params, body }, reply) =>
    control.give(params, { command: "start_recording", layout: body?.channels === "dual" ? "dual" : "mono" }, reply),
  );
  for (const verb of ["stop", "pause", "resume"] as const) {
    const command = `${verb}_recording` as const;
    const schema = schemaOf(`calls.${verb}Recording`, command);
    routes.post(`/calls/:callSid/recording/${verb}`, { schema, config: CONTROL }, ({ params }, reply) =>
      control.give(params, { command }, reply),
    );
  }
}

type Params = z.output<typeof callParams>;

class CallControl {
  readonly #options: ApiOptions;

  constructor(options: ApiOptions) {
    this.#options = options;
  }

  async list({ account, callSid }: Params, reply: FastifyReply) {
    if (!(await this.#has(account, callSid))) return noCall(reply, account, callSid);
    return { actions: this.#options.exchange.actionsOf(callSid) };
  }

  async give({ account, callSid }: Params, command: CallCommand, reply: FastifyReply) {
    if (!(await this.#has(account, callSid))) return noCall(reply, account, callSid);
    const refusal = this.#options.exchange.command(callSid, command);
    if (refusal !== null) return problem(reply, 409, refusal);
    return reply.code(202).send({ call_sid: callSid });
  }

  play(params: Params, { url, text, to }: z.output<typeof playBody>, reply: FastifyReply) {
    const { language } = configOf(this.#options, params.account).account;
    const what =
      url === undefined ? ({ kind: "text", text: text ?? "", language } as const) : ({ kind: "url", url } as const);
    return this.give(params, { command: "play", to, what }, reply);
  }

  /** Looks up the applet first, because redirecting to a missing one would end the call. */
  async redirect(params: Params, { applet, flow: flowId }: z.output<typeof redirectBody>, reply: FastifyReply) {
    const { account, callSid } = params;
    if (!(await this.#has(account, callSid))) return noCall(reply, account, callSid);
    const { exchange } = this.#options;
    const other = flowId === undefined ? undefined : exchange.flow(account, flowId);
    if (flowId !== undefined && other === undefined)
      return problem(reply, 400, `flow is "${flowId}", which account ${account} does not have`, {
        field: "flow",
        rule: "unknown",
      });
    const flow = other ?? exchange.flowOf(callSid);
    if (flow === undefined) return problem(reply, 409, "redirect is not possible now: the call has ended");
    const target = applet ?? flow.start;
    if (!Object.hasOwn(flow.applets, target))
      return problem(reply, 400, `applet is "${target}", which flow ${flow.id} does not have`, {
        field: "applet",
        rule: "unknown",
      });
    const command: CallCommand = {
      command: "redirect",
      applet: target,
      ...(other === undefined ? {} : { flow: other }),
    };
    return this.give(params, command, reply);
  }

  async #has(account: string, callSid: string): Promise<boolean> {
    return (await this.#options.store.getCall(account, callSid)) !== null;
  }
}

function noCall(reply: FastifyReply, account: string, callSid: string): FastifyReply {
  return problem(reply, 404, `account ${account} has no call ${callSid}`);
}
