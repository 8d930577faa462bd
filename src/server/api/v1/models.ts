import { z } from "zod";

/** The models of the Exotel-shaped API (contract, section 8). XML writes each field as an element, null as an empty one. */

const dateTime = z.string().describe("`2024-09-03 11:44:54`, in the account's time zone");
const shown = z.string().describe("A number in the account's form, `anonymous`, or `sip:user`");

const callFields = {
  Sid: z.string(),
  ParentCallSid: z.string().nullable(),
  DateCreated: dateTime,
  DateUpdated: dateTime,
  AccountSid: z.string(),
  To: shown,
  From: shown,
  PhoneNumberSid: shown.describe("The ExoPhone"),
  Status: z
    .enum(["queued", "in-progress", "completed", "failed", "busy", "no-answer"])
    .describe("An accepted incoming call is `completed` even if nobody answered: see `Leg2Status` (API-4)"),
  StartTime: dateTime.nullable(),
  EndTime: dateTime.nullable(),
  Duration: z.int().nullable().describe("Seconds; null while it lasts"),
  Price: z.number().nullable(),
  Direction: z.enum(["inbound", "outbound-api", "outbound-dial"]),
  AnsweredBy: z.string().nullable(),
  ForwardedFrom: z.string().nullable(),
  CallerName: z.string().nullable(),
  Uri: z.string(),
  RecordingUrl: z.string().nullable().describe("Opens with a key, and until it expires also without one"),
};

const legStatus = z.enum(["in-progress", "completed", "busy", "no-answer", "failed", "canceled"]);

const details = z
  .object({
    ConversationDuration: z.int(),
    Leg1Status: legStatus,
    Leg2Status: legStatus
      .nullable()
      .describe("The deciding leg's status: the conversation's leg, or else the last one; null: nobody was dialled"),
    Legs: z
      .array(z.object({ Leg: z.object({ Id: z.int(), OnCallDuration: z.int() }) }))
      .describe("Leg 1 and the deciding leg"),
  })
  .meta({ id: "CallDetails" });

const call = z.object({ ...callFields, Details: details.optional() }).meta({ id: "ExotelCall" });

export const callAnswer = z.object({ Call: call });

export const callPageAnswer = z.object({
  Metadata: z.object({
    Total: z.int().nullable().describe("Calls that match; counted up to 100,000"),
    PageSize: z.int(),
    FirstPageUri: z.string().nullable(),
    PrevPageUri: z.string().nullable(),
    NextPageUri: z.string().nullable(),
  }),
  Calls: z.array(call),
});

const leg = z
  .object({
    Id: z.int(),
    Number: shown,
    Status: legStatus,
    OnCallDuration: z.int().describe("Seconds from its answer to its end"),
    RingingDuration: z.int().describe("Seconds from its first ringing to its answer or end"),
    AnsweredBy: z.string().nullable(),
    Cause: z.int().nullable(),
    CauseCode: z.string().nullable(),
  })
  .meta({ id: "CallLeg" });

export const legsAnswer = z.object({
  Legs: z.array(z.object({ Leg: leg })).describe("Every leg, in dialling order"),
});

export const recordingAnswer = z.object({
  Recording: z.object({
    Sid: z.string(),
    CallSid: z.string(),
    Duration: z.int().describe("Seconds"),
    Channels: z.enum(["single", "dual"]),
    RecordingUrl: z.string(),
  }),
});

const incomingPhoneNumber = z
  .object({
    Sid: z.string().describe("Sid of the number; stays the same while the account has it"),
    AccountSid: z.string(),
    PhoneNumber: shown,
    FriendlyName: z.string().describe("Its name, or the number if it has none"),
    VoiceUrl: z.string().nullable().describe("The flow that takes its calls"),
    SMSUrl: z.null(),
    Capabilities: z.object({ Voice: z.boolean(), SMS: z.boolean() }),
    Country: z.string().nullable(),
    Region: z.string().nullable(),
    Uri: z.string(),
  })
  .meta({ id: "ExotelNumber" });

export const numberAnswer = z.object({ IncomingPhoneNumber: incomingPhoneNumber });
export const numbersAnswer = z.object({ IncomingPhoneNumbers: z.array(numberAnswer) });

/** `v2_beta` uses other names for the same fields, and numbers in E.164 (API-7). */
export const betaNumber = z
  .object({
    sid: z.string(),
    phone_number: z.string().describe("E.164"),
    friendly_name: z.string(),
    capabilities: z.object({ voice: z.boolean(), sms: z.boolean() }),
    country: z.string().nullable(),
    region: z.string().nullable(),
    voice_url: z.string().nullable(),
    sms_url: z.null(),
  })
  .meta({ id: "IncomingPhoneNumber" });

export const betaNumbers = z.object({
  page: z.int(),
  page_size: z.int(),
  uri: z.string(),
  first_page_uri: z.string(),
  next_page_uri: z.string().nullable(),
  previous_page_uri: z.string().nullable(),
  incoming_phone_numbers: z.array(betaNumber),
});
