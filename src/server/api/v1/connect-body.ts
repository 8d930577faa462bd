import { z } from "zod";

/** The parameters of `Calls/connect`, for the API document; `connect-order.ts` reads and validates them. */
const parameters = z.object({
  From: z.string().describe("The number that is called first"),
  CallerId: z.string().describe("The ExoPhone that both see"),
  Url: z.string().optional().describe("`http://<any host>/{sid}/exoml/start_voice/{flow_id}`: into this flow (API-1)"),
  To: z.string().optional().describe("The second number, instead of `Url` (API-2)"),
  TimeLimit: z.int().min(1).max(14_400).optional().describe("Seconds from the answer of leg 1"),
  TimeOut: z.int().min(1).max(60).optional().describe("Seconds that each leg may ring; 30"),
  CustomField: z.string().max(4096).optional().describe("Sent with every later request (REQ-26)"),
  StatusCallback: z.string().optional().describe("A URL that is notified about the call by POST (API-6)"),
  StatusCallbackEvents: z
    .array(z.enum(["terminal", "answered", "ringing"]))
    .optional()
    .describe("Default: `terminal`"),
  StatusCallbackContentType: z.enum(["multipart/form-data", "application/json"]).optional(),
  Record: z.enum(["true", "false"]).optional().describe("When connecting two numbers: record the conversation"),
  RecordingChannels: z.enum(["single", "dual"]).optional(),
  WaitUrl: z.string().optional().describe("What leg 1 hears while leg 2 rings"),
  StartPlaybackToNew: z.enum(["Callee", "Both"]).optional(),
  StartPlaybackValueNew: z
    .string()
    .max(4096)
    .optional()
    .describe("A URL or a text, played before the two are connected"),
});

const { $schema: _, ...described } = z.toJSONSchema(parameters, { io: "input" });

/** Described, but not validated here: clients send the same thing in several forms. */
export const connectBody = z.unknown().meta({ ...described, id: "ConnectCall" });
