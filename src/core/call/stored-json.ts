import type { Result } from "../../base/result.ts";
import { err, ok } from "../../base/result.ts";

/** JSON text as a value; the error continues a sentence that names the text. */
export function parseJson(json: string): Result<unknown, string> {
  try {
    return ok(JSON.parse(json));
  } catch {
    return err("is not JSON: it is damaged, or sealed with another secret");
  }
}

/** An object with fields, not a list. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
