import { createHash } from "node:crypto";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { unreachable } from "../../../base/never.ts";
import type { KeyedCall } from "../../../edges/store/call-keys.ts";
import { REFUSAL_MESSAGES, RETRY_AFTER_S } from "../../exchange/admission.ts";
import type { CallOrder, Placing } from "../../exchange/call-order.ts";
import type { AccountParams, ApiOptions } from "../api-options.ts";
import { requesterOf } from "../requester.ts";
import { configOf } from "./account.ts";
import type { ConnectOrder } from "./connect-order.ts";
import { readConnectOrder } from "./connect-order.ts";
import { inBothForms } from "./described.ts";
import { connectBody } from "./connect-body.ts";
import { callAnswer } from "./models.ts";
import type { Parameters } from "./parameters.ts";
import { acceptForms, readParameters } from "./parameters.ts";
import { answer, callFields, formatOf, type ShownCall } from "./representation.ts";
import { restException } from "./rest-exception.ts";

/** The characters and length of a key: more than any client's ids need. */
const KEY = /^[\x21-\x7e]{1,255}$/;

/** One request being handled. */
interface ConnectRequest {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly order: ConnectOrder;
  /** Null: no `Idempotency-Key`. */
  readonly key: CallOrder["key"];
}

/**
 * API-1, API-2: `POST /v1/Accounts/{sid}/Calls/connect`. A repeated `Idempotency-Key` returns the call it first led to: it is
 * stored with the call's first journal row, so that neither a crash nor another node can place a second call.
 */
export async function callsConnect(app: FastifyInstance, options: ApiOptions): Promise<void> {
  await acceptForms(app);
  const placer = new Placer(options);
  const route = { method: "POST", url: "/Calls/connect", operationId: "exotel.connect", answers: callAnswer } as const;
  const summary = "Calls a number, then connects it to a flow or to a second number";
  const body = connectBody;
  inBothForms(
    app,
    { ...route, scope: "call", summary, body, consumes: CONSUMES, refusals: REFUSALS },
    (request, reply) => placer.handle(request, reply),
  );
}

const CONSUMES = ["application/json", "application/x-www-form-urlencoded", "multipart/form-data"];
const REFUSALS = {
  409: "The Idempotency-Key led to a call that was erased",
  422: "The Idempotency-Key was used with other parameters",
  429: "A limit of the account is reached",
  503: "No calls can be placed now",
};

class Placer {
  readonly #options: ApiOptions;
  /** Requests in progress, by account and key: requests with the same key wait for the previous one. */
  readonly #underway = new Map<string, Promise<unknown>>();

  constructor(options: ApiOptions) {
    this.#options = options;
  }

  async handle(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const { exchange } = this.#options;
    const { account } = request.params as AccountParams;
    const config = configOf(this.#options, account);
    const parameters = await readParameters(request);
    if (!parameters.ok) return restException(request, reply, 400, parameters.error);
    const hasFlow = (flowId: string): boolean => exchange.flow(config.account.sid, flowId) !== undefined;
    const order = readConnectOrder(parameters.value, config, hasFlow);
    if (!order.ok) return restException(request, reply, 400, order.error);
    const key = request.headers["idempotency-key"];
    if (key === undefined) return this.#place({ request, reply, order: order.value, key: null });
    if (typeof key !== "string" || !KEY.test(key))
      return restException(request, reply, 400, "Idempotency-Key must be 1 to 255 visible ASCII characters");
    const fingerprint = fingerprintOf(parameters.value);
    return this.#inTurn(`${account} ${key}`, () =>
      this.#placeOnce({ request, reply, order: order.value, key: { key, fingerprint } }),
    );
  }

  /** Handles requests with the same key one after the other. */
  async #inTurn<T>(name: string, run: () => Promise<T>): Promise<T> {
    const before = this.#underway.get(name);
    const mine = (before ?? Promise.resolve()).then(run, run);
    this.#underway.set(name, mine);
    try {
      return await mine;
    } finally {
      if (this.#underway.get(name) === mine) this.#underway.delete(name);
    }
  }

  async #placeOnce(connect: ConnectRequest): Promise<FastifyReply> {
    const known = await this.#find(connect);
    if (known !== null) return this.#sameAgain(connect, known);
    return this.#place(connect);
  }

  #find({ order, key }: ConnectRequest): Promise<KeyedCall | null> {
    const { store, clock } = this.#options;
    return store.callKeys.find(order.config.account.sid, key?.key ?? "", clock.now());
  }

  async #place(connect: ConnectRequest): Promise<FastifyReply> {
    const placing = await this.#options.exchange.place({
      ...connect.order,
      key: connect.key,
      apiKey: requesterOf(connect.request).id,
    });
    switch (placing.kind) {
      case "placed":
        return this.#show(connect, { ...placing.row, callSid: placing.callSid, ...NOT_ENDED });
      case "refused":
        return refuse(connect, placing);
      case "key_taken":
        return this.#sameAsElsewhere(connect);
      default:
        return unreachable(placing);
    }
  }

  /** Answers with the call of another node that was faster. */
  async #sameAsElsewhere(connect: ConnectRequest): Promise<FastifyReply> {
    const known = await this.#find(connect);
    if (known !== null) return this.#sameAgain(connect, known);
    return restException(connect.request, connect.reply, 503, "the call could not be placed: try again");
  }

  async #sameAgain(connect: ConnectRequest, known: KeyedCall): Promise<FastifyReply> {
    const { request, reply, order, key } = connect;
    if (known.fingerprint !== key?.fingerprint)
      return restException(request, reply, 422, "this Idempotency-Key was used for a request with other parameters");
    const stored = await this.#options.store.getCall(order.config.account.sid, known.callSid);
    if (stored === null)
      return restException(request, reply, 409, `this Idempotency-Key led to call ${known.callSid}, which was erased`);
    return this.#show(connect, { ...stored.call, recordingUrl: null });
  }

  #show({ request, reply, order }: ConnectRequest, call: ShownCall): FastifyReply {
    const format = formatOf(request);
    return answer(reply, format, { Call: callFields(call, order.config.account, format) });
  }
}

const NOT_ENDED = { endedAt: null, status: null, cdr: null, recordingUrl: null } as const;

/** 429 for the account's own limits, 503 for everything else, which passes by itself. */
function refuse(
  { request, reply }: ConnectRequest,
  { reason, message }: Extract<Placing, { kind: "refused" }>,
): FastifyReply {
  if (reason === "no_flow") return restException(request, reply, 400, message);
  const isOwn = !Object.hasOwn(REFUSAL_MESSAGES, reason) || reason === "account_full" || reason === "account_rate";
  return restException(
    request,
    reply.header("retry-after", RETRY_AFTER_S),
    isOwn ? 429 : 503,
    `the call was not placed: ${message}`,
  );
}

/** A fingerprint of all parameters, independent of their order and form. */
function fingerprintOf(parameters: Parameters): string {
  const sorted = [...parameters].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return createHash("sha256").update(JSON.stringify(sorted)).digest("hex");
}
