import type { FastifyInstance, RouteOptions } from "fastify";
import { z } from "zod";
import type { OpenApiDocument } from "./openapi-types.ts";
import { documentOf } from "./document.ts";
import { typed } from "./typed-routes.ts";

const SCHEMA = {
  operationId: "openapi.get",
  summary: "This document",
  security: [],
  response: { 200: z.custom<OpenApiDocument>() },
};

/** `/api/openapi.json`: every route that is registered on `app` after this one. */
export function openApiRoute(app: FastifyInstance): void {
  const routes: RouteOptions[] = [];
  let document: OpenApiDocument | null = null;
  app.addHook("onRoute", (route) => {
    routes.push(route);
  });
  typed(app).get("/api/openapi.json", { schema: SCHEMA }, () => (document ??= documentOf(routes)));
}
