import { queryOptions, useQueryClient } from "@tanstack/react-query";
import { keyOf, useAccount, useApi } from "./account.ts";
import type { Models, PlugboardApi } from "./client.ts";
import { platformApi } from "./client.ts";

/** What an account's configuration has several of, under the names of the API. */
export type EntryKind = "trunks" | "exophones" | "users" | "groups";
export type Entry = Models["ConfiguredEntry"];
export type EntryDocument = Entry["document"];

/** Every trunk, number, user or group of the account. */
export function entriesQuery(api: PlugboardApi, account: string, kind: EntryKind) {
  return queryOptions({
    queryKey: keyOf(account, kind),
    queryFn: ({ signal }) => entriesOf(api, kind, signal),
  });
}

async function entriesOf(api: PlugboardApi, kind: EntryKind, signal?: AbortSignal): Promise<readonly Entry[]> {
  const list = (await api[kind].list({}, signal === undefined ? {} : { signal })) as Partial<
    Record<EntryKind, readonly Entry[]>
  >;
  return list[kind] ?? [];
}

/** A field of a document, as the API's own description has it. */
export interface EntryField {
  readonly name: string;
  readonly kind: "text" | "number" | "switch" | "choice" | "list";
  readonly options: readonly string[];
  /** What counts where the document has no such field; undefined: it must be given, or there is none. */
  readonly fallback: unknown;
  readonly isRequired: boolean;
  readonly description: string;
  readonly least: number | undefined;
  readonly most: number | undefined;
}

interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly enum?: readonly string[];
  readonly anyOf?: readonly JsonSchema[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly default?: unknown;
  readonly description?: string;
  readonly minimum?: number;
  readonly maximum?: number;
}

interface OpenApi {
  readonly paths: Readonly<
    Record<
      string,
      {
        readonly put?: {
          readonly requestBody: { readonly content: Readonly<Record<string, { readonly schema: JsonSchema }>> };
        };
      }
    >
  >;
}

/** The fields of such a document, from `/api/openapi.json`: a field that the platform learns needs no change here. */
export function entryFieldsQuery(kind: EntryKind) {
  return queryOptions({
    queryKey: ["entry-fields", kind],
    queryFn: async ({ signal }) => fieldsOf((await platformApi.openapi.get({}, { signal })) as OpenApi, kind),
    staleTime: Infinity,
  });
}

function fieldsOf({ paths }: OpenApi, kind: EntryKind): readonly EntryField[] {
  const body = paths[`/api/accounts/{account}/${kind}/{name}`]?.put?.requestBody.content["application/json"];
  const { properties = {}, required = [] } = body?.schema ?? {};
  return Object.entries(properties).map(([name, schema]) => fieldOf(name, schema, required.includes(name)));
}

function fieldOf(name: string, schema: JsonSchema, isRequired: boolean): EntryField {
  const own = schema.anyOf?.find(({ type }) => type !== "null") ?? schema;
  const type = Array.isArray(own.type) ? own.type.find((one: string) => one !== "null") : own.type;
  return {
    name,
    kind: own.enum === undefined ? kindOf(type) : "choice",
    options: own.enum ?? [],
    fallback: schema.default,
    isRequired,
    description: schema.description ?? "",
    least: own.minimum,
    most: own.maximum,
  };
}

function kindOf(type: unknown): EntryField["kind"] {
  if (type === "array") return "list";
  if (type === "boolean") return "switch";
  return type === "number" || type === "integer" ? "number" : "text";
}

/** Saves and removes entries. `etag`: of the state that was looked at; null: it is new. */
export function useEntryWrites(kind: EntryKind) {
  const api = useApi();
  const account = useAccount();
  const client = useQueryClient();
  const renew = (): Promise<unknown> =>
    Promise.all([
      client.invalidateQueries({ queryKey: keyOf(account, kind) }),
      client.invalidateQueries({ queryKey: keyOf(account, "history") }),
    ]);
  const put = api[kind].put as (input: object) => Promise<Models["ConfigurationChanges"]>;
  return {
    save: async (name: string, document: EntryDocument, etag: string | null): Promise<void> => {
      await put({ name, body: document, ...(etag === null ? { ifNoneMatch: "*" } : { ifMatch: etag }) });
      await renew();
    },
    remove: async ({ name, etag }: Entry): Promise<void> => {
      await api[kind].delete({ name, ifMatch: etag });
      await renew();
    },
    /** The state of one entry now; undefined: it was removed. */
    current: async (name: string): Promise<Entry | undefined> =>
      (await entriesOf(api, kind)).find((entry) => entry.name === name),
  };
}
