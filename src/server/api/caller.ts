import { createHash, timingSafeEqual } from "node:crypto";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Scope } from "../../edges/store/api-key-table.ts";
import { SCOPES } from "../../edges/store/api-key-table.ts";
import { OPERATOR } from "../configuration/operator.ts";
import type { AccountParams, ApiOptions } from "./api-options.ts";
import { authenticate, basicOf, signedIn } from "./authenticate.ts";
import { problem } from "./problem.ts";
import { requesterOf } from "./requester.ts";
import { scopesOf } from "./sign-ins.ts";

/** Who asks for a change that may concern several accounts. */
export interface Caller {
  /** Their name in the history: `operator`, `key acme-key`, `user usr_1`. */
  readonly name: string;
  /** Runs the platform: may change every account, including what only the operator may change. */
  readonly isOperator: boolean;
  /** Whether they have this scope for this account. */
  holds(account: string, scope: Scope): Promise<boolean>;
}

export type CallerOptions = Pick<ApiOptions, "access" | "operatorToken">;

/**
 * The holder of a request's credentials; `holds` says whether they open anything. An administrator of the platform counts as
 * its operator.
 */
export async function callerOf(request: FastifyRequest, options: CallerOptions): Promise<Caller> {
  const given = basicOf(request.headers.authorization);
  if (given !== null) return keyHolder(request, options, given);
  const session = await signedIn(options.access, request, "password_changed");
  if ("status" in session) return STRANGER;
  const { id, account: own, role } = session.member;
  return {
    name: `user ${id}`,
    isOperator: own === null && role === "admin",
    holds: (account, scope) =>
      Promise.resolve(
        options.access.isAccount(account) && (own ?? account) === account && scopesOf(role).includes(scope),
      ),
  };
}

const STRANGER: Caller = { name: "nobody", isOperator: false, holds: () => Promise.resolve(false) };

function keyHolder(
  request: FastifyRequest,
  { access, operatorToken }: CallerOptions,
  { key, token }: { readonly key: string; readonly token: string },
): Caller {
  const isOperator = isOperatorsOwn({ key, token }, operatorToken);
  return {
    name: isOperator ? OPERATOR : `key ${key}`,
    isOperator,
    holds: async (account, scope) => {
      if (isOperator) return true;
      const verdict = await access.checkKey(account, key, token, request.ip);
      return verdict.kind === "ok" && verdict.requester.scopes.includes(scope);
    },
  };
}

function isOperatorsOwn({ key, token }: { readonly key: string; readonly token: string }, password: string): boolean {
  return sameSecret(`${key}:${token}`, `${OPERATOR}:${password}`);
}

/** Compares digests, so that the time it takes reveals neither length nor content. */
function sameSecret(given: string, known: string): boolean {
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(given), digest(known));
}

/** For routes below `/api/accounts/:account` that change the configuration: like `authenticate`, but also open to the operator. */
export async function admitHolder(
  { access, operatorToken }: CallerOptions,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply | undefined> {
  const { account } = request.params as AccountParams;
  const given = basicOf(request.headers.authorization);
  if (given === null || !isOperatorsOwn(given, operatorToken)) return authenticate(access, request, reply);
  request.requester = { kind: "system", id: OPERATOR, scopes: SCOPES };
  return access.isAccount(account) ? undefined : problem(reply, 404, `there is no account ${account}`);
}

/** The name in the history of the sender of a request admitted by {@link admitHolder}. */
export function requesterName(request: Pick<FastifyRequest, "requester" | "url">): string {
  const { kind, id } = requesterOf(request);
  return kind === "system" ? id : `${kind} ${id}`;
}

/** A wrong key and an unknown account look the same. */
export function unauthorized({ access }: CallerOptions, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  access.refusals.note("wrong_key", { source: request.ip, route: request.routeOptions.url });
  void reply.header("www-authenticate", 'Basic realm="plugboard"');
  return problem(
    reply,
    401,
    "the operator's password, or a key and token of every account concerned, is needed (HTTP Basic)",
  );
}
