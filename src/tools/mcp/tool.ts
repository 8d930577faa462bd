import type { z } from "zod";
import type { PlugboardApi } from "../../client/client.ts";
import type { Found } from "./tool-result.ts";

/** What a tool does to the account. */
export type ToolEffect = "none" | "asks_urls" | "keeps_draft" | "publishes";

/** One tool for an assistant: an operation of the API, or a few in a row. */
export interface Tool {
  readonly name: string;
  readonly title: string;
  /** Plain English for the assistant: what the tool does, what it never does, and the scope that its key needs. */
  readonly description: string;
  readonly input: z.ZodObject;
  readonly effect: ToolEffect;
  /** True: the numbers in its result are configured or invented, not callers'. */
  readonly hasNoCallers: boolean;
  /** Throws PlugboardError if the platform refuses. */
  run(api: PlugboardApi, input: Readonly<Record<string, unknown>>): Promise<Found>;
}

/** A tool whose `run` sees the fields of its input. */
export function toolOf<Input extends z.ZodObject>(
  tool: Omit<Tool, "input" | "run"> & {
    readonly input: Input;
    run(api: PlugboardApi, input: z.output<Input>): Promise<Found>;
  },
): Tool {
  return { ...tool, run: (api, input) => tool.run(api, input as z.output<Input>) };
}
