import { createHash } from "node:crypto";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import type { Exophone } from "../../../core/contract/account.ts";
import { formatNumber, readPhone } from "../../../core/contract/numbers.ts";
import type { AccountConfig } from "../../exchange/account-config.ts";
import type { ApiOptions } from "../api-options.ts";
import type { NumberChange } from "../number-routing.ts";
import { wholeNumber } from "../openapi/parameters.ts";
import { configOf } from "./account.ts";
import { inBothForms, oneForm } from "./described.ts";
import { betaNumber, betaNumbers, numberAnswer, numbersAnswer } from "./models.ts";
import type { AnswerFormat, Representation } from "./representation.ts";
import { answer } from "./representation.ts";
import { restException } from "./rest-exception.ts";

const PATH = "/IncomingPhoneNumbers";
const PAGE_SIZE = 50;
const MAX_PAGE_SIZE = 100;
const MAX_PAGE = 10_000;
const SID_CHARACTERS = 32;

const refusals = { 404: "The account has no such number" };
const changeRefusals = { ...refusals, 501: "The numbers of this platform are set in its workspace file" };

const changeBody = z.object({
  VoiceUrl: z
    .string()
    .regex(/\/exoml\/start(?:_voice)?\/\d{1,20}\/?$/, "a URL that ends in /exoml/start_voice/ and the id of a flow")
    .optional()
    .describe("`http://<any host>/{sid}/exoml/start_voice/{flow_id}`"),
  FriendlyName: z.string().min(1).max(200).optional(),
});

interface Params {
  account: string;
  numberSid: string;
}

/** One number as a route shows it. */
type Show = (options: ApiOptions, config: AccountConfig, exophone: Exophone, format: AnswerFormat) => Representation;

/** `/v1/Accounts/{sid}/IncomingPhoneNumbers`: connectors request it before each call. */
export function numberRoutes(app: FastifyInstance, options: ApiOptions): void {
  acceptForms(app);
  const list = {
    method: "GET",
    url: PATH,
    operationId: "exotel.listNumbers",
    summary: "The numbers of the account",
  } as const;
  inBothForms(app, { ...list, answers: numbersAnswer }, async (request, reply, format) => {
    const config = configOf(options, (request.params as Params).account);
    const numbers = config.account.exophones.map((exophone) => inV1(options, config, exophone, format));
    return answer(reply, format, { IncomingPhoneNumbers: numbers });
  });
  const one = { url: `${PATH}/:numberSid`, answers: numberAnswer } as const;
  const get = { ...one, method: "GET", operationId: "exotel.getNumber", summary: "One number", refusals } as const;
  inBothForms(app, get, (request, reply, format) => showOne(options, request, reply, format, inV1));
  const put = { ...one, method: "PUT", operationId: "exotel.changeNumber", ...CHANGE } as const;
  // Older programs send the change by POST.
  for (const change of [put, { ...put, method: "POST", hide: true } as const])
    inBothForms(app, change, (request, reply, format) => changeOne(options, request, reply, format, inV1));
}

const CHANGE = {
  summary: "Points a number at a flow, or names it",
  body: changeBody.optional(),
  consumes: ["application/x-www-form-urlencoded", "application/json"],
  refusals: changeRefusals,
} as const;

const pageQuery = z.object({
  Page: wholeNumber(0, MAX_PAGE).default(0),
  PageSize: wholeNumber(1, MAX_PAGE_SIZE).default(PAGE_SIZE),
});

/** `/v2_beta/Accounts/{sid}/IncomingPhoneNumbers` (API-7): always JSON, whatever the path ends in. */
export function betaNumberRoutes(app: FastifyInstance, options: ApiOptions): void {
  acceptForms(app);
  for (const [suffix, hide] of [
    ["", false],
    [".json", true],
  ] as const) {
    const list = { method: "GET", operationId: "numbers.list", summary: "The numbers of the account" } as const;
    const url = `${PATH}${suffix}`;
    oneForm(app, { ...list, url, hide, querystring: pageQuery, answers: betaNumbers }, "json", (request, reply) =>
      betaList(options, request, reply),
    );
    const one = { url: `${PATH}/:numberSid${suffix}`, hide, answers: betaNumber } as const;
    const get = { ...one, method: "GET", operationId: "numbers.get", summary: "One number", refusals } as const;
    oneForm(app, get, "json", (request, reply) => showOne(options, request, reply, "json", inBeta));
    const put = { ...one, method: "PUT", operationId: "numbers.change", ...CHANGE } as const;
    oneForm(app, put, "json", (request, reply) => changeOne(options, request, reply, "json", inBeta));
  }
}

async function betaList(options: ApiOptions, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const config = configOf(options, (request.params as Params).account);
  const { Page: page, PageSize: size } = request.query as z.output<typeof pageQuery>;
  const { exophones } = config.account;
  const path = `${options.publicUrl}/v2_beta/Accounts/${config.account.sid}${PATH}`;
  const uri = (number: number): string => `${path}?Page=${number}&PageSize=${size}`;
  const from = page * size;
  return answer(reply, "json", {
    page,
    page_size: size,
    uri: uri(page),
    first_page_uri: uri(0),
    next_page_uri: from + size < exophones.length ? uri(page + 1) : null,
    previous_page_uri: page > 0 ? uri(page - 1) : null,
    incoming_phone_numbers: exophones.slice(from, from + size).map((exophone) => inBeta(options, config, exophone)),
  });
}

async function showOne(
  options: ApiOptions,
  request: FastifyRequest,
  reply: FastifyReply,
  format: AnswerFormat,
  show: Show,
): Promise<FastifyReply> {
  const { account, numberSid } = request.params as Params;
  const config = configOf(options, account);
  const exophone = find(config, numberSid);
  if (exophone === null) return restException(request, reply, 404, `account ${account} has no number ${numberSid}`);
  return answer(reply, format, show(options, config, exophone, format));
}

async function changeOne(
  options: ApiOptions,
  request: FastifyRequest,
  reply: FastifyReply,
  format: AnswerFormat,
  show: Show,
): Promise<FastifyReply> {
  const { account, numberSid } = request.params as Params;
  const exophone = find(configOf(options, account), numberSid);
  if (exophone === null) return restException(request, reply, 404, `account ${account} has no number ${numberSid}`);
  if (options.numberRouting === undefined) {
    const message = "numbers can't be changed by API: they are set in the workspace file of this platform";
    return restException(request, reply, 501, message);
  }
  const changed = await options.numberRouting.change(account, exophone.number, changeOf(request));
  if (!changed.ok) return restException(request, reply, 400, changed.error);
  return showOne(options, request, reply, format, show);
}

function changeOf(request: FastifyRequest): NumberChange {
  const { VoiceUrl, FriendlyName } = (request.body ?? {}) as z.output<typeof changeBody>;
  const flow = VoiceUrl === undefined ? undefined : /(\d+)\/?$/.exec(VoiceUrl)?.[1];
  return { ...(flow === undefined ? {} : { flow }), ...(FriendlyName === undefined ? {} : { name: FriendlyName }) };
}

/** Finds a number by its Sid or by the number itself in any form; programs use both. */
function find({ account }: AccountConfig, text: string): Exophone | null {
  const { e164 } = readPhone(text.replace(/^ /, "+"), account.country);
  return account.exophones.find(({ number }) => number === e164 || sidOf(account.sid, number) === text) ?? null;
}

/** A Sid that is always the same, and need not be stored. */
function sidOf(account: string, number: string): string {
  return createHash("sha256").update(`${account}\n${number}`).digest("hex").slice(0, SID_CHARACTERS);
}

function voiceUrlOf({ publicUrl }: ApiOptions, { account, flowOf }: AccountConfig, number: string): string | null {
  const flow = flowOf.get(number);
  return flow === undefined ? null : `${publicUrl}/${account.sid}/exoml/start_voice/${flow}`;
}

function inV1(options: ApiOptions, config: AccountConfig, exophone: Exophone, format: AnswerFormat): Representation {
  const { account, nameOf } = config;
  const sid = sidOf(account.sid, exophone.number);
  const shown = formatNumber(exophone.number, account);
  return {
    IncomingPhoneNumber: {
      Sid: sid,
      AccountSid: account.sid,
      PhoneNumber: shown,
      FriendlyName: nameOf.get(exophone.number) ?? shown,
      VoiceUrl: voiceUrlOf(options, config, exophone.number),
      SMSUrl: null,
      Capabilities: { Voice: true, SMS: false },
      Country: account.country,
      Region: exophone.region,
      Uri: `/v1/Accounts/${account.sid}${PATH}/${sid}${format === "json" ? ".json" : ""}`,
    },
  };
}

function inBeta(options: ApiOptions, config: AccountConfig, exophone: Exophone): Representation {
  const { account, nameOf } = config;
  return {
    sid: sidOf(account.sid, exophone.number),
    phone_number: exophone.number,
    friendly_name: nameOf.get(exophone.number) ?? formatNumber(exophone.number, account),
    capabilities: { voice: true, sms: false },
    country: account.country,
    region: exophone.region,
    voice_url: voiceUrlOf(options, config, exophone.number),
    sms_url: null,
  };
}

function acceptForms(app: FastifyInstance): void {
  const form = "application/x-www-form-urlencoded";
  if (app.hasContentTypeParser(form)) return;
  app.addContentTypeParser(form, { parseAs: "string" }, (_request, body, done) =>
    done(null, Object.fromEntries(new URLSearchParams(String(body)))),
  );
}
