import { z } from "zod";
import { RESOURCE_KINDS } from "../configuration/resources.ts";
import type { ListedKind } from "../configuration/resources.ts";
import { RESOURCE_SCHEMAS } from "../exchange/workspace-schema.ts";
import { accountParams } from "./openapi/parameters.ts";

/** The shapes of configuration in requests and answers. */

export const entryParams = accountParams.extend({ name: z.string().describe("Its name; for an ExoPhone, the number") });
export const flowParams = accountParams.extend({ flow: z.string().describe("Id of the flow") });

/** Which state of a document a write replaces. */
export const conditionHeaders = z.looseObject({
  "if-match": z
    .string()
    .regex(/^(?:(?:W\/)?"\d{1,15}"|\*)$/, 'the ETag that a read gave, such as "17", or *')
    .optional()
    .describe("The ETag of what is replaced, or `*` for whatever is there"),
  "if-none-match": z.literal("*").optional().describe("`*`: only if it does not exist yet"),
});

/** A document is validated together with the whole configuration, not here. */
export function documentOf(schema: z.ZodType) {
  const { $schema: _dialect, ...described } = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
  return z.looseObject({}).meta(described);
}

export const entryDocuments = {
  trunk: documentOf(RESOURCE_SCHEMAS.trunk.partial({ name: true })),
  exophone: documentOf(RESOURCE_SCHEMAS.exophone.partial({ number: true })),
  user: documentOf(RESOURCE_SCHEMAS.user.partial({ name: true })),
  group: documentOf(RESOURCE_SCHEMAS.group.partial({ name: true })),
} as const satisfies Record<ListedKind, z.ZodType>;

/** A document in an answer: handlers may return any object. */
export const shownDocument = z
  .unknown()
  .meta({ id: "Document", type: "object", description: "As in a workspace file or docs/flows.md; secrets are masked" });

export const flowDocument = z
  .looseObject({
    flow: z.union([z.string(), z.int()]).optional(),
    name: z.string().optional(),
    start: z.string().optional(),
  })
  .meta({ description: "docs/flows.md; may have mistakes until it is published" });

const changedFields = { changed_at: z.iso.datetime(), changed_by: z.string() };
export const etag = z.string().describe("For `If-Match`");

export const changeModel = z
  .object({
    account: z.string(),
    kind: z.enum(RESOURCE_KINDS),
    name: z.string(),
    change: z.enum(["added", "removed", "changed", "reworded", "rolled_back"]),
    details: z.array(z.string()).describe("One sentence each"),
    last_changed_by: z.string().nullable(),
    last_changed_at: z.iso.datetime().nullable(),
  })
  .meta({ id: "ConfigurationChange" });
export const changesAnswer = z.object({ changes: z.array(changeModel) }).meta({ id: "ConfigurationChanges" });

export const entryModel = z
  .object({ name: z.string(), etag, ...changedFields, document: shownDocument })
  .meta({ id: "ConfiguredEntry" });

export const historyModel = z
  .object({
    changes: z.array(
      z.object({
        id: z.string(),
        revision: z.int(),
        kind: z.string(),
        name: z.string(),
        change: z.string(),
        details: z.array(z.string()),
        ...changedFields,
      }),
    ),
    next: z.string().nullable(),
  })
  .meta({ id: "ConfigurationHistory" });

export const findingModel = z
  .object({ level: z.enum(["error", "warning"]), rule: z.string().nullable(), path: z.string(), message: z.string() })
  .meta({ id: "FlowFinding" });

export const publishedModel = z
  .object({ version: z.int().nullable(), name: z.string(), etag, ...changedFields })
  .meta({ id: "PublishedFlow" });

export const flowList = z
  .object({
    flows: z.array(
      z.object({
        flow: z.string(),
        published: publishedModel.nullable(),
        draft: z.object({ etag, ...changedFields }).nullable(),
      }),
    ),
  })
  .meta({ id: "FlowList" });

export const versionList = z
  .object({
    current: z.int().nullable(),
    versions: z.array(z.object({ number: z.int(), published_at: z.iso.datetime(), published_by: z.string() })),
  })
  .meta({ id: "FlowVersions" });

/** For which callers what changes between two states of a flow. */
export const flowOutcomes = z
  .object({
    calls: z.int().describe("Random calls played through both flows"),
    changed: z.int().describe("Calls with a different outcome"),
    outcomes: z.array(
      z.object({
        message: z.string().describe("What changes, and for whom"),
        calls: z.int(),
        before: z.string().describe("One of these calls, before the change"),
        after: z.string().describe("The same call, after the change"),
        scenario: z.record(z.string(), z.unknown()).describe("That call, as `plugboard simulate` takes it"),
      }),
    ),
  })
  .meta({ id: "FlowOutcomes" });

export const flowDiff = z
  .object({
    from: z.string(),
    to: z.string(),
    changes: z.array(
      z.object({
        kind: z.enum(["added", "removed", "changed"]),
        path: z.array(z.string()),
        before: z.unknown(),
        after: z.unknown(),
        message: z.string(),
      }),
    ),
    outcomes: flowOutcomes.nullable(),
  })
  .meta({ id: "FlowDiff" });

/** Refusals of every write to the configuration. */
export const WRITE_REFUSALS = {
  403: "Only the operator may change that",
  409: "Others keep changing the configuration; try again",
  412: "It has changed since it was read",
  422: "It has mistakes; `errors` lists them all",
  428: "It already exists: `If-Match` must say which state is replaced",
} as const;
