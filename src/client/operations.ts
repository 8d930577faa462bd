// Made from /api/openapi.json: `npx vitest -u src/client` writes it again.

/** The models of requests and answers, by name. */
export interface Models {
  /** RFC 9457 */
  readonly Problem: {
    readonly type: string;
    readonly title: string;
    readonly status: number;
    /** One sentence: what was wrong, where, what is allowed */
    readonly detail: string;
    /** The field of the request */
    readonly field?: string;
    /** The rule of the contract, or the keyword of the field's schema, that it breaks */
    readonly rule?: string;
    /** Everything that is wrong with a document, one sentence each */
    readonly errors?: readonly string[];
    /** What keeps a flow from being published */
    readonly findings?: readonly Models["FlowFinding"][];
  };
  readonly FlowFinding: {
    readonly level: "error" | "warning";
    readonly rule: string | null;
    readonly path: string;
    readonly message: string;
  };
  /** A person who signs in */
  readonly Member: {
    readonly id: string;
    /** Null: a member of the platform, with all its accounts */
    readonly account: string | null;
    readonly login: string;
    readonly role: "viewer" | "operator" | "admin";
    /** What the role may do */
    readonly scopes: readonly ("read" | "call" | "draft" | "publish" | "admin")[];
    /** The password must be changed before anything else */
    readonly must_change: boolean;
    /** Sign-in requires a one-time code */
    readonly totp_active: boolean;
    readonly created_at: string;
    readonly created_by: string;
    readonly signed_in_at: string | null;
  };
  readonly MadeMember: {
    readonly id: string;
    /** Null: a member of the platform, with all its accounts */
    readonly account: string | null;
    readonly login: string;
    readonly role: "viewer" | "operator" | "admin";
    /** What the role may do */
    readonly scopes: readonly ("read" | "call" | "draft" | "publish" | "admin")[];
    /** The password must be changed before anything else */
    readonly must_change: boolean;
    /** Sign-in requires a one-time code */
    readonly totp_active: boolean;
    readonly created_at: string;
    readonly created_by: string;
    readonly signed_in_at: string | null;
    /** Shown only this once; it must be changed at the first sign-in */
    readonly password: string;
  };
  readonly AuditEntry: {
    readonly id: string;
    readonly at: string;
    readonly by: {
      readonly kind: "key" | "user" | "system";
      readonly id: string;
    };
    /** What was done, such as `key.created` */
    readonly action: string;
    /** The id of what was changed */
    readonly subject: string;
    /** Secrets are masked; null: it did not exist */
    readonly before: unknown;
    /** Secrets are masked; null: it no longer exists */
    readonly after: unknown;
  };
  readonly ExportedWorkspace: {
    readonly revision: number;
    readonly workspace: {
      readonly accounts: readonly unknown[];
      readonly flows: readonly unknown[];
    };
    /** Flows in separate files, by file name */
    readonly files: {
      readonly [name: string]: unknown;
    };
  };
  readonly AppliedWorkspace: {
    readonly applied: boolean;
    readonly revision: number;
    readonly changes: readonly Models["ConfigurationChange"][];
  };
  readonly ConfigurationChange: {
    readonly account: string;
    readonly kind: "account" | "trunk" | "exophone" | "user" | "group" | "flow";
    readonly name: string;
    readonly change: "added" | "removed" | "changed" | "reworded" | "rolled_back";
    /** One sentence each */
    readonly details: readonly string[];
    readonly last_changed_by: string | null;
    readonly last_changed_at: string | null;
  };
  readonly CallList: {
    readonly calls: readonly Models["CallSummary"][];
    /** `before` for the next page; null: this is the last one */
    readonly next: string | null;
  };
  readonly CallSummary: {
    readonly call_sid: string;
    readonly flow: string;
    /** E.164, `anonymous`, or `sip:user` */
    readonly from: string;
    /** E.164, `anonymous`, or `sip:user` */
    readonly to: string;
    readonly direction: "incoming" | "outbound-dial";
    readonly started_at: string;
    /** Null while it lasts */
    readonly ended_at: string | null;
    readonly status: "in-progress" | "completed" | "failed" | "busy" | "no-answer";
    /** Null while it lasts */
    readonly cdr: Models["CallRecord"] | null;
  };
  /** The call detail record */
  readonly CallRecord: {
    readonly status: "completed" | "failed" | "busy" | "no-answer";
    readonly ended_by: "caller" | "callee" | "platform";
    readonly dial_call_status: "completed" | "busy" | "no-answer" | "failed" | "canceled" | null;
    readonly call_type: "call-attempt" | "completed" | "client-hangup" | "incomplete" | "voicemail";
    /** Seconds of all conversations together */
    readonly conversation_s: number;
    readonly duration_s: number;
    readonly duration_ms: number;
  };
  readonly Call: {
    readonly call_sid: string;
    readonly flow: string;
    /** E.164, `anonymous`, or `sip:user` */
    readonly from: string;
    /** E.164, `anonymous`, or `sip:user` */
    readonly to: string;
    readonly direction: "incoming" | "outbound-dial";
    readonly started_at: string;
    /** Null while it lasts */
    readonly ended_at: string | null;
    readonly status: "in-progress" | "completed" | "failed" | "busy" | "no-answer";
    /** Null while it lasts */
    readonly cdr: Models["CallRecord"] | null;
    readonly seed: number | null;
    readonly ended_by: "caller" | "callee" | "platform" | null;
    readonly duration_ms: number;
    readonly applets: readonly string[];
    readonly exits: readonly {
      readonly applet: string;
      readonly exit: string;
    }[];
    readonly attempts: readonly Models["CallAttempt"][];
    readonly requests: readonly Models["CallRequest"][];
    readonly dial_events: readonly {
      /** ms since the call arrived */
      readonly at_ms: number;
      readonly url: string;
      /** Names and values, in the order sent */
      readonly query: readonly (readonly [string, string])[];
    }[];
    readonly warnings: readonly Models["CallWarning"][];
    readonly trace: readonly Models["TraceEntry"][];
    /** Why a call that has ended has no trace any more; null: it has one */
    readonly trace_deleted: string | null;
    readonly recordings: readonly Models["CallRecording"][];
  };
  readonly CallAttempt: {
    readonly applet: string;
    /** E.164, `anonymous`, or `sip:user` */
    readonly destination: string;
    /** E.164, `anonymous`, or `sip:user` */
    readonly caller_id: string;
    /** ms since the call arrived */
    readonly started_ms: number;
    readonly answered_ms: number | null;
    readonly ended_ms: number | null;
    readonly outcome: "completed" | "busy" | "no-answer" | "failed" | "canceled" | null;
  };
  readonly CallRequest: {
    /** ms since the call arrived */
    readonly at_ms: number;
    readonly purpose:
      | "connect"
      | "gather"
      | "passthru"
      | "greeting"
      | "dial_whom"
      | "audio"
      | "dial_event"
      | "status_callback";
    readonly role: "primary" | "fallback" | null;
    readonly attempt: number;
    readonly method: string;
    readonly url: string;
    /** Names and values, in the order sent */
    readonly query: readonly (readonly [string, string])[];
    readonly headers: {
      readonly [name: string]: string;
    };
    readonly result: "usable" | "invalid" | "http_error" | "timeout" | "unreachable" | null;
  };
  readonly CallWarning: {
    readonly rule: string;
    readonly path: string;
    readonly message: string;
    readonly level: "warning" | "error";
  };
  /** What happened and why; further keys by `type` */
  readonly TraceEntry: {
    readonly seq: number;
    /** ms since the call arrived */
    readonly at_ms: number;
    readonly type: string;
    readonly [name: string]: unknown;
  };
  readonly CallRecording: {
    readonly id: string;
    readonly layout: "mono" | "dual";
    readonly duration_ms: number;
    /** Why it can't be played; null: it can */
    readonly failure: string | null;
    readonly url: string;
  };
  readonly LiveCalls: {
    readonly calls: readonly Models["LiveCall"][];
    readonly total: number;
  };
  readonly LiveCall: {
    readonly call_sid: string;
    /** E.164, `anonymous`, or `sip:user` */
    readonly from: string;
    /** E.164, `anonymous`, or `sip:user` */
    readonly to: string;
    readonly direction: "incoming" | "outbound-dial";
    readonly started_at: string;
    /** As in the table of actions */
    readonly phase: "placing" | "arriving" | "in_flow" | "dialing" | "talking" | "ending";
    readonly flow: string;
    /** Where in the flow it is */
    readonly applet: {
      readonly name: string;
      readonly type: string;
    } | null;
    /** Who is being rung, or talks with the caller */
    readonly with: readonly string[];
    readonly recorded: boolean;
  };
  /** How much was deleted */
  readonly Erased: {
    readonly calls: number;
    /** Entries of the journal: events with their part of the trace */
    readonly steps: number;
    /** Requests to your servers that were waiting or had been given up */
    readonly deliveries: number;
    readonly recordings: number;
  };
  readonly ErasureOrder: {
    readonly number: string;
  };
  readonly CallExplanation: {
    readonly call_sid: string;
    readonly text: string;
    readonly sentences: readonly Models["ExplainedSentence"][];
  };
  readonly ExplainedSentence: {
    readonly text: string;
    /** Rules of the contract that it is based on */
    readonly rules: readonly string[];
    /** `seq` of the trace entries that show it */
    readonly entries: readonly number[];
  };
  readonly EventPage: {
    readonly events: readonly Models["AccountEvent"][];
    /** `after` for the next page */
    readonly next: string;
    readonly newest: string;
  };
  /** CloudEvents 1.0 */
  readonly AccountEvent: {
    readonly id: string;
    readonly type: string;
    readonly time: string;
    readonly [name: string]: unknown;
  };
  readonly Outbox: {
    readonly deliveries: readonly Models["Delivery"][];
    readonly next: string | null;
  };
  readonly Delivery: {
    readonly id: string;
    readonly call_sid: string;
    readonly purpose: string;
    /** Deliveries of one call with the same `order` are sent one after the other */
    readonly order: string;
    readonly state: "waiting" | "parked";
    readonly method: string | null;
    /** Without credentials */
    readonly url: string | null;
    readonly tries: number;
    readonly created_at: string;
    readonly due_at: string | null;
    readonly parked_at: string | null;
    readonly error: string | null;
  };
  readonly Exposure: {
    readonly account: string;
    readonly spent: {
      readonly today: number;
      readonly tonight: number;
      readonly currency: string;
    };
    readonly from: string;
    readonly to: string;
    readonly currency: string;
    /** `null`: unlimited */
    readonly most: number | null;
    /** The limit that decides `most`: lower it, and the account can cost less */
    readonly binding: string;
    /** How `most` was calculated, line by line */
    readonly arithmetic: readonly {
      readonly name: string;
      readonly how: string;
      /** `null`: unlimited */
      readonly value: number | null;
    }[];
  };
  readonly CallStatistics: {
    /** Where the first step begins */
    readonly since: string;
    readonly until: string;
    readonly step: "hour" | "day";
    /** Hours and days are those of this zone: the account's */
    readonly timezone: string;
    /** Older calls of the range were not counted, because it has more than 20000; null: all were */
    readonly counted_from: string | null;
    readonly total: Models["CallTotals"];
    readonly steps: readonly Models["CallStatisticsStep"][];
    /** Why destinations did not answer, the most frequent first */
    readonly causes: readonly {
      readonly outcome: string;
      readonly cause: string;
      readonly attempts: number;
      readonly calls: number;
    }[];
    /** Your URLs, those that failed most first */
    readonly urls: readonly {
      readonly url: string;
      readonly requests: number;
      readonly calls: number;
      readonly invalid: number;
      readonly http_error: number;
      readonly timeout: number;
      readonly unreachable: number;
      readonly time: Models["TimeSpread"];
    }[];
  };
  readonly CallTotals: {
    readonly calls: number;
    /** Calls that dialled somebody */
    readonly dialled: number;
    /** Calls with a conversation (`dial_call_status` is `completed`) */
    readonly connected: number;
    /** Calls that the filter `failed` of the list finds */
    readonly failed: number;
    /** From the first dialling of a call to its first answer */
    readonly answer: Models["TimeSpread"];
    /** Requests to your URLs that a caller waited for */
    readonly requests: number;
    /** Those without a usable answer */
    readonly requests_failed: number;
    /** Time that your URLs took */
    readonly url: Models["TimeSpread"];
  };
  /** ms: the median, the time that 95 % stay within, the longest; null: nothing was measured */
  readonly TimeSpread: {
    readonly p50: number | null;
    readonly p95: number | null;
    readonly max: number | null;
  };
  readonly CallStatisticsStep: {
    readonly at: string;
    readonly calls: number;
    /** Calls that dialled somebody */
    readonly dialled: number;
    /** Calls with a conversation (`dial_call_status` is `completed`) */
    readonly connected: number;
    /** Calls that the filter `failed` of the list finds */
    readonly failed: number;
    /** From the first dialling of a call to its first answer */
    readonly answer: Models["TimeSpread"];
    /** Requests to your URLs that a caller waited for */
    readonly requests: number;
    /** Those without a usable answer */
    readonly requests_failed: number;
    /** Time that your URLs took */
    readonly url: Models["TimeSpread"];
  };
  readonly SimulatedCall: {
    readonly call_sid: string;
    readonly seed: number | null;
    readonly ended_by: "caller" | "callee" | "platform" | null;
    readonly duration_ms: number;
    readonly applets: readonly string[];
    readonly exits: readonly {
      readonly applet: string;
      readonly exit: string;
    }[];
    readonly attempts: readonly Models["CallAttempt"][];
    readonly requests: readonly Models["CallRequest"][];
    readonly dial_events: readonly {
      /** ms since the call arrived */
      readonly at_ms: number;
      readonly url: string;
      /** Names and values, in the order sent */
      readonly query: readonly (readonly [string, string])[];
    }[];
    readonly warnings: readonly Models["CallWarning"][];
    readonly trace: readonly Models["TraceEntry"][];
    readonly cdr: Models["CallRecord"] | null;
  };
  readonly WhatIf: {
    /** The state that was played */
    readonly flow: string;
    /** What the other answers change, one sentence each */
    readonly changes: readonly string[];
    /** How the replay differs from the call even with its own answers */
    readonly drift: readonly string[];
    /** URLs that were given but the call does not request */
    readonly unused_urls: readonly string[];
    readonly call: Models["SimulatedCall"];
  };
  /** docs/check.md */
  readonly UrlCheckReport: {
    /** Credentials are masked */
    readonly url: string;
    readonly fallback: string | null;
    readonly kind: string;
    readonly mode: string;
    readonly started_at: string;
    /** True if no finding is an error */
    readonly ok: boolean;
    readonly errors: number;
    readonly warnings: number;
    readonly requests: number;
    readonly latency: readonly {
      readonly endpoint: string;
      readonly requests: number;
      readonly first_ms: number;
      readonly p50_ms: number;
      readonly p99_ms: number;
      readonly max_ms: number;
    }[];
    readonly probes: readonly {
      readonly id: string;
      readonly title: string;
      readonly endpoint: string;
      readonly result: "passed" | "warned" | "failed" | "skipped";
      readonly reason: string | null;
      readonly requests: number;
      readonly elapsed_ms: number;
      readonly effects: readonly string[];
    }[];
    readonly findings: readonly {
      readonly id: string;
      readonly rule: string;
      readonly level: "error" | "warning";
      readonly strict: "error" | "warning" | null;
      readonly lenient: "error" | "warning" | null;
      readonly endpoint: string;
      readonly probes: readonly string[];
      readonly count: number;
      readonly path: string;
      readonly message: string;
      readonly sent: {
        readonly method: string;
        readonly url: string;
      };
      readonly came_back: {
        readonly status: number | null;
        readonly content_type: string | null;
        readonly body: string;
        readonly failure: string | null;
        readonly elapsed_ms: number;
      };
      readonly fix: string;
      readonly curl: string;
    }[];
  };
  readonly ApiKey: {
    /** User name of HTTP Basic */
    readonly key: string;
    readonly name: string;
    readonly scopes: readonly ("read" | "call" | "draft" | "publish" | "admin")[];
    /** `file`: from the workspace file */
    readonly source: "file" | "api";
    readonly created_at: string;
    readonly created_by: string;
    /** To the minute; null: never used */
    readonly last_used_at: string | null;
    readonly revoked_at: string | null;
  };
  readonly NewApiKey: {
    readonly name: string;
    readonly scopes: readonly ("read" | "call" | "draft" | "publish" | "admin")[];
  };
  readonly MadeApiKey: {
    /** User name of HTTP Basic */
    readonly key: string;
    readonly name: string;
    readonly scopes: readonly ("read" | "call" | "draft" | "publish" | "admin")[];
    /** `file`: from the workspace file */
    readonly source: "file" | "api";
    readonly created_at: string;
    readonly created_by: string;
    /** To the minute; null: never used */
    readonly last_used_at: string | null;
    readonly revoked_at: string | null;
    /** Password of HTTP Basic, shown only this once */
    readonly token: string;
  };
  readonly ConfiguredEntry: {
    readonly name: string;
    /** For `If-Match` */
    readonly etag: string;
    readonly changed_at: string;
    readonly changed_by: string;
    readonly document: Models["Document"];
  };
  /** As in a workspace file or docs/flows.md; secrets are masked */
  readonly Document: {
    readonly [name: string]: unknown;
  };
  readonly ConfigurationChanges: {
    readonly changes: readonly Models["ConfigurationChange"][];
  };
  readonly ConfigurationHistory: {
    readonly changes: readonly {
      readonly id: string;
      readonly revision: number;
      readonly kind: string;
      readonly name: string;
      readonly change: string;
      readonly details: readonly string[];
      readonly changed_at: string;
      readonly changed_by: string;
    }[];
    readonly next: string | null;
  };
  readonly FlowList: {
    readonly flows: readonly {
      readonly flow: string;
      readonly published: Models["PublishedFlow"] | null;
      readonly draft: {
        /** For `If-Match` */
        readonly etag: string;
        readonly changed_at: string;
        readonly changed_by: string;
      } | null;
    }[];
  };
  readonly PublishedFlow: {
    readonly version: number | null;
    readonly name: string;
    /** For `If-Match` */
    readonly etag: string;
    readonly changed_at: string;
    readonly changed_by: string;
  };
  readonly FlowVersions: {
    readonly current: number | null;
    readonly versions: readonly {
      readonly number: number;
      readonly published_at: string;
      readonly published_by: string;
    }[];
  };
  readonly FlowDiff: {
    readonly from: string;
    readonly to: string;
    readonly changes: readonly {
      readonly kind: "added" | "removed" | "changed";
      readonly path: readonly string[];
      readonly before: unknown;
      readonly after: unknown;
      readonly message: string;
    }[];
    readonly outcomes: Models["FlowOutcomes"] | null;
  };
  readonly FlowOutcomes: {
    /** Random calls played through both flows */
    readonly calls: number;
    /** Calls with a different outcome */
    readonly changed: number;
    readonly outcomes: readonly {
      /** What changes, and for whom */
      readonly message: string;
      readonly calls: number;
      /** One of these calls, before the change */
      readonly before: string;
      /** The same call, after the change */
      readonly after: string;
      /** That call, as `plugboard simulate` takes it */
      readonly scenario: {
        readonly [name: string]: unknown;
      };
    }[];
  };
  /** One line; the last line is the summary, or says why there is none */
  readonly BacktestLine:
    | {
        readonly type: "progress";
        readonly calls: number;
        readonly of: number;
      }
    | Models["BacktestCall"]
    | Models["BacktestSummary"]
    | {
        readonly type: "failed";
        readonly detail: string;
      };
  readonly BacktestCall: {
    readonly type: "call";
    readonly call_sid: string;
    readonly verdict: "changed" | "unknown" | "not_reproducible";
    /** Follows "callers who"; empty if the call could not be replayed */
    readonly was: string;
    /** Follows "would"; null unless the outcome would change */
    readonly would: string | null;
    /** Follows "the draft"; for a call that could not be replayed, the reason alone */
    readonly reason: string | null;
    /** How the outcomes differ, the most important first */
    readonly aspects: readonly string[];
    /** What had to be assumed; null if nothing */
    readonly assumed: string | null;
    /** The call's path through its own version */
    readonly before: string;
    /** The call's path through the draft */
    readonly after: string;
    readonly traces?: {
      readonly before: readonly {
        readonly seq: number;
        readonly at_ms: number;
        readonly type: string;
        readonly [name: string]: unknown;
      }[];
      readonly after: readonly {
        readonly seq: number;
        readonly at_ms: number;
        readonly type: string;
        readonly [name: string]: unknown;
      }[];
    };
  };
  readonly BacktestSummary: {
    readonly type: "summary";
    readonly calls: number;
    readonly same: number;
    readonly changed: number;
    readonly unknown: number;
    readonly not_reproducible: number;
    readonly groups: readonly {
      readonly verdict: "changed" | "unknown" | "not_reproducible";
      readonly message: string;
      readonly calls: number;
      readonly examples: readonly string[];
    }[];
  };
  readonly DraftTest: {
    /** For `If-Match` */
    readonly draft: string;
    /** The version that calls use now */
    readonly published: number | null;
    readonly publishable: boolean;
    readonly findings: readonly Models["FlowFinding"][];
    /** Recorded calls; null if the draft is not publishable */
    readonly backtest: Models["BacktestSummary"] | null;
    /** Random calls; null if the draft is not publishable or is the first version */
    readonly comparison: Models["FlowOutcomes"] | null;
    /** For an hour `POST …/publish` publishes exactly this draft with it; null if the draft is not publishable */
    readonly ticket: string | null;
  };
  readonly ExotelCall: {
    readonly Sid: string;
    readonly ParentCallSid: string | null;
    /** `2024-09-03 11:44:54`, in the account's time zone */
    readonly DateCreated: string;
    /** `2024-09-03 11:44:54`, in the account's time zone */
    readonly DateUpdated: string;
    readonly AccountSid: string;
    /** A number in the account's form, `anonymous`, or `sip:user` */
    readonly To: string;
    /** A number in the account's form, `anonymous`, or `sip:user` */
    readonly From: string;
    /** The ExoPhone */
    readonly PhoneNumberSid: string;
    /** An accepted incoming call is `completed` even if nobody answered: see `Leg2Status` (API-4) */
    readonly Status: "queued" | "in-progress" | "completed" | "failed" | "busy" | "no-answer";
    readonly StartTime: string | null;
    readonly EndTime: string | null;
    /** Seconds; null while it lasts */
    readonly Duration: number | null;
    readonly Price: number | null;
    readonly Direction: "inbound" | "outbound-api" | "outbound-dial";
    readonly AnsweredBy: string | null;
    readonly ForwardedFrom: string | null;
    readonly CallerName: string | null;
    readonly Uri: string;
    /** Opens with a key, and until it expires also without one */
    readonly RecordingUrl: string | null;
    readonly Details?: Models["CallDetails"];
  };
  readonly CallDetails: {
    readonly ConversationDuration: number;
    readonly Leg1Status: "in-progress" | "completed" | "busy" | "no-answer" | "failed" | "canceled";
    /** The deciding leg's status: the conversation's leg, or else the last one; null: nobody was dialled */
    readonly Leg2Status: "in-progress" | "completed" | "busy" | "no-answer" | "failed" | "canceled" | null;
    /** Leg 1 and the deciding leg */
    readonly Legs: readonly {
      readonly Leg: {
        readonly Id: number;
        readonly OnCallDuration: number;
      };
    }[];
  };
  /** Exotel's form of errors; XML has it inside `TwilioResponse` */
  readonly RestException: {
    readonly RestException: {
      readonly Status: number;
      readonly Message: string;
    };
  };
  readonly CallLeg: {
    readonly Id: number;
    /** A number in the account's form, `anonymous`, or `sip:user` */
    readonly Number: string;
    readonly Status: "in-progress" | "completed" | "busy" | "no-answer" | "failed" | "canceled";
    /** Seconds from its answer to its end */
    readonly OnCallDuration: number;
    /** Seconds from its first ringing to its answer or end */
    readonly RingingDuration: number;
    readonly AnsweredBy: string | null;
    readonly Cause: number | null;
    readonly CauseCode: string | null;
  };
  readonly ExotelNumber: {
    /** Sid of the number; stays the same while the account has it */
    readonly Sid: string;
    readonly AccountSid: string;
    /** A number in the account's form, `anonymous`, or `sip:user` */
    readonly PhoneNumber: string;
    /** Its name, or the number if it has none */
    readonly FriendlyName: string;
    /** The flow that takes its calls */
    readonly VoiceUrl: string | null;
    readonly SMSUrl: null;
    readonly Capabilities: {
      readonly Voice: boolean;
      readonly SMS: boolean;
    };
    readonly Country: string | null;
    readonly Region: string | null;
    readonly Uri: string;
  };
  readonly ConnectCall: {
    /** The number that is called first */
    readonly From: string;
    /** The ExoPhone that both see */
    readonly CallerId: string;
    /** `http://<any host>/{sid}/exoml/start_voice/{flow_id}`: into this flow (API-1) */
    readonly Url?: string;
    /** The second number, instead of `Url` (API-2) */
    readonly To?: string;
    /** Seconds from the answer of leg 1 */
    readonly TimeLimit?: number;
    /** Seconds that each leg may ring; 30 */
    readonly TimeOut?: number;
    /** Sent with every later request (REQ-26) */
    readonly CustomField?: string;
    /** A URL that is notified about the call by POST (API-6) */
    readonly StatusCallback?: string;
    /** Default: `terminal` */
    readonly StatusCallbackEvents?: readonly ("terminal" | "answered" | "ringing")[];
    readonly StatusCallbackContentType?: "multipart/form-data" | "application/json";
    /** When connecting two numbers: record the conversation */
    readonly Record?: "true" | "false";
    readonly RecordingChannels?: "single" | "dual";
    /** What leg 1 hears while leg 2 rings */
    readonly WaitUrl?: string;
    readonly StartPlaybackToNew?: "Callee" | "Both";
    /** A URL or a text, played before the two are connected */
    readonly StartPlaybackValueNew?: string;
    readonly [name: string]: unknown;
  };
  readonly IncomingPhoneNumber: {
    readonly sid: string;
    /** E.164 */
    readonly phone_number: string;
    readonly friendly_name: string;
    readonly capabilities: {
      readonly voice: boolean;
      readonly sms: boolean;
    };
    readonly country: string | null;
    readonly region: string | null;
    readonly voice_url: string | null;
    readonly sms_url: null;
  };
}

/** Options of one request. */
export interface CallOptions {
  readonly signal?: AbortSignal;
}

/** Every operation of the API. `account` defaults to the client's own. */
export interface PlugboardApi {
  readonly openapi: {
    /** This document */
    get(input?: {}, options?: CallOptions): Promise<unknown>;
  };
  readonly health: {
    /** Whether calls can be taken */
    alive(
      input?: {},
      options?: CallOptions,
    ): Promise<{
      readonly status: "ok";
      readonly live_calls: number;
    }>;
    /** Whether calls can be taken, the database answers, and nothing is about to keep calls from being taken */
    ready(
      input?: {},
      options?: CallOptions,
    ): Promise<{
      readonly status: "ok";
    }>;
    /** Measurements, for Prometheus */
    metrics(input?: {}, options?: CallOptions): Promise<string>;
  };
  readonly asyncapi: {
    /** Every event that the platform sends, as an AsyncAPI 3.0 document */
    get(input?: {}, options?: CallOptions): Promise<unknown>;
  };
  readonly session: {
    /** Signs in */
    begin(
      input: {
        readonly body: {
          /** Absent: a member of the platform */
          readonly account?: string | null;
          readonly login: string;
          readonly password: string;
          /** From the authenticator, or a recovery code */
          readonly code?: string | null;
        };
      },
      options?: CallOptions,
    ): Promise<Models["Member"]>;
    /** Who is signed in */
    get(input?: {}, options?: CallOptions): Promise<Models["Member"]>;
    /** Signs out */
    end(
      input?: {},
      options?: CallOptions,
    ): Promise<{
      readonly signed_out: true;
    }>;
    /** Signs the first administrator in with the link that the first start has printed; it works once, for 15 minutes */
    beginByLink(
      input: {
        readonly body: {
          /** What follows the # of the link */
          readonly token: string;
        };
      },
      options?: CallOptions,
    ): Promise<Models["Member"]>;
    /** The accounts that the member may see */
    accounts(
      input?: {},
      options?: CallOptions,
    ): Promise<{
      readonly accounts: readonly {
        readonly sid: string;
        readonly timezone: string;
        readonly country: string;
      }[];
    }>;
    /** Changes one's own password and ends one's other sessions */
    changePassword(
      input: {
        readonly body: {
          /** Not needed in a session that began with the link of the first start */
          readonly password?: string;
          readonly new_password: string;
        };
      },
      options?: CallOptions,
    ): Promise<Models["Member"]>;
    /** A secret for an authenticator; it takes effect once a code has confirmed it */
    beginTotp(
      input: {
        readonly body: {
          readonly password: string;
        };
      },
      options?: CallOptions,
    ): Promise<{
      readonly secret: string;
      readonly uri: string;
    }>;
    /** Ends one-time codes */
    endTotp(
      input: {
        readonly body: {
          readonly password: string;
        };
      },
      options?: CallOptions,
    ): Promise<Models["Member"]>;
    /** Confirms the secret: from now on sign-in needs a code */
    confirmTotp(
      input: {
        readonly body: {
          readonly code: string;
        };
      },
      options?: CallOptions,
    ): Promise<{
      /** Shown only this once; each works once */
      readonly recovery_codes: readonly string[];
    }>;
  };
  readonly platform: {
    /** People who sign in for the platform, with all its accounts */
    listMembers(
      input?: {},
      options?: CallOptions,
    ): Promise<{
      readonly members: readonly Models["Member"][];
    }>;
    /** Adds a person who signs in for the platform, with all its accounts */
    addMember(
      input: {
        readonly body: {
          readonly login: string;
          readonly role: "viewer" | "operator" | "admin";
        };
      },
      options?: CallOptions,
    ): Promise<Models["MadeMember"]>;
    /** Changes a member's role */
    changeMember(
      input: {
        readonly id: string;
        readonly body: {
          readonly role: "viewer" | "operator" | "admin";
        };
      },
      options?: CallOptions,
    ): Promise<Models["Member"]>;
    /** Removes a member and ends their sessions */
    removeMember(
      input: {
        readonly id: string;
      },
      options?: CallOptions,
    ): Promise<Models["Member"]>;
    /** After a lost password or phone: a new password, no one-time codes, no sessions */
    resetMember(
      input: {
        readonly id: string;
      },
      options?: CallOptions,
    ): Promise<Models["MadeMember"]>;
    /** Who changed what on the platform, newest first */
    listAudit(
      input?: {
        readonly limit?: number;
        /** The `next` of the previous page */
        readonly before?: string;
      },
      options?: CallOptions,
    ): Promise<{
      readonly entries: readonly Models["AuditEntry"][];
      readonly next: string | null;
    }>;
  };
  readonly workspace: {
    /** The whole configuration as a workspace file, without secrets */
    export(
      input?: {
        /** Only this account; its key is enough */
        readonly account?: string;
      },
      options?: CallOptions,
    ): Promise<Models["ExportedWorkspace"]>;
    /** Makes these accounts exactly what the workspace says, in one change */
    apply(
      input: {
        /** Only says what would change */
        readonly dry_run?: "" | "true" | "false";
        readonly body: {
          readonly workspace: {
            readonly accounts: readonly unknown[];
            readonly flows?: readonly unknown[];
          };
          readonly source?: {
            readonly accounts: readonly unknown[];
            readonly flows?: readonly unknown[];
          } | null;
          readonly based_on?: number | null;
          readonly prune?: boolean;
        };
      },
      options?: CallOptions,
    ): Promise<Models["AppliedWorkspace"]>;
  };
  readonly calls: {
    /** Calls, newest first */
    list(
      input?: {
        readonly account?: string;
        readonly limit?: number;
        /** The `next` of the previous page */
        readonly before?: string;
        readonly status?: "live" | "completed" | "failed" | "busy" | "no-answer";
        readonly from?: string;
        readonly to?: string;
        /** On either side */
        readonly number?: string;
        readonly direction?: "incoming" | "outbound-dial";
        readonly dial_call_status?: "completed" | "busy" | "no-answer" | "failed" | "canceled";
        /** Refused, or meant to be connected but without a conversation */
        readonly failed?: "true";
        /** With a recording */
        readonly recorded?: "true";
        /** An exit that the call's flow has taken */
        readonly exit?: string;
        /** Why one of the destinations that were dialled did not answer, such as `USER_BUSY` */
        readonly cause?: string;
        /** A URL that was requested */
        readonly url?: string;
        /** A request had no usable answer; with `url`: one to that URL */
        readonly url_failed?: "true";
        /** A request took at least this long; with `url`: one to that URL */
        readonly min_url_ms?: number;
        readonly started_from?: string;
        readonly started_to?: string;
        /** Seconds, of calls that have ended */
        readonly min_duration?: number;
        /** Seconds, of calls that have ended */
        readonly max_duration?: number;
      },
      options?: CallOptions,
    ): Promise<Models["CallList"]>;
    /** One call with its trace, live or ended */
    get(
      input: {
        readonly account?: string;
        readonly callSid: string;
      },
      options?: CallOptions,
    ): Promise<Models["Call"]>;
    /** Permanently erases a call with its trace, deliveries and recordings */
    erase(
      input: {
        readonly account?: string;
        readonly callSid: string;
      },
      options?: CallOptions,
    ): Promise<Models["Erased"]>;
    /** Hangs up a call */
    hangUp(
      input: {
        readonly account?: string;
        readonly callSid: string;
      },
      options?: CallOptions,
    ): Promise<{
      readonly call_sid: string;
    }>;
    /** Call detail records as a file, oldest first: CSV, JSON lines or Parquet. Only calls that have ended. If the export can't be finished, the connection is closed before the end of the file. */
    export(
      input?: {
        readonly account?: string;
        readonly format?: "csv" | "ndjson" | "parquet";
        readonly status?: "completed" | "failed" | "busy" | "no-answer";
        readonly from?: string;
        readonly to?: string;
        /** On either side */
        readonly number?: string;
        readonly direction?: "incoming" | "outbound-dial";
        readonly dial_call_status?: "completed" | "busy" | "no-answer" | "failed" | "canceled";
        /** Refused, or meant to be connected but without a conversation */
        readonly failed?: "true";
        /** With a recording */
        readonly recorded?: "true";
        /** An exit that the call's flow has taken */
        readonly exit?: string;
        /** Why one of the destinations that were dialled did not answer, such as `USER_BUSY` */
        readonly cause?: string;
        /** A URL that was requested */
        readonly url?: string;
        /** A request had no usable answer; with `url`: one to that URL */
        readonly url_failed?: "true";
        /** A request took at least this long; with `url`: one to that URL */
        readonly min_url_ms?: number;
        readonly started_from?: string;
        readonly started_to?: string;
        /** Seconds, of calls that have ended */
        readonly min_duration?: number;
        /** Seconds, of calls that have ended */
        readonly max_duration?: number;
      },
      options?: CallOptions,
    ): Promise<Response>;
    /** Live calls, newest first: who rings, who talks, where in the flow. The newest 500 on the node that answers, from its memory. The events of the account say when something changes. */
    live(
      input?: {
        readonly account?: string;
      },
      options?: CallOptions,
    ): Promise<Models["LiveCalls"]>;
    /** Which actions are possible on the call now */
    actions(
      input: {
        readonly account?: string;
        readonly callSid: string;
      },
      options?: CallOptions,
    ): Promise<{
      readonly actions: readonly {
        readonly action:
          | "hang_up"
          | "redirect"
          | "start_recording"
          | "stop_recording"
          | "pause_recording"
          | "resume_recording"
          | "send_digits"
          | "play";
        readonly does: string;
        /** Why it is not possible now; null: it is */
        readonly refusal: string | null;
      }[];
    }>;
    /** redirect: sends the caller to another applet or flow, and hangs up the other legs */
    redirect(
      input: {
        readonly account?: string;
        readonly callSid: string;
        readonly body: {
          /** Default: where the flow starts */
          readonly applet?: string;
          /** Default: the flow the call is in */
          readonly flow?: string;
        };
      },
      options?: CallOptions,
    ): Promise<{
      readonly call_sid: string;
    }>;
    /** start_recording: records the conversation until it ends */
    startRecording(
      input: {
        readonly account?: string;
        readonly callSid: string;
        readonly body?: {
          readonly channels?: "single" | "dual";
        } | null;
      },
      options?: CallOptions,
    ): Promise<{
      readonly call_sid: string;
    }>;
    /** stop_recording: closes the recording; its file is kept */
    stopRecording(
      input: {
        readonly account?: string;
        readonly callSid: string;
      },
      options?: CallOptions,
    ): Promise<{
      readonly call_sid: string;
    }>;
    /** pause_recording: records silence until the recording is resumed */
    pauseRecording(
      input: {
        readonly account?: string;
        readonly callSid: string;
      },
      options?: CallOptions,
    ): Promise<{
      readonly call_sid: string;
    }>;
    /** resume_recording: records what is said from now on */
    resumeRecording(
      input: {
        readonly account?: string;
        readonly callSid: string;
      },
      options?: CallOptions,
    ): Promise<{
      readonly call_sid: string;
    }>;
    /** send_digits: sends digits to the caller, or, in a conversation, to the callee */
    sendDigits(
      input: {
        readonly account?: string;
        readonly callSid: string;
        readonly body: {
          readonly digits: string;
          /** Who gets them, as if the other party had pressed them */
          readonly to?: "caller" | "callee";
        };
      },
      options?: CallOptions,
    ): Promise<{
      readonly call_sid: string;
    }>;
    /** play: plays a sound or a text to either party, or both, instead of the other's voice */
    play(
      input: {
        readonly account?: string;
        readonly callSid: string;
        readonly body: {
          readonly url?: string;
          readonly text?: string;
          readonly to?: "caller" | "callee" | "both";
        };
      },
      options?: CallOptions,
    ): Promise<{
      readonly call_sid: string;
    }>;
    /** What decided the outcome of a call, in one paragraph with its evidence */
    why(
      input: {
        readonly account?: string;
        readonly callSid: string;
      },
      options?: CallOptions,
    ): Promise<Models["CallExplanation"]>;
    /** Calls per hour or day, answer rate, time to answer, failures by cause and by URL, time your URLs took. Calls that have ended, by when they began. */
    statistics(
      input?: {
        readonly account?: string;
        /** The step that this is in is the first one. Default: a day before `until` */
        readonly since?: string;
        /** Default: now */
        readonly until?: string;
        readonly step?: "hour" | "day";
      },
      options?: CallOptions,
    ): Promise<Models["CallStatistics"]>;
    /** Plays one call in virtual time, as `plugboard simulate` does: nobody is called and no URL is requested */
    simulate(
      input: {
        readonly account?: string;
        readonly body: {
          /** A scenario (docs/testing.md). `flow` is the document, or the id of a flow of the account: `11754` (published), `11754@draft`, `11754@3` */
          readonly scenario: {
            readonly flow?: unknown;
            readonly play_refused_flow?: boolean;
            readonly account?: {
              readonly sid?: string;
              readonly tenant_id?: number | string;
              readonly country?: string;
              readonly timezone?: string;
              readonly language?: string;
              readonly number_format?: "national" | "e164";
              readonly wire?: "documented" | "observed";
              readonly dial_events?: readonly ("dial" | "ringing" | "answered" | "terminal")[];
              readonly sip_hosts?: readonly string[];
              readonly groups?: readonly {
                readonly name: string;
                readonly users: readonly string[];
                readonly order?: readonly string[];
              }[];
              readonly limits?: {
                readonly dial_prefixes?: readonly string[];
              };
              readonly exophones?: readonly (
                | {
                    readonly number: string;
                    readonly region?: string | null;
                    readonly trunk?: string | null;
                    readonly reaches?: readonly string[];
                  }
                | string
              )[];
              readonly users?: readonly {
                readonly name: string;
                readonly number?: string | null;
                readonly email?: string | null;
              }[];
            };
            readonly call?: {
              readonly from?: string;
              readonly to?: string;
              readonly direction?: "incoming" | "outbound-dial";
              readonly custom_field?: string | null;
              readonly dial_to?: string;
              readonly time_limit?: number;
              readonly time_out?: number;
              readonly record?: boolean;
              readonly recording_channels?: "single" | "dual";
              readonly wait_url?: string;
              readonly start_playback?: {
                readonly to?: "callee" | "both";
                readonly type?: "text" | "audio_url";
                readonly value: string;
              };
              readonly status_callback?: {
                readonly url: string;
                readonly events?: readonly ("ringing" | "answered" | "terminal")[];
                readonly form?: "multipart" | "json";
              };
            };
            readonly start?: string;
            readonly urls?: {
              readonly [name: string]: readonly {
                readonly after_ms?: number;
                readonly status?: number;
                readonly headers?: {
                  readonly [name: string]: string | null;
                };
                readonly json?: unknown;
                readonly text?: string;
                readonly error?: "timeout" | "refused" | "dns" | "tls";
              }[];
            };
            readonly phones?: {
              readonly [name: string]: readonly {
                readonly ring_after_ms?: number;
                readonly early_media_after_ms?: number;
                readonly answer_after_ms?: number;
                readonly talk_ms?: number;
                readonly hang_up_after_ms?: number;
                readonly busy_after_ms?: number;
                readonly reject_after_ms?: number;
                readonly fail_after_ms?: number;
                readonly sip?: number;
                readonly q850?: number;
                readonly cancel_takes_ms?: number;
              }[];
            };
            readonly sounds?: {
              readonly [name: string]: number;
            };
            readonly caller?: {
              readonly hang_up_after_ms?: number;
              readonly presses?: readonly {
                readonly after_ms: number;
                readonly digits: string;
              }[];
              readonly silent_after_ms?: number;
            };
          };
          /** Decides the ids of the call; by default 1 */
          readonly seed?: number;
        };
      },
      options?: CallOptions,
    ): Promise<{
      readonly call: Models["SimulatedCall"];
    }>;
    /** Replays a call of the account in virtual time, with other answers of its URLs */
    whatIf(
      input: {
        readonly account?: string;
        readonly callSid: string;
        readonly body: {
          /** For each URL, without its query, what it answers instead, as in a scenario */
          readonly urls: {
            readonly [name: string]: readonly {
              readonly after_ms?: number;
              readonly status?: number;
              readonly headers?: {
                readonly [name: string]: string | null;
              };
              readonly json?: unknown;
              readonly text?: string;
              readonly error?: "timeout" | "refused" | "dns" | "tls";
            }[];
          };
          /** The state of its flow to play: by default `published`, if there is one; `recorded`: only the part that the call used */
          readonly flow?: string;
        };
      },
      options?: CallOptions,
    ): Promise<Models["WhatIf"]>;
  };
  readonly erasures: {
    /** Permanently erases every call in which a phone number appears */
    create(
      input: {
        readonly account?: string;
        readonly body: Models["ErasureOrder"];
      },
      options?: CallOptions,
    ): Promise<Models["Erased"]>;
  };
  readonly events: {
    /** The account's events: a page of JSON if only that is accepted, otherwise a stream */
    list(
      input?: {
        readonly account?: string;
        /** The last event seen; those after it follow. `Last-Event-ID` means the same */
        readonly after?: string;
        /** Events per page */
        readonly limit?: number;
      },
      options?: CallOptions,
    ): Promise<Models["EventPage"]>;
  };
  readonly outbox: {
    /** Deliveries to the account's servers that are pending, and those that were given up */
    list(
      input?: {
        readonly account?: string;
        readonly state?: "parked" | "waiting";
        /** The `next` of the previous page */
        readonly before?: string;
        readonly limit?: number;
      },
      options?: CallOptions,
    ): Promise<Models["Outbox"]>;
    /** Resends a delivery that was given up */
    replay(
      input: {
        readonly account?: string;
        readonly id: string;
      },
      options?: CallOptions,
    ): Promise<{
      readonly id: string;
    }>;
  };
  readonly account: {
    /** The most that the account could cost tonight, and why */
    exposure(
      input?: {
        readonly account?: string;
      },
      options?: CallOptions,
    ): Promise<Models["Exposure"]>;
    /** Prefixes that are expensive, and whether the account may dial them */
    closedPrefixes(
      input?: {
        readonly account?: string;
      },
      options?: CallOptions,
    ): Promise<{
      readonly prefixes: readonly {
        readonly prefix: string;
        readonly name: string;
        /** Prefixes of `limits.open_prefixes` that open all of it, or a part; empty: it is closed */
        readonly opened: readonly string[];
        /** Who says that it is expensive */
        readonly source: string;
      }[];
    }>;
    /** Sends a URL every kind of request that the platform would send, and judges its answers, as `plugboard check` does */
    checkUrl(
      input: {
        readonly account?: string;
        readonly body: {
          readonly url: string;
          /** The Fallback URL of a Connect or Gather, checked too */
          readonly fallback?: string;
          /** What the URL is for; by default `connect` */
          readonly as?: "connect" | "dial-whom" | "gather" | "passthru" | "greeting" | "event";
          /** The flow's `validation`; by default `strict` */
          readonly validation?: "strict" | "lenient";
          /** Additional first requests; by default 3 */
          readonly runs?: number;
        };
      },
      options?: CallOptions,
    ): Promise<Models["UrlCheckReport"]>;
  };
  readonly keys: {
    /** Keys of the account, newest first, without their tokens */
    list(
      input?: {
        readonly account?: string;
      },
      options?: CallOptions,
    ): Promise<{
      readonly keys: readonly Models["ApiKey"][];
    }>;
    /** Makes a key */
    create(
      input: {
        readonly account?: string;
        readonly body: Models["NewApiKey"];
      },
      options?: CallOptions,
    ): Promise<Models["MadeApiKey"]>;
    /** Revokes a key, at once and permanently */
    revoke(
      input: {
        readonly account?: string;
        /** Id of the key */
        readonly key: string;
      },
      options?: CallOptions,
    ): Promise<Models["ApiKey"]>;
  };
  readonly members: {
    /** People who sign in for the account */
    list(
      input?: {
        readonly account?: string;
      },
      options?: CallOptions,
    ): Promise<{
      readonly members: readonly Models["Member"][];
    }>;
    /** Adds a person who signs in for the account */
    add(
      input: {
        readonly account?: string;
        readonly body: {
          readonly login: string;
          readonly role: "viewer" | "operator" | "admin";
        };
      },
      options?: CallOptions,
    ): Promise<Models["MadeMember"]>;
    /** Changes a member's role */
    change(
      input: {
        readonly account?: string;
        readonly id: string;
        readonly body: {
          readonly role: "viewer" | "operator" | "admin";
        };
      },
      options?: CallOptions,
    ): Promise<Models["Member"]>;
    /** Removes a member and ends their sessions */
    remove(
      input: {
        readonly account?: string;
        readonly id: string;
      },
      options?: CallOptions,
    ): Promise<Models["Member"]>;
    /** After a lost password or phone: a new password, no one-time codes, no sessions */
    reset(
      input: {
        readonly account?: string;
        readonly id: string;
      },
      options?: CallOptions,
    ): Promise<Models["MadeMember"]>;
  };
  readonly mcp: {
    /** The Model Context Protocol over Streamable HTTP, for AI assistants: see docs/mcp.md */
    send(
      input: {
        readonly account?: string;
        /** Callers' numbers are masked unless this is `shown` */
        readonly numbers?: "shown";
        /** JSON-RPC 2.0 */
        readonly body:
          | {
              readonly [name: string]: unknown;
            }
          | readonly unknown[];
      },
      options?: CallOptions,
    ): Promise<unknown>;
  };
  readonly audit: {
    /** Who changed what in the account, newest first */
    list(
      input?: {
        readonly account?: string;
        readonly limit?: number;
        /** The `next` of the previous page */
        readonly before?: string;
      },
      options?: CallOptions,
    ): Promise<{
      readonly entries: readonly Models["AuditEntry"][];
      readonly next: string | null;
    }>;
  };
  readonly trunks: {
    /** The account's trunks, with their ETags */
    list(
      input?: {
        readonly account?: string;
      },
      options?: CallOptions,
    ): Promise<{
      readonly trunks: readonly Models["ConfiguredEntry"][];
    }>;
    /** One trunk, without secrets */
    get(
      input: {
        readonly account?: string;
        /** Its name; for an ExoPhone, the number */
        readonly name: string;
      },
      options?: CallOptions,
    ): Promise<Models["Document"]>;
    /** Creates or changes one trunk; takes effect with the next call */
    put(
      input: {
        readonly account?: string;
        /** Its name; for an ExoPhone, the number */
        readonly name: string;
        /** The ETag of what is replaced, or `*` for whatever is there */
        readonly ifMatch?: string;
        /** `*`: only if it does not exist yet */
        readonly ifNoneMatch?: "*";
        readonly body: {
          /** Name of the trunk; ExoPhones refer to it. */
          readonly name?: string;
          /** Where outbound calls go: `host` or `host:port`. Without a port, SRV records are looked up (RFC 3263). */
          readonly address: string;
          /** Protocol of outbound calls. */
          readonly transport?: "udp" | "tcp";
          /** IP addresses and subnets that may send calls in. Any other address gets no answer and is listed as a refused source. */
          readonly accept_from?: readonly string[];
          /** User for digest authentication of outbound calls; `null`: a challenge ends the attempt. */
          readonly username?: string | null;
          /** Password for `username`; best written as `${NAME}`. */
          readonly password?: string | null;
          /** E.164 prefixes that this trunk reaches; empty: all. An outbound call uses a trunk that reaches its destination. */
          readonly reaches?: readonly string[];
          /** Of the trunks that reach a destination, the one with the lowest number is used; if several have it, first the trunk of the ExoPhone shown, then in the order of this list. */
          readonly priority?: number;
          /** Concurrent calls over this trunk, both directions together. When all channels are in use, outbound calls use the next trunk and inbound calls get 503; `null`: no limit. */
          readonly channels?: number | null;
          /** How the trunk wants numbers in the Request-URI, To and From: `+91…`, `91…` or `0…`. */
          readonly dial_format?: "e164" | "e164-no-plus" | "national";
          /** Where inbound calls carry the called number: the Request-URI, the To header or P-Called-Party-ID (RFC 7315). If that header is missing, the Request-URI counts. */
          readonly number_in?: "request-uri" | "to" | "p-called-party-id";
          /** Seconds that an outbound call waits for a first response before the next address or destination is tried. */
          readonly first_response_timeout?: number;
          /** `true`: requests within a call go to the address that the trunk's own requests came from, whatever its Contact says. */
          readonly nat?: boolean;
          /** `true`: audio is sent to where the trunk's audio comes from; `false`: always to the address in its session description. */
          readonly symmetric_rtp?: boolean;
          /** `true`: for an inbound call, no destination is dialled before the caller's ACK has arrived. */
          readonly wait_for_ack?: boolean;
        };
      },
      options?: CallOptions,
    ): Promise<Models["ConfigurationChanges"]>;
    /** Removes one trunk */
    delete(
      input: {
        readonly account?: string;
        /** Its name; for an ExoPhone, the number */
        readonly name: string;
        /** The ETag of what is replaced, or `*` for whatever is there */
        readonly ifMatch?: string;
        /** `*`: only if it does not exist yet */
        readonly ifNoneMatch?: "*";
      },
      options?: CallOptions,
    ): Promise<Models["ConfigurationChanges"]>;
  };
  readonly exophones: {
    /** The account's exophones, with their ETags */
    list(
      input?: {
        readonly account?: string;
      },
      options?: CallOptions,
    ): Promise<{
      readonly exophones: readonly Models["ConfiguredEntry"][];
    }>;
    /** One exophone, without secrets */
    get(
      input: {
        readonly account?: string;
        /** Its name; for an ExoPhone, the number */
        readonly name: string;
      },
      options?: CallOptions,
    ): Promise<Models["Document"]>;
    /** Creates or changes one exophone; takes effect with the next call */
    put(
      input: {
        readonly account?: string;
        /** Its name; for an ExoPhone, the number */
        readonly name: string;
        /** The ETag of what is replaced, or `*` for whatever is there */
        readonly ifMatch?: string;
        /** `*`: only if it does not exist yet */
        readonly ifNoneMatch?: "*";
        readonly body: {
          /** The number in E.164, such as `+918047100000`. */
          readonly number?: string;
          /** Id of the flow that takes its calls; `null`: they get 480. */
          readonly flow?: string | null;
          /** Name of the trunk it belongs to; `null`: the first trunk. */
          readonly trunk?: string | null;
          /** Telecom circle, such as `KA` (DIAL-6); `null`: unknown. */
          readonly region?: string | null;
          /** Name for people. */
          readonly name?: string;
        };
      },
      options?: CallOptions,
    ): Promise<Models["ConfigurationChanges"]>;
    /** Removes one exophone */
    delete(
      input: {
        readonly account?: string;
        /** Its name; for an ExoPhone, the number */
        readonly name: string;
        /** The ETag of what is replaced, or `*` for whatever is there */
        readonly ifMatch?: string;
        /** `*`: only if it does not exist yet */
        readonly ifNoneMatch?: "*";
      },
      options?: CallOptions,
    ): Promise<Models["ConfigurationChanges"]>;
  };
  readonly users: {
    /** The account's users, with their ETags */
    list(
      input?: {
        readonly account?: string;
      },
      options?: CallOptions,
    ): Promise<{
      readonly users: readonly Models["ConfiguredEntry"][];
    }>;
    /** One user, without secrets */
    get(
      input: {
        readonly account?: string;
        /** Its name; for an ExoPhone, the number */
        readonly name: string;
      },
      options?: CallOptions,
    ): Promise<Models["Document"]>;
    /** Creates or changes one user; takes effect with the next call */
    put(
      input: {
        readonly account?: string;
        /** Its name; for an ExoPhone, the number */
        readonly name: string;
        /** The ETag of what is replaced, or `*` for whatever is there */
        readonly ifMatch?: string;
        /** `*`: only if it does not exist yet */
        readonly ifNoneMatch?: "*";
        readonly body: {
          /** Dialled as `sip:<name>`. */
          readonly name?: string;
          /** The phone that rings for this user, in E.164. */
          readonly number?: string | null;
          /** `AgentEmail` of dial events (EVT-1). */
          readonly email?: string | null;
          /** Kept for the user's own SIP phone. */
          readonly password?: string | null;
        };
      },
      options?: CallOptions,
    ): Promise<Models["ConfigurationChanges"]>;
    /** Removes one user */
    delete(
      input: {
        readonly account?: string;
        /** Its name; for an ExoPhone, the number */
        readonly name: string;
        /** The ETag of what is replaced, or `*` for whatever is there */
        readonly ifMatch?: string;
        /** `*`: only if it does not exist yet */
        readonly ifNoneMatch?: "*";
      },
      options?: CallOptions,
    ): Promise<Models["ConfigurationChanges"]>;
  };
  readonly groups: {
    /** The account's groups, with their ETags */
    list(
      input?: {
        readonly account?: string;
      },
      options?: CallOptions,
    ): Promise<{
      readonly groups: readonly Models["ConfiguredEntry"][];
    }>;
    /** One group, without secrets */
    get(
      input: {
        readonly account?: string;
        /** Its name; for an ExoPhone, the number */
        readonly name: string;
      },
      options?: CallOptions,
    ): Promise<Models["Document"]>;
    /** Creates or changes one group; takes effect with the next call */
    put(
      input: {
        readonly account?: string;
        /** Its name; for an ExoPhone, the number */
        readonly name: string;
        /** The ETag of what is replaced, or `*` for whatever is there */
        readonly ifMatch?: string;
        /** `*`: only if it does not exist yet */
        readonly ifNoneMatch?: "*";
        readonly body: {
          readonly name?: string;
          readonly users: readonly string[];
          readonly order?: readonly string[];
        };
      },
      options?: CallOptions,
    ): Promise<Models["ConfigurationChanges"]>;
    /** Removes one group */
    delete(
      input: {
        readonly account?: string;
        /** Its name; for an ExoPhone, the number */
        readonly name: string;
        /** The ETag of what is replaced, or `*` for whatever is there */
        readonly ifMatch?: string;
        /** `*`: only if it does not exist yet */
        readonly ifNoneMatch?: "*";
      },
      options?: CallOptions,
    ): Promise<Models["ConfigurationChanges"]>;
  };
  readonly configuration: {
    /** Who changed what in the account and when, newest first */
    history(
      input?: {
        readonly account?: string;
        /** The `next` of the previous page */
        readonly before?: string;
      },
      options?: CallOptions,
    ): Promise<Models["ConfigurationHistory"]>;
  };
  readonly flows: {
    /** Flows with their published versions and drafts */
    list(
      input?: {
        readonly account?: string;
      },
      options?: CallOptions,
    ): Promise<Models["FlowList"]>;
    /** The published flow */
    get(
      input: {
        readonly account?: string;
        /** Id of the flow */
        readonly flow: string;
      },
      options?: CallOptions,
    ): Promise<Models["Document"]>;
    /** Removes a flow and its draft */
    delete(
      input: {
        readonly account?: string;
        /** Id of the flow */
        readonly flow: string;
        /** The ETag of what is replaced, or `*` for whatever is there */
        readonly ifMatch?: string;
        /** `*`: only if it does not exist yet */
        readonly ifNoneMatch?: "*";
      },
      options?: CallOptions,
    ): Promise<Models["ConfigurationChanges"]>;
    /** The draft */
    draft(
      input: {
        readonly account?: string;
        /** Id of the flow */
        readonly flow: string;
      },
      options?: CallOptions,
    ): Promise<Models["Document"]>;
    /** Saves a draft, even with mistakes */
    saveDraft(
      input: {
        readonly account?: string;
        /** Id of the flow */
        readonly flow: string;
        /** The ETag of what is replaced, or `*` for whatever is there */
        readonly ifMatch?: string;
        /** `*`: only if it does not exist yet */
        readonly ifNoneMatch?: "*";
        /** docs/flows.md; may have mistakes until it is published */
        readonly body: {
          readonly flow?: string | number;
          readonly name?: string;
          readonly start?: string;
          readonly [name: string]: unknown;
        };
      },
      options?: CallOptions,
    ): Promise<{
      readonly findings: readonly Models["FlowFinding"][];
    }>;
    /** Discards the draft */
    deleteDraft(
      input: {
        readonly account?: string;
        /** Id of the flow */
        readonly flow: string;
        /** The ETag of what is replaced, or `*` for whatever is there */
        readonly ifMatch?: string;
        /** `*`: only if it does not exist yet */
        readonly ifNoneMatch?: "*";
      },
      options?: CallOptions,
    ): Promise<Models["ConfigurationChanges"]>;
    /** Static verification of the body or, without one, the draft */
    validate(
      input: {
        readonly account?: string;
        /** Id of the flow */
        readonly flow: string;
        readonly body?: {
          readonly flow?: string | number;
          readonly name?: string;
          readonly start?: string;
          readonly [name: string]: unknown;
        } | null;
      },
      options?: CallOptions,
    ): Promise<{
      readonly publishable: boolean;
      readonly findings: readonly Models["FlowFinding"][];
    }>;
    /** Makes the draft the next version, which takes the next call */
    publish(
      input: {
        readonly account?: string;
        /** Id of the flow */
        readonly flow: string;
        /** The ETag of what is replaced, or `*` for whatever is there */
        readonly ifMatch?: string;
        /** `*`: only if it does not exist yet */
        readonly ifNoneMatch?: "*";
        readonly body?: {
          /** Of `POST …/draft/test`; needed without the scope `admin` */
          readonly ticket?: string;
        } | null;
      },
      options?: CallOptions,
    ): Promise<{
      readonly version: number | null;
      readonly name: string;
      /** For `If-Match` */
      readonly etag: string;
      readonly changed_at: string;
      readonly changed_by: string;
      readonly findings: readonly Models["FlowFinding"][];
    }>;
    /** Goes back to an earlier version, which takes the next call */
    rollBack(
      input: {
        readonly account?: string;
        /** Id of the flow */
        readonly flow: string;
        /** The ETag of what is replaced, or `*` for whatever is there */
        readonly ifMatch?: string;
        /** `*`: only if it does not exist yet */
        readonly ifNoneMatch?: "*";
        readonly body: {
          readonly version: number;
        };
      },
      options?: CallOptions,
    ): Promise<Models["PublishedFlow"]>;
    /** Published versions, newest first */
    versions(
      input: {
        readonly account?: string;
        /** Id of the flow */
        readonly flow: string;
      },
      options?: CallOptions,
    ): Promise<Models["FlowVersions"]>;
    /** A published version */
    version(
      input: {
        readonly account?: string;
        /** Id of the flow */
        readonly flow: string;
        readonly number: string;
      },
      options?: CallOptions,
    ): Promise<Models["Document"]>;
    /** Compares two states of a flow, in terms of the flow */
    diff(
      input: {
        readonly account?: string;
        /** Id of the flow */
        readonly flow: string;
        /** `published`, `draft` or the number of a version; default `published` */
        readonly from?: string;
        /** The same; default `draft` */
        readonly to?: string;
        /** `true`: also what changes for which callers, found by playing calls */
        readonly outcomes?: "true" | "false";
      },
      options?: CallOptions,
    ): Promise<Models["FlowDiff"]>;
    /** Plays recorded calls through a draft, and lists those that would end differently */
    backtest(
      input: {
        readonly account?: string;
        /** Id of the flow */
        readonly flow: string;
        readonly body?: {
          /** Only calls that began at this time or later; by default 30 days ago */
          readonly since?: string;
          /** Only calls that began before this time; by default now */
          readonly until?: string;
          /** The flow to test; by default the stored draft */
          readonly draft?: {
            readonly flow?: string | number;
            readonly name?: string;
            readonly start?: string;
            readonly [name: string]: unknown;
          };
          /** Only this call, whatever its time */
          readonly call?: string;
          /** Adds both traces, entry by entry, to each call */
          readonly traces?: boolean;
        } | null;
      },
      options?: CallOptions,
    ): Promise<Response>;
    /** Proves the draft, and plays recorded and random calls through it to show what publishing it would change */
    testDraft(
      input: {
        readonly account?: string;
        /** Id of the flow */
        readonly flow: string;
        readonly body?: {
          /** Only recorded calls that began at this time or later; by default 30 days ago */
          readonly since?: string;
        } | null;
      },
      options?: CallOptions,
    ): Promise<Models["DraftTest"]>;
  };
  readonly recordings: {
    /** A recording, or a range of it. 8 kHz, 16 bits; if there are two channels, the caller is left and the callee right. `Range: bytes=…` returns a part. */
    get(
      input: {
        readonly account?: string;
        /** The recording's id and `.wav` */
        readonly file: string;
        /** From a signed link */
        readonly expires?: string;
        /** From a signed link */
        readonly signature?: string;
      },
      options?: CallOptions,
    ): Promise<Response>;
  };
  readonly exotel: {
    /** Calls, newest first. A page is found relative to a call, not by a number, so that new calls don't shift it. Parameters not listed here are ignored, as Exotel does. */
    listCalls(
      input?: {
        /** Sid of the account */
        readonly account?: string;
        readonly Sid?: string;
        /** In the account's time zone: `gte:2026-01-05 00:00:00;lte:2026-01-05 23:59:59`, or one of the two */
        readonly DateCreated?: string;
        readonly From?: string;
        readonly To?: string;
        /** The ExoPhone */
        readonly PhoneNumber?: string;
        /** As in the `Status` of a call */
        readonly Status?: "queued" | "in-progress" | "completed" | "failed" | "busy" | "no-answer";
        readonly Direction?: "inbound" | "outbound-api" | "outbound-dial" | "incoming";
        /** For calls that have ended: `gte:10s;lte:45s`, `eq:30s` */
        readonly Duration?: string;
        readonly PageSize?: number;
        readonly SortBy?: "DateCreated:desc" | "DateCreated:asc" | "DateCreated";
        /** From `PrevPageUri`: the page before that call */
        readonly Before?: string;
        /** From `NextPageUri`: the page after that call */
        readonly After?: string;
      },
      options?: CallOptions,
    ): Promise<{
      readonly Metadata: {
        /** Calls that match; counted up to 100,000 */
        readonly Total: number | null;
        readonly PageSize: number;
        readonly FirstPageUri: string | null;
        readonly PrevPageUri: string | null;
        readonly NextPageUri: string | null;
      };
      readonly Calls: readonly Models["ExotelCall"][];
    }>;
    /** One call */
    getCall(
      input: {
        /** Sid of the account */
        readonly account?: string;
        /** Sid of the call */
        readonly callSid: string;
        /** `true`: with `Details` (API-4) */
        readonly details?: string;
      },
      options?: CallOptions,
    ): Promise<{
      readonly Call: Models["ExotelCall"];
    }>;
    /** The legs of a call */
    getLegs(
      input: {
        /** Sid of the account */
        readonly account?: string;
        /** Sid of the call */
        readonly callSid: string;
      },
      options?: CallOptions,
    ): Promise<{
      /** Every leg, in dialling order */
      readonly Legs: readonly {
        readonly Leg: Models["CallLeg"];
      }[];
    }>;
    /** Where the recording of a call can be fetched */
    getRecording(
      input: {
        /** Sid of the account */
        readonly account?: string;
        /** Sid of the call */
        readonly callSid: string;
      },
      options?: CallOptions,
    ): Promise<{
      readonly Recording: {
        readonly Sid: string;
        readonly CallSid: string;
        /** Seconds */
        readonly Duration: number;
        readonly Channels: "single" | "dual";
        readonly RecordingUrl: string;
      };
    }>;
    /** The numbers of the account */
    listNumbers(
      input?: {
        /** Sid of the account */
        readonly account?: string;
      },
      options?: CallOptions,
    ): Promise<{
      readonly IncomingPhoneNumbers: readonly {
        readonly IncomingPhoneNumber: Models["ExotelNumber"];
      }[];
    }>;
    /** One number */
    getNumber(
      input: {
        /** Sid of the account */
        readonly account?: string;
        /** Sid of the number, or the number itself */
        readonly numberSid: string;
      },
      options?: CallOptions,
    ): Promise<{
      readonly IncomingPhoneNumber: Models["ExotelNumber"];
    }>;
    /** Points a number at a flow, or names it */
    changeNumber(
      input: {
        /** Sid of the account */
        readonly account?: string;
        /** Sid of the number, or the number itself */
        readonly numberSid: string;
        readonly body?: {
          /** `http://<any host>/{sid}/exoml/start_voice/{flow_id}` */
          readonly VoiceUrl?: string;
          readonly FriendlyName?: string;
          readonly [name: string]: unknown;
        };
      },
      options?: CallOptions,
    ): Promise<{
      readonly IncomingPhoneNumber: Models["ExotelNumber"];
    }>;
    /** Calls a number, then connects it to a flow or to a second number */
    connect(
      input?: {
        /** Sid of the account */
        readonly account?: string;
        readonly body?: Models["ConnectCall"];
      },
      options?: CallOptions,
    ): Promise<{
      readonly Call: Models["ExotelCall"];
    }>;
  };
  readonly numbers: {
    /** The numbers of the account */
    list(
      input?: {
        /** Sid of the account */
        readonly account?: string;
        readonly Page?: number;
        readonly PageSize?: number;
      },
      options?: CallOptions,
    ): Promise<{
      readonly page: number;
      readonly page_size: number;
      readonly uri: string;
      readonly first_page_uri: string;
      readonly next_page_uri: string | null;
      readonly previous_page_uri: string | null;
      readonly incoming_phone_numbers: readonly Models["IncomingPhoneNumber"][];
    }>;
    /** One number */
    get(
      input: {
        /** Sid of the account */
        readonly account?: string;
        /** Sid of the number, or the number itself */
        readonly numberSid: string;
      },
      options?: CallOptions,
    ): Promise<Models["IncomingPhoneNumber"]>;
    /** Points a number at a flow, or names it */
    change(
      input: {
        /** Sid of the account */
        readonly account?: string;
        /** Sid of the number, or the number itself */
        readonly numberSid: string;
        readonly body?: {
          /** `http://<any host>/{sid}/exoml/start_voice/{flow_id}` */
          readonly VoiceUrl?: string;
          readonly FriendlyName?: string;
          readonly [name: string]: unknown;
        };
      },
      options?: CallOptions,
    ): Promise<Models["IncomingPhoneNumber"]>;
  };
}

/** How each operation is sent, and what it answers. */
export const OPERATIONS = {
  "openapi.get": { method: "GET", path: "/api/openapi.json", query: [], headers: {}, answer: "json" },
  "health.alive": { method: "GET", path: "/healthz", query: [], headers: {}, answer: "json" },
  "health.ready": { method: "GET", path: "/readyz", query: [], headers: {}, answer: "json" },
  "health.metrics": { method: "GET", path: "/metrics", query: [], headers: {}, answer: "text" },
  "asyncapi.get": { method: "GET", path: "/api/asyncapi.json", query: [], headers: {}, answer: "json" },
  "session.begin": { method: "POST", path: "/api/session", query: [], headers: {}, answer: "json" },
  "session.get": { method: "GET", path: "/api/session", query: [], headers: {}, answer: "json" },
  "session.end": { method: "DELETE", path: "/api/session", query: [], headers: {}, answer: "json" },
  "session.beginByLink": { method: "POST", path: "/api/session/link", query: [], headers: {}, answer: "json" },
  "session.accounts": { method: "GET", path: "/api/session/accounts", query: [], headers: {}, answer: "json" },
  "session.changePassword": { method: "PUT", path: "/api/session/password", query: [], headers: {}, answer: "json" },
  "session.beginTotp": { method: "POST", path: "/api/session/totp", query: [], headers: {}, answer: "json" },
  "session.endTotp": { method: "DELETE", path: "/api/session/totp", query: [], headers: {}, answer: "json" },
  "session.confirmTotp": { method: "POST", path: "/api/session/totp/confirm", query: [], headers: {}, answer: "json" },
  "platform.listMembers": { method: "GET", path: "/api/members", query: [], headers: {}, answer: "json" },
  "platform.addMember": { method: "POST", path: "/api/members", query: [], headers: {}, answer: "json" },
  "platform.changeMember": { method: "PATCH", path: "/api/members/{id}", query: [], headers: {}, answer: "json" },
  "platform.removeMember": { method: "DELETE", path: "/api/members/{id}", query: [], headers: {}, answer: "json" },
  "platform.resetMember": { method: "POST", path: "/api/members/{id}/reset", query: [], headers: {}, answer: "json" },
  "platform.listAudit": { method: "GET", path: "/api/audit", query: ["limit", "before"], headers: {}, answer: "json" },
  "workspace.export": { method: "GET", path: "/api/workspace", query: ["account"], headers: {}, answer: "json" },
  "workspace.apply": { method: "POST", path: "/api/workspace/apply", query: ["dry_run"], headers: {}, answer: "json" },
  "calls.list": {
    method: "GET",
    path: "/api/accounts/{account}/calls",
    query: [
      "limit",
      "before",
      "status",
      "from",
      "to",
      "number",
      "direction",
      "dial_call_status",
      "failed",
      "recorded",
      "exit",
      "cause",
      "url",
      "url_failed",
      "min_url_ms",
      "started_from",
      "started_to",
      "min_duration",
      "max_duration",
    ],
    headers: {},
    answer: "json",
  },
  "calls.get": {
    method: "GET",
    path: "/api/accounts/{account}/calls/{callSid}",
    query: [],
    headers: {},
    answer: "json",
  },
  "calls.erase": {
    method: "DELETE",
    path: "/api/accounts/{account}/calls/{callSid}",
    query: [],
    headers: {},
    answer: "json",
  },
  "calls.hangUp": {
    method: "POST",
    path: "/api/accounts/{account}/calls/{callSid}/hangup",
    query: [],
    headers: {},
    answer: "json",
  },
  "calls.export": {
    method: "GET",
    path: "/api/accounts/{account}/calls/export",
    query: [
      "format",
      "status",
      "from",
      "to",
      "number",
      "direction",
      "dial_call_status",
      "failed",
      "recorded",
      "exit",
      "cause",
      "url",
      "url_failed",
      "min_url_ms",
      "started_from",
      "started_to",
      "min_duration",
      "max_duration",
    ],
    headers: {},
    answer: "response",
  },
  "calls.live": { method: "GET", path: "/api/accounts/{account}/live-calls", query: [], headers: {}, answer: "json" },
  "erasures.create": {
    method: "POST",
    path: "/api/accounts/{account}/erasures",
    query: [],
    headers: {},
    answer: "json",
  },
  "calls.actions": {
    method: "GET",
    path: "/api/accounts/{account}/calls/{callSid}/actions",
    query: [],
    headers: {},
    answer: "json",
  },
  "calls.redirect": {
    method: "POST",
    path: "/api/accounts/{account}/calls/{callSid}/redirect",
    query: [],
    headers: {},
    answer: "json",
  },
  "calls.startRecording": {
    method: "POST",
    path: "/api/accounts/{account}/calls/{callSid}/recording/start",
    query: [],
    headers: {},
    answer: "json",
  },
  "calls.stopRecording": {
    method: "POST",
    path: "/api/accounts/{account}/calls/{callSid}/recording/stop",
    query: [],
    headers: {},
    answer: "json",
  },
  "calls.pauseRecording": {
    method: "POST",
    path: "/api/accounts/{account}/calls/{callSid}/recording/pause",
    query: [],
    headers: {},
    answer: "json",
  },
  "calls.resumeRecording": {
    method: "POST",
    path: "/api/accounts/{account}/calls/{callSid}/recording/resume",
    query: [],
    headers: {},
    answer: "json",
  },
  "calls.sendDigits": {
    method: "POST",
    path: "/api/accounts/{account}/calls/{callSid}/digits",
    query: [],
    headers: {},
    answer: "json",
  },
  "calls.play": {
    method: "POST",
    path: "/api/accounts/{account}/calls/{callSid}/play",
    query: [],
    headers: {},
    answer: "json",
  },
  "calls.why": {
    method: "GET",
    path: "/api/accounts/{account}/calls/{callSid}/why",
    query: [],
    headers: {},
    answer: "json",
  },
  "events.list": {
    method: "GET",
    path: "/api/accounts/{account}/events",
    query: ["after", "limit"],
    headers: {},
    answer: "json",
  },
  "outbox.list": {
    method: "GET",
    path: "/api/accounts/{account}/outbox",
    query: ["state", "before", "limit"],
    headers: {},
    answer: "json",
  },
  "outbox.replay": {
    method: "POST",
    path: "/api/accounts/{account}/outbox/{id}/replay",
    query: [],
    headers: {},
    answer: "json",
  },
  "account.exposure": {
    method: "GET",
    path: "/api/accounts/{account}/exposure",
    query: [],
    headers: {},
    answer: "json",
  },
  "account.closedPrefixes": {
    method: "GET",
    path: "/api/accounts/{account}/closed-prefixes",
    query: [],
    headers: {},
    answer: "json",
  },
  "calls.statistics": {
    method: "GET",
    path: "/api/accounts/{account}/statistics",
    query: ["since", "until", "step"],
    headers: {},
    answer: "json",
  },
  "calls.simulate": {
    method: "POST",
    path: "/api/accounts/{account}/simulate",
    query: [],
    headers: {},
    answer: "json",
  },
  "calls.whatIf": {
    method: "POST",
    path: "/api/accounts/{account}/calls/{callSid}/what-if",
    query: [],
    headers: {},
    answer: "json",
  },
  "account.checkUrl": { method: "POST", path: "/api/accounts/{account}/check", query: [], headers: {}, answer: "json" },
  "keys.list": { method: "GET", path: "/api/accounts/{account}/keys", query: [], headers: {}, answer: "json" },
  "keys.create": { method: "POST", path: "/api/accounts/{account}/keys", query: [], headers: {}, answer: "json" },
  "keys.revoke": {
    method: "DELETE",
    path: "/api/accounts/{account}/keys/{key}",
    query: [],
    headers: {},
    answer: "json",
  },
  "members.list": { method: "GET", path: "/api/accounts/{account}/members", query: [], headers: {}, answer: "json" },
  "members.add": { method: "POST", path: "/api/accounts/{account}/members", query: [], headers: {}, answer: "json" },
  "members.change": {
    method: "PATCH",
    path: "/api/accounts/{account}/members/{id}",
    query: [],
    headers: {},
    answer: "json",
  },
  "members.remove": {
    method: "DELETE",
    path: "/api/accounts/{account}/members/{id}",
    query: [],
    headers: {},
    answer: "json",
  },
  "members.reset": {
    method: "POST",
    path: "/api/accounts/{account}/members/{id}/reset",
    query: [],
    headers: {},
    answer: "json",
  },
  "mcp.send": { method: "POST", path: "/api/accounts/{account}/mcp", query: ["numbers"], headers: {}, answer: "json" },
  "audit.list": {
    method: "GET",
    path: "/api/accounts/{account}/audit",
    query: ["limit", "before"],
    headers: {},
    answer: "json",
  },
  "trunks.list": { method: "GET", path: "/api/accounts/{account}/trunks", query: [], headers: {}, answer: "json" },
  "trunks.get": {
    method: "GET",
    path: "/api/accounts/{account}/trunks/{name}",
    query: [],
    headers: {},
    answer: "json",
  },
  "trunks.put": {
    method: "PUT",
    path: "/api/accounts/{account}/trunks/{name}",
    query: [],
    headers: { "if-match": "ifMatch", "if-none-match": "ifNoneMatch" },
    answer: "json",
  },
  "trunks.delete": {
    method: "DELETE",
    path: "/api/accounts/{account}/trunks/{name}",
    query: [],
    headers: { "if-match": "ifMatch", "if-none-match": "ifNoneMatch" },
    answer: "json",
  },
  "exophones.list": {
    method: "GET",
    path: "/api/accounts/{account}/exophones",
    query: [],
    headers: {},
    answer: "json",
  },
  "exophones.get": {
    method: "GET",
    path: "/api/accounts/{account}/exophones/{name}",
    query: [],
    headers: {},
    answer: "json",
  },
  "exophones.put": {
    method: "PUT",
    path: "/api/accounts/{account}/exophones/{name}",
    query: [],
    headers: { "if-match": "ifMatch", "if-none-match": "ifNoneMatch" },
    answer: "json",
  },
  "exophones.delete": {
    method: "DELETE",
    path: "/api/accounts/{account}/exophones/{name}",
    query: [],
    headers: { "if-match": "ifMatch", "if-none-match": "ifNoneMatch" },
    answer: "json",
  },
  "users.list": { method: "GET", path: "/api/accounts/{account}/users", query: [], headers: {}, answer: "json" },
  "users.get": { method: "GET", path: "/api/accounts/{account}/users/{name}", query: [], headers: {}, answer: "json" },
  "users.put": {
    method: "PUT",
    path: "/api/accounts/{account}/users/{name}",
    query: [],
    headers: { "if-match": "ifMatch", "if-none-match": "ifNoneMatch" },
    answer: "json",
  },
  "users.delete": {
    method: "DELETE",
    path: "/api/accounts/{account}/users/{name}",
    query: [],
    headers: { "if-match": "ifMatch", "if-none-match": "ifNoneMatch" },
    answer: "json",
  },
  "groups.list": { method: "GET", path: "/api/accounts/{account}/groups", query: [], headers: {}, answer: "json" },
  "groups.get": {
    method: "GET",
    path: "/api/accounts/{account}/groups/{name}",
    query: [],
    headers: {},
    answer: "json",
  },
  "groups.put": {
    method: "PUT",
    path: "/api/accounts/{account}/groups/{name}",
    query: [],
    headers: { "if-match": "ifMatch", "if-none-match": "ifNoneMatch" },
    answer: "json",
  },
  "groups.delete": {
    method: "DELETE",
    path: "/api/accounts/{account}/groups/{name}",
    query: [],
    headers: { "if-match": "ifMatch", "if-none-match": "ifNoneMatch" },
    answer: "json",
  },
  "configuration.history": {
    method: "GET",
    path: "/api/accounts/{account}/changes",
    query: ["before"],
    headers: {},
    answer: "json",
  },
  "flows.list": { method: "GET", path: "/api/accounts/{account}/flows", query: [], headers: {}, answer: "json" },
  "flows.get": { method: "GET", path: "/api/accounts/{account}/flows/{flow}", query: [], headers: {}, answer: "json" },
  "flows.delete": {
    method: "DELETE",
    path: "/api/accounts/{account}/flows/{flow}",
    query: [],
    headers: { "if-match": "ifMatch", "if-none-match": "ifNoneMatch" },
    answer: "json",
  },
  "flows.draft": {
    method: "GET",
    path: "/api/accounts/{account}/flows/{flow}/draft",
    query: [],
    headers: {},
    answer: "json",
  },
  "flows.saveDraft": {
    method: "PUT",
    path: "/api/accounts/{account}/flows/{flow}/draft",
    query: [],
    headers: { "if-match": "ifMatch", "if-none-match": "ifNoneMatch" },
    answer: "json",
  },
  "flows.deleteDraft": {
    method: "DELETE",
    path: "/api/accounts/{account}/flows/{flow}/draft",
    query: [],
    headers: { "if-match": "ifMatch", "if-none-match": "ifNoneMatch" },
    answer: "json",
  },
  "flows.validate": {
    method: "POST",
    path: "/api/accounts/{account}/flows/{flow}/validate",
    query: [],
    headers: {},
    answer: "json",
  },
  "flows.publish": {
    method: "POST",
    path: "/api/accounts/{account}/flows/{flow}/publish",
    query: [],
    headers: { "if-match": "ifMatch", "if-none-match": "ifNoneMatch" },
    answer: "json",
  },
  "flows.rollBack": {
    method: "POST",
    path: "/api/accounts/{account}/flows/{flow}/rollback",
    query: [],
    headers: { "if-match": "ifMatch", "if-none-match": "ifNoneMatch" },
    answer: "json",
  },
  "flows.versions": {
    method: "GET",
    path: "/api/accounts/{account}/flows/{flow}/versions",
    query: [],
    headers: {},
    answer: "json",
  },
  "flows.version": {
    method: "GET",
    path: "/api/accounts/{account}/flows/{flow}/versions/{number}",
    query: [],
    headers: {},
    answer: "json",
  },
  "flows.diff": {
    method: "GET",
    path: "/api/accounts/{account}/flows/{flow}/diff",
    query: ["from", "to", "outcomes"],
    headers: {},
    answer: "json",
  },
  "flows.backtest": {
    method: "POST",
    path: "/api/accounts/{account}/flows/{flow}/backtest",
    query: [],
    headers: {},
    answer: "response",
  },
  "flows.testDraft": {
    method: "POST",
    path: "/api/accounts/{account}/flows/{flow}/draft/test",
    query: [],
    headers: {},
    answer: "json",
  },
  "recordings.get": {
    method: "GET",
    path: "/api/accounts/{account}/recordings/{file}",
    query: ["expires", "signature"],
    headers: {},
    answer: "response",
  },
  "exotel.listCalls": {
    method: "GET",
    path: "/v1/Accounts/{account}/Calls.json",
    query: [
      "Sid",
      "DateCreated",
      "From",
      "To",
      "PhoneNumber",
      "Status",
      "Direction",
      "Duration",
      "PageSize",
      "SortBy",
      "Before",
      "After",
    ],
    headers: {},
    answer: "json",
  },
  "exotel.getCall": {
    method: "GET",
    path: "/v1/Accounts/{account}/Calls/{callSid}.json",
    query: ["details"],
    headers: {},
    answer: "json",
  },
  "exotel.getLegs": {
    method: "GET",
    path: "/v1/Accounts/{account}/Calls/{callSid}/Legs.json",
    query: [],
    headers: {},
    answer: "json",
  },
  "exotel.getRecording": {
    method: "GET",
    path: "/v1/Accounts/{account}/Calls/{callSid}/Recording.json",
    query: [],
    headers: {},
    answer: "json",
  },
  "exotel.listNumbers": {
    method: "GET",
    path: "/v1/Accounts/{account}/IncomingPhoneNumbers.json",
    query: [],
    headers: {},
    answer: "json",
  },
  "exotel.getNumber": {
    method: "GET",
    path: "/v1/Accounts/{account}/IncomingPhoneNumbers/{numberSid}.json",
    query: [],
    headers: {},
    answer: "json",
  },
  "exotel.changeNumber": {
    method: "PUT",
    path: "/v1/Accounts/{account}/IncomingPhoneNumbers/{numberSid}.json",
    query: [],
    headers: {},
    answer: "json",
  },
  "exotel.connect": {
    method: "POST",
    path: "/v1/Accounts/{account}/Calls/connect.json",
    query: [],
    headers: {},
    answer: "json",
  },
  "numbers.list": {
    method: "GET",
    path: "/v2_beta/Accounts/{account}/IncomingPhoneNumbers",
    query: ["Page", "PageSize"],
    headers: {},
    answer: "json",
  },
  "numbers.get": {
    method: "GET",
    path: "/v2_beta/Accounts/{account}/IncomingPhoneNumbers/{numberSid}",
    query: [],
    headers: {},
    answer: "json",
  },
  "numbers.change": {
    method: "PUT",
    path: "/v2_beta/Accounts/{account}/IncomingPhoneNumbers/{numberSid}",
    query: [],
    headers: {},
    answer: "json",
  },
} as const;
