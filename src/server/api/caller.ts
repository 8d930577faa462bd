import type { FastifyReply, FastifyRequest } from "fastify";
import { OPERATOR } from "../configuration/operator.ts";
import type { AccountParams, ApiOptions } from "./api-options.ts";
import { givenCredentials, sameSecret } from "./authenticate.ts";
import { problem } from "./problem.ts";

/** Who asks for a change, and what of. */
export interface Caller {
  /** As the history names them: `operator`, `key acme-key`. */
  readonly name: string;
  /** Runs the platform: may change every account, and what only they may change of one. */
  readonly isOperator: boolean;
  /** May they change what belongs to this account? */
  holds(account: string): boolean;
}

export type CallerOptions = Pick<ApiOptions, "directory" | "operatorToken">;

/** The holder of the credentials of a request, whatever they open; whether they open anything `holds` says. */
export function callerOf(
  request: Pick<FastifyRequest, "headers">,
  { directory, operatorToken }: CallerOptions,
): Caller {
  const given = givenCredentials(request);
  const isOperator = sameSecret(given, `${OPERATOR}:${operatorToken}`);
  const holds = (account: string): boolean =>
    isOperator || directory.hasKey(account, ({ key, token }) => sameSecret(given, `${key}:${token}`));
  return { name: isOperator ? OPERATOR : `key ${given.split(":", 1)[0] ?? ""}`, isOperator, holds };
}

/** For routes below `/api/accounts/:account` that change what is configured: its keys open them, and the operator. */
export async function admitHolder(
  options: CallerOptions,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply | undefined> {
  const { account } = request.params as AccountParams;
  const caller = callerOf(request, options);
  if (!caller.holds(account)) return unauthorized(reply);
  return options.directory.account(account) === undefined
    ? problem(reply, 404, `there is no account ${account}`)
    : undefined;
}

/** A wrong key and an unknown account look the same. */
export function unauthorized(reply: FastifyReply): FastifyReply {
  void reply.header("www-authenticate", 'Basic realm="plugboard"');
  return problem(
    reply,
    401,
    "the operator's password, or a key and token of every account concerned, is needed (HTTP Basic)",
  );
}
