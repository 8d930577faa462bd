import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import type { Member } from "../../edges/store/member-table.ts";
import type { ApiOptions } from "./api-options.ts";
import type { ApiRefusalReason } from "./api-refusals.ts";
import { authenticateMember } from "./authenticate.ts";
import { memberLine, shownMember } from "./member-line.ts";
import { onlyThese } from "./openapi/parameters.ts";
import { typed } from "./openapi/typed-routes.ts";
import { MAX_PASSWORD_CHARACTERS, MIN_PASSWORD_CHARACTERS, PasswordsBusyError } from "./password.ts";
import { problem } from "./problem.ts";
import { BY_MEMBERS, sessionOf } from "./requester.ts";

/** Seconds after which the waiting passwords have been checked. */
const BUSY_S = 5;
const given = z.string().min(1).max(MAX_PASSWORD_CHARACTERS);
/** Of a token; it has 64. */
const MAX_LINK_CHARACTERS = 128;
const givenCode = z.string().min(1).max(64);

const signInBody = onlyThese(
  {
    account: z.string().max(64).nullable().default(null).describe("Absent: a member of the platform"),
    login: z.string().min(1).max(100),
    password: given,
    code: givenCode.nullable().default(null).describe("From the authenticator, or a recovery code"),
  },
  "field",
);
const passwordBody = onlyThese({ password: given }, "field");
const linkBody = onlyThese(
  { token: z.string().max(MAX_LINK_CHARACTERS).describe("What follows the # of the link") },
  "field",
);
const newPasswordBody = onlyThese(
  {
    password: given.optional().describe("Not needed in a session that began with the link of the first start"),
    new_password: z.string().min(MIN_PASSWORD_CHARACTERS).max(MAX_PASSWORD_CHARACTERS),
  },
  "field",
);
const codeBody = onlyThese({ code: givenCode }, "field");

const OWN_PAGES = { 403: "The password is wrong, or the request does not come from a page of the platform" };
const LATER = { 429: "Too many attempts failed; `Retry-After` says when to try again" };
const BUSY = { 503: "Too many passwords are waiting to be checked; `Retry-After` says when to try again" };
const CHECKED = { ...OWN_PAGES, ...LATER, ...BUSY };

const SIGN_IN = {
  operationId: "session.begin",
  summary: "Signs in",
  security: [],
  body: signInBody,
  response: { 200: shownMember },
  refusals: { ...CHECKED, 401: "Something is wrong, or (`field` is `code`) a code is needed as well" },
};
const SIGN_IN_BY_LINK = {
  operationId: "session.beginByLink",
  summary:
    "Signs the first administrator in with the link that the first start has printed; it works once, for 15 minutes",
  security: [],
  body: linkBody,
  response: { 200: shownMember },
  refusals: { ...OWN_PAGES, ...LATER, 401: "The link is wrong, was used or is too old" },
};
const WHO = {
  operationId: "session.get",
  summary: "Who is signed in",
  security: BY_MEMBERS,
  response: { 200: shownMember },
};
const ACCOUNTS = {
  operationId: "session.accounts",
  summary: "The accounts that the member may see",
  security: BY_MEMBERS,
  response: {
    200: z.object({ accounts: z.array(z.object({ sid: z.string(), timezone: z.string(), country: z.string() })) }),
  },
};
const SIGN_OUT = {
  operationId: "session.end",
  summary: "Signs out",
  security: BY_MEMBERS,
  response: { 200: z.object({ signed_out: z.literal(true) }) },
  refusals: OWN_PAGES,
};
const PASSWORD = {
  operationId: "session.changePassword",
  summary: "Changes one's own password and ends one's other sessions",
  security: BY_MEMBERS,
  body: newPasswordBody,
  response: { 200: shownMember },
  refusals: { ...CHECKED, 400: "The new password is too short, too long or the same" },
};
const BEGIN_TOTP = {
  operationId: "session.beginTotp",
  summary: "A secret for an authenticator; it takes effect once a code has confirmed it",
  security: BY_MEMBERS,
  body: passwordBody,
  response: { 200: z.object({ secret: z.string(), uri: z.string() }) },
  refusals: { ...CHECKED, 400: "The body is not valid", 409: "Codes are in use already" },
};
const CONFIRM_TOTP = {
  operationId: "session.confirmTotp",
  summary: "Confirms the secret: from now on sign-in needs a code",
  security: BY_MEMBERS,
  body: codeBody,
  response: {
    200: z.object({ recovery_codes: z.array(z.string()).describe("Shown only this once; each works once") }),
  },
  refusals: { ...OWN_PAGES, 409: "The code is wrong or already used, or there is nothing to confirm" },
};
const END_TOTP = {
  operationId: "session.endTotp",
  summary: "Ends one-time codes",
  security: BY_MEMBERS,
  body: passwordBody,
  response: { 200: shownMember },
  refusals: CHECKED,
};

/** `/session`: signing in and out, one's own password and second factor. */
export function sessionRoutes(app: FastifyInstance, options: ApiOptions): void {
  typed(app).post("/session", { schema: SIGN_IN }, async (request, reply) =>
    busyRefusal(options, request, reply, () => signIn(options, request, reply, request.body)),
  );
  typed(app).post("/session/link", { schema: SIGN_IN_BY_LINK }, async (request, reply) =>
    signInByLink(options, request, reply, request.body.token),
  );
  void app.register(async (own) => {
    own.addHook("onRequest", (request, reply) => authenticateMember(options.access, request, reply));
    ownSessionRoutes(own, options);
  });
}

function ownSessionRoutes(app: FastifyInstance, options: ApiOptions): void {
  const routes = typed(app);
  routes.get("/session", { schema: WHO }, (request) => memberLine(sessionOf(request).member));
  routes.get("/session/accounts", { schema: ACCOUNTS }, (request) => ({
    accounts: accountsOf(options, sessionOf(request).member.account),
  }));
  routes.delete("/session", { schema: SIGN_OUT }, async (request, reply) => {
    await options.access.signIns.signOut(sessionOf(request).token);
    options.access.cookie.takeAway(reply);
    return { signed_out: true as const };
  });
  routes.put("/session/password", { schema: PASSWORD }, async (request, reply) =>
    busyRefusal(options, request, reply, () => changePassword(options, request, reply, request.body)),
  );
  routes.post("/session/totp", { schema: BEGIN_TOTP }, async (request, reply) =>
    busyRefusal(options, request, reply, () => beginTotp(options, request, reply, request.body.password)),
  );
  routes.post("/session/totp/confirm", { schema: CONFIRM_TOTP }, async (request, reply) =>
    confirmTotp(options, request, reply, request.body.code),
  );
  routes.delete("/session/totp", { schema: END_TOTP }, async (request, reply) =>
    busyRefusal(options, request, reply, () => endTotp(options, request, reply, request.body.password)),
  );
}

/** `own`: the member's account; null: all. */
function accountsOf({ configuration }: ApiOptions, own: string | null) {
  return configuration.workspace.accounts
    .map(({ account: { sid, timezone, country } }) => ({ sid, timezone, country }))
    .filter(({ sid }) => (own ?? sid) === sid);
}

async function signIn(
  { access, log }: ApiOptions,
  request: FastifyRequest,
  reply: FastifyReply,
  body: z.output<typeof signInBody>,
): Promise<FastifyReply> {
  const refuse = refusal(access, request, reply, `${body.account ?? ""}/${body.login}`);
  // Another site's page must not sign a visitor in as someone of its choice.
  if (access.cookie.siteOf(request) === "foreign")
    return refuse("cross_site", 403, "sign in on the platform's own pages (Origin or Sec-Fetch-Site)");
  const verdict = await access.signIns.signIn(body, request.ip);
  if (verdict.kind === "later") return tooMany(refuse, reply, verdict.after);
  if (verdict.kind === "wrong") return refuse("wrong_sign_in", 401, "account, login, password or code is wrong");
  if (verdict.kind === "code_needed")
    return problem(reply, 401, "this login needs a code from its phone, or a recovery code", CODE_NEEDED);
  log.info({ member: verdict.member.id, pii: { source: request.ip } }, "signed in");
  return welcome(access, reply, verdict);
}

/** Like {@link signIn}, with the one-time link. */
async function signInByLink(
  { access, log }: ApiOptions,
  request: FastifyRequest,
  reply: FastifyReply,
  token: string,
): Promise<FastifyReply> {
  const refuse = refusal(access, request, reply, "link");
  if (access.cookie.siteOf(request) === "foreign")
    return refuse("cross_site", 403, "sign in on the platform's own pages (Origin or Sec-Fetch-Site)");
  const verdict = await access.signIns.signInByLink(token, request.ip);
  if (verdict.kind === "later") return tooMany(refuse, reply, verdict.after);
  if (verdict.kind !== "ok")
    return refuse(
      "wrong_sign_in",
      401,
      "this link does not work any more: sign in with the password that was printed with it",
    );
  log.info({ member: verdict.member.id, pii: { source: request.ip } }, "signed in with the link of the first start");
  return welcome(access, reply, verdict);
}

/** Begins the session in the browser. */
function welcome(
  { cookie }: ApiOptions["access"],
  reply: FastifyReply,
  { member, token }: { readonly member: Member; readonly token: string },
): FastifyReply {
  cookie.give(reply, token);
  return reply.header("cache-control", "no-store").send(memberLine(member));
}

/** Tells a form to ask for the code, as opposed to a wrong password. */
const CODE_NEEDED = { field: "code", rule: "required" } as const;

async function changePassword(
  options: ApiOptions,
  request: FastifyRequest,
  reply: FastifyReply,
  { password, new_password }: z.output<typeof newPasswordBody>,
): Promise<FastifyReply> {
  if (password === new_password) return problem(reply, 400, "new_password must differ from the old one");
  const { member, token } = sessionOf(request);
  const isByLink = member.must_change && options.access.signIns.isByLink(token);
  if (password === undefined && !isByLink)
    return problem(reply, 400, "password is missing: the one that you sign in with", {
      field: "password",
      rule: "required",
    });
  const denied = password === undefined ? null : await passwordDenied(options, request, reply, password);
  if (denied !== null) return denied;
  await options.access.signIns.changePassword(member, new_password, token);
  return reply.send(memberLine({ ...member, must_change: false }));
}

async function beginTotp(
  options: ApiOptions,
  request: FastifyRequest,
  reply: FastifyReply,
  password: string,
): Promise<FastifyReply> {
  const { member } = sessionOf(request);
  if (member.totp_active)
    return problem(reply, 409, "codes are in use already: end them first (DELETE /api/session/totp)");
  const denied = await passwordDenied(options, request, reply, password);
  if (denied !== null) return denied;
  return reply.header("cache-control", "no-store").send(await options.access.signIns.beginTotp(member));
}

async function confirmTotp(
  { access }: ApiOptions,
  request: FastifyRequest,
  reply: FastifyReply,
  code: string,
): Promise<FastifyReply> {
  const codes = await access.signIns.confirmTotp(sessionOf(request).member, code);
  if (codes === null) return problem(reply, 409, "the code is wrong or was used, or there is no secret to confirm");
  return reply.header("cache-control", "no-store").send({ recovery_codes: codes });
}

async function endTotp(
  options: ApiOptions,
  request: FastifyRequest,
  reply: FastifyReply,
  password: string,
): Promise<FastifyReply> {
  const denied = await passwordDenied(options, request, reply, password);
  if (denied !== null) return denied;
  const { member } = sessionOf(request);
  await options.access.signIns.endTotp(member);
  return reply.send(memberLine({ ...member, totp_active: false }));
}

/** Asks for the password again: an open session must not be enough for this. */
async function passwordDenied(
  { access }: ApiOptions,
  request: FastifyRequest,
  reply: FastifyReply,
  password: string,
): Promise<FastifyReply | null> {
  const { member } = sessionOf(request);
  const isRight = await access.signIns.isPassword(member, password, request.ip);
  if (isRight === true) return null;
  const refuse = refusal(access, request, reply, member.id);
  if (isRight === "later") return tooMany(refuse, reply, BUSY_S);
  return refuse("wrong_sign_in", 403, "password: this is not your password");
}

type RefuseSignIn = (reason: ApiRefusalReason, status: number, detail: string) => FastifyReply;

function refusal(
  access: ApiOptions["access"],
  request: FastifyRequest,
  reply: FastifyReply,
  who: string,
): RefuseSignIn {
  return (reason, status, detail) => {
    access.refusals.note(reason, { source: request.ip, who, route: request.routeOptions.url });
    return problem(reply, status, detail);
  };
}

function tooMany(refuse: RefuseSignIn, reply: FastifyReply, after: number): FastifyReply {
  void reply.header("retry-after", after);
  return refuse("too_many_failures", 429, `too many attempts failed: try again in ${after} s`);
}

/** Runs something that checks or hashes a password; answers if too many others are waiting for that. */
export async function busyRefusal(
  { access }: ApiOptions,
  request: FastifyRequest,
  reply: FastifyReply,
  work: () => Promise<FastifyReply>,
): Promise<FastifyReply> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof PasswordsBusyError)) throw error;
    void reply.header("retry-after", BUSY_S);
    const who = request.requester?.id ?? "";
    return refusal(access, request, reply, who)("passwords_busy", 503, `${error.message}: try again in ${BUSY_S} s`);
  }
}
