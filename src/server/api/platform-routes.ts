import type { FastifyInstance } from "fastify";
import type { ApiOptions } from "./api-options.ts";
import { platformAuditRoutes } from "./audit-routes.ts";
import { authenticatePlatform } from "./authenticate.ts";
import { platformMemberRoutes } from "./member-routes.ts";
import { sessionRoutes } from "./session-routes.ts";

/** What belongs to no account: signing in, and the members and audit log of the platform itself. */
export async function platformRoutes(app: FastifyInstance, options: ApiOptions): Promise<void> {
  await app.register(async (own) => sessionRoutes(own, options));
  await app.register(async (platform) => {
    platform.addHook("onRequest", (request, reply) => authenticatePlatform(options.access, request, reply));
    platformMemberRoutes(platform, options);
    platformAuditRoutes(platform, options);
  });
}
