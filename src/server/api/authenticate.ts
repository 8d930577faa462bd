import { createHash, timingSafeEqual } from "node:crypto";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Directory } from "../exchange/directory.ts";
import type { AccountParams } from "./api-options.ts";
import { problem } from "./problem.ts";

/** HTTP Basic with a key and token of the account in the path. A wrong key and an unknown account look the same. */
export async function authenticate(
  directory: Pick<Directory, "hasKey">,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply | undefined> {
  if (holdsKey(directory, request)) return undefined;
  return problem(demandCredentials(reply), 401, "an API key and token of this account are needed (HTTP Basic)");
}

/** Whether the request carries a key and token of the account in its path. */
export function holdsKey(directory: Pick<Directory, "hasKey">, request: FastifyRequest): boolean {
  const { account } = request.params as AccountParams;
  const given = givenCredentials(request);
  return directory.hasKey(account, ({ key, token }) => sameSecret(given, `${key}:${token}`));
}

/** The API key of a request that {@link holdsKey} has let in. */
export function apiKeyOf(request: FastifyRequest): string {
  return givenCredentials(request).replace(/:.*$/s, "");
}

/** The header that a 401 must have (RFC 9110 15.5.2). */
export function demandCredentials(reply: FastifyReply): FastifyReply {
  return reply.header("www-authenticate", 'Basic realm="plugboard"');
}

/** `key:token` of HTTP Basic; empty: none. */
export function givenCredentials(request: Pick<FastifyRequest, "headers">): string {
  const [, encoded = ""] = /^Basic ([A-Za-z0-9+/=]+)$/i.exec(request.headers.authorization ?? "") ?? [];
  return Buffer.from(encoded, "base64").toString("utf8");
}

/** Compared by digest, so that neither length nor content shows in the time it takes. */
export function sameSecret(given: string, known: string): boolean {
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(given), digest(known));
}
