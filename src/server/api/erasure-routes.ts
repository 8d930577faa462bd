import type { FastifyInstance, FastifyReply } from "fastify";
import { z } from "zod";
import { unreachable } from "../../base/never.ts";
import { Erasure } from "../retention/erasure.ts";
import type { ErasureResult } from "../retention/erasure.ts";
import { RecordingRemoval } from "../retention/recording-removal.ts";
import type { ApiOptions } from "./api-options.ts";
import { accountParams, onlyThese } from "./openapi/parameters.ts";
import { typed } from "./openapi/typed-routes.ts";
import { problem } from "./problem.ts";
import { ADMIN_ONLY, requesterOf } from "./requester.ts";

/** Fewer digits are not a whole number, and would match figures that mean something else. */
const E164 = /^\+[1-9]\d{7,14}$/;

const callParams = accountParams.extend({ callSid: z.string() });
const order = onlyThese({ number: z.string().regex(E164, "a number in E.164, such as +919812345678") }, "field").meta({
  id: "ErasureOrder",
});
const erased = z
  .object({
    calls: z.int(),
    steps: z.int().describe("Entries of the journal: events with their part of the trace"),
    deliveries: z.int().describe("Requests to your servers that were waiting or had been given up"),
    recordings: z.int(),
  })
  .meta({ id: "Erased", description: "How much was deleted" });

const LIVE = "A call to be erased is still live";
const CALL = {
  operationId: "calls.erase",
  summary: "Permanently erases a call with its trace, deliveries and recordings",
  params: callParams,
  response: { 200: erased },
  refusals: { ...ADMIN_ONLY, 404: "The account has no such call", 409: LIVE },
};
const NUMBER = {
  operationId: "erasures.create",
  summary: "Permanently erases every call in which a phone number appears",
  params: accountParams,
  body: order,
  response: { 200: erased },
  refusals: { ...ADMIN_ONLY, 409: `${LIVE}, or the number is configured, as an ExoPhone or a user's` },
};

/** Erasure on request, as privacy laws require. */
export function erasureRoutes(app: FastifyInstance, options: ApiOptions): void {
  const { access } = options;
  const erasure = new Erasure({ ...options, removal: new RecordingRemoval(options) });
  const config = { scope: "admin" } as const;
  const routes = typed(app);
  routes.delete("/calls/:callSid", { schema: CALL, config }, async (request, reply) => {
    const { account, callSid } = request.params;
    const { kind, id } = requesterOf(request);
    return answer(reply, account, callSid, await erasure.call({ account, actor: { kind, id } }, callSid));
  });
  routes.post("/erasures", { schema: NUMBER, config }, async (request, reply) => {
    const { account } = request.params;
    const { number } = request.body;
    const use = useOf(options, account, number);
    if (use !== null) return problem(reply, 409, `${number} is ${use}: remove it from the configuration first`);
    const { kind, id } = requesterOf(request);
    const mark = access.markOf(account, number);
    return answer(reply, account, number, await erasure.number({ account, actor: { kind, id } }, number, mark));
  });
}

/** What the number is in the account's configuration; null if nothing. Erasing such a number would erase the calls of all customers. */
function useOf({ directory }: ApiOptions, account: string, number: string): string | null {
  const configured = directory.account(account)?.account;
  if (configured?.exophones.some((exophone) => exophone.number === number) === true)
    return "an ExoPhone of the account";
  const user = configured?.users.find((one) => one.number === number);
  return user === undefined ? null : `the number of the user ${user.name}`;
}

function answer(reply: FastifyReply, account: string, wanted: string, result: ErasureResult) {
  switch (result.kind) {
    case "erased":
      return result.rows;
    case "unknown":
      return problem(reply, 404, `account ${account} has no call ${wanted}`);
    case "live":
      return problem(reply, 409, `call ${result.callSid} is live: it can be erased once it has ended`);
    default:
      return unreachable(result);
  }
}
