import type { FastifyInstance, FastifyTypeProvider } from "fastify";
import type { z } from "zod";
import { InvalidInput } from "./invalid-input.ts";

declare module "fastify" {
  /** What a route says about itself besides its schemas, for the document at `/api/openapi.json` (`document.ts`). */
  interface FastifySchema {
    /** Such as `calls.list`: group and method in the client generated from the document. */
    readonly operationId?: string;
    /** A few words: what the request does. */
    readonly summary?: string;
    readonly description?: string;
    /** Its own refusals: status → when. Those of all routes (400, 401) are added by the document. */
    readonly refusals?: Readonly<Record<number, string>>;
    /** Who may use it, in OpenAPI's form; `[]`: anyone. Absent: holders of a key. */
    readonly security?: readonly Readonly<Record<string, readonly string[]>>[];
    /** True: another spelling of a route, left out of the document. */
    readonly hide?: boolean;
    /** Media types of the body; absent: JSON. */
    readonly consumes?: readonly string[];
  }
}

type Immutable<T> = unknown extends T
  ? T
  : T extends readonly (infer Item)[]
    ? readonly Immutable<Item>[]
    : T extends object
      ? { readonly [K in keyof T]: Immutable<T[K]> }
      : T;

/** Handlers see the request as parsed by their route's schemas, and may answer only what its schemas allow. */
interface ZodTypes extends FastifyTypeProvider {
  validator: this["schema"] extends z.ZodType ? z.output<this["schema"]> : unknown;
  serializer: this["schema"] extends z.ZodType ? Immutable<z.input<this["schema"]>> : unknown;
}

/** The same scope, with zod schemas for its routes. Requests that don't fit are refused with one sentence (400). */
export function typed(app: FastifyInstance) {
  app.setValidatorCompiler<z.ZodType>(({ schema, httpPart }) => (data) => {
    const result = schema.safeParse(data, { reportInput: true, error: InvalidInput.phraseOf });
    return result.success ? { value: result.data } : { error: new InvalidInput(result.error, httpPart ?? "body") };
  });
  // Answers are checked by the compiler and in tests: checking each at run time would cost more than it finds.
  app.setSerializerCompiler(() => (data) => JSON.stringify(data));
  return app.withTypeProvider<ZodTypes>();
}
