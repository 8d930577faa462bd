import type { FastifyInstance } from "fastify";
import type { ApiOptions } from "./api-options.ts";
import { platformAuditRoutes } from "./audit-routes.ts";
import { authenticatePlatform } from "./authenticate.ts";
import { platformMemberRoutes } from "./member-routes.ts";
import { sessionRoutes } from "./session-routes.ts";

/** Routes of no account: signing in, and the platform's own members and audit log. */
export async function platformRoutes(app: FastifyInstance, options: ApiOptions): Promise<void> {
  await app.register(async (own) => sessionRoutes(own, options));
  await app.register(async (platform) => {
    platform.addHook("onRequest", (request, reply) => authenticatePlatform(options.access, request, reply));
    platformMemberRoutes(platform, options);
    platformAuditRoutes(platform, options);
  });
}
