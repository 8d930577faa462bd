import { type AppletForm, dynamicUrlFields, type FormField, URL_MODE } from "../../call/applet.ts";

/** Modes in which the flow, not a URL of version 1.0, holds the parameters. */
const IN_FLOW = ["here", "group", "numbers_url", "listed"];

/** The builder's form for a Connect. What the URL's answer decides is not repeated here (RES-8, EXIT-6). */
export const connectForm: AppletForm = {
  title: "Connect",
  summary: "Asks your URL whom to ring, rings them, and puts the caller through.",
  modes: [
    { id: "group", label: "Ring a group", needs: "dial_whom.group", start: "" },
    { id: "numbers_url", label: "A URL names the numbers only", needs: "dial_whom.url", start: "" },
    { id: "listed", label: "Ring these numbers (Dial-Whom)", needs: "dial_whom.numbers", start: [] },
    URL_MODE,
    { id: "here", label: "Set everything here", needs: "parameters", start: { destination: { numbers: [] } } },
  ],
  fields: [
    ...dynamicUrlFields("connect", "JSON that names whom to dial", "We didn't dial anyone"),
    ...whom(),
    ...ringing(),
    ...conversation(),
    ...holdMusic(),
    ...startPlayback(),
  ],
  exits: {
    conversation_ended: { title: "After the call conversation ends" },
    nobody_answered: { title: "If nobody answers" },
    nobody_dialed: {
      title: "We didn't dial anyone",
      help: "If no applet is set here, the call goes on at “If nobody answers”.",
      fallsBackTo: "nobody_answered",
    },
  },
  sample: { type: "connect", url: { primary: "https://app.example/connect" }, exits: {} },
};

function whom(): readonly FormField[] {
  return [
    {
      path: "parameters.destination.numbers",
      label: "Numbers to ring",
      help: "One per line, rung in this order. An empty list rings nobody.",
      input: { kind: "numbers" },
      required: true,
      modes: ["here"],
    },
    {
      path: "dial_whom.numbers",
      label: "Numbers to ring",
      help: "One per line, rung in this order.",
      input: { kind: "numbers" },
      required: true,
      modes: ["listed"],
    },
    {
      path: "dial_whom.group",
      label: "Group",
      help: "A group of the account's users, rung in its order.",
      input: { kind: "group" },
      required: true,
      modes: ["group"],
    },
    {
      path: "dial_whom.url",
      label: "Dial-Whom URL",
      help: "The older way: answers plain text, one number or several separated by commas.",
      input: { kind: "url", use: "dial-whom" },
      required: true,
      modes: ["numbers_url"],
    },
  ];
}

function ringing(): readonly FormField[] {
  const common = { section: "Ringing", required: false, modes: IN_FLOW };
  return [
    {
      ...common,
      path: "parameters.max_ringing_duration",
      label: "Ring each for at most",
      help: "Then the next is rung.",
      input: { kind: "number", min: 1, max: 60, unit: "s", default: 30 },
    },
    {
      ...common,
      path: "parameters.parallel_ringing.activate",
      label: "Ring several at once",
      help: "The first to answer gets the call.",
      input: { kind: "boolean" },
    },
    {
      ...common,
      path: "parameters.parallel_ringing.max_parallel_attempts",
      label: "At once, at most",
      help: "If there are more numbers, the rest follow in further rounds.",
      input: { kind: "number", min: 1, max: 10, unit: "phones", default: 5 },
      onlyIf: { path: "parameters.parallel_ringing.activate", is: true },
    },
    {
      ...common,
      path: "parameters.outgoing_phone_number",
      label: "Outgoing number",
      help: "Shown to those who are rung. Otherwise the number that was called.",
      input: { kind: "exophone" },
    },
    {
      ...common,
      path: "parameters.fetch_after_attempt",
      label: "Ask again after each attempt",
      help: "The Dial-Whom URL is asked for new numbers after every unsuccessful attempt.",
      input: { kind: "boolean" },
      modes: ["numbers_url"],
    },
    {
      ...common,
      path: "parameters.dial_passthru_event_url",
      label: "Event URL",
      help: "Told when each attempt begins and ends; its answer is ignored.",
      input: { kind: "url", use: "event" },
    },
  ];
}

function conversation(): readonly FormField[] {
  const common = { section: "Conversation", required: false, modes: IN_FLOW };
  return [
    {
      ...common,
      path: "parameters.max_conversation_duration",
      label: "Longest conversation",
      help: "Then both are hung up.",
      input: { kind: "number", min: 1, max: 4500, unit: "s", default: 900 },
    },
    {
      ...common,
      path: "parameters.record",
      label: "Record the conversation",
      help: "From the moment both can talk.",
      input: { kind: "boolean" },
    },
    {
      ...common,
      path: "parameters.recording_channels",
      label: "Channels",
      help: "Two channels: the caller left, the callee right.",
      input: {
        kind: "choice",
        options: [
          { value: "single", label: "One, mixed" },
          { value: "dual", label: "Two" },
        ],
      },
      onlyIf: { path: "parameters.record", is: true },
    },
  ];
}

function holdMusic(): readonly FormField[] {
  const common = { section: "While it rings, the caller hears", required: false, modes: IN_FLOW };
  return [
    {
      ...common,
      path: "parameters.music_on_hold.type",
      label: "Hold music",
      help: "The tone of the dialled line may carry announcements of its operator.",
      input: {
        kind: "choice",
        options: [
          { value: "default_tone", label: "The platform's ringing tone" },
          { value: "operator_tone", label: "The tone of the dialled line" },
          { value: "custom_tone", label: "Audio from a URL" },
        ],
      },
    },
    {
      ...common,
      path: "parameters.music_on_hold.value",
      label: "Audio URL",
      help: "Played in a loop; best WAV, 8 kHz, 16 bit, mono.",
      input: { kind: "url" },
      required: true,
      onlyIf: { path: "parameters.music_on_hold.type", is: "custom_tone" },
    },
  ];
}

function startPlayback(): readonly FormField[] {
  const common = { section: "Before they can talk", required: false, modes: IN_FLOW };
  const none = "none";
  return [
    {
      ...common,
      path: "parameters.start_call_playback.type",
      label: "Play first",
      help: "Played when the callee answers, before the caller is put through.",
      input: {
        kind: "choice",
        default: none,
        options: [
          { value: none, label: "Nothing" },
          { value: "text", label: "A text" },
          { value: "audio_url", label: "Audio from a URL" },
        ],
      },
    },
    ...(["text", "audio_url"] as const).map((type): FormField => {
      return {
        ...common,
        path: "parameters.start_call_playback.value",
        label: type === "text" ? "Text" : "Audio URL",
        help: type === "text" ? "Spoken in the account's language." : "Best WAV, 8 kHz, 16 bit, mono.",
        input: { kind: type === "text" ? "long_text" : "url" },
        required: true,
        onlyIf: { path: "parameters.start_call_playback.type", is: type },
      };
    }),
    ...(["text", "audio_url"] as const).map((type): FormField => {
      return {
        ...common,
        path: "parameters.start_call_playback.playback_to",
        required: true,
        label: "To",
        help: "While only the callee hears it, the caller goes on hearing the hold music.",
        input: {
          kind: "choice",
          options: [
            { value: "callee", label: "The callee" },
            { value: "both", label: "Both" },
          ],
        },
        onlyIf: { path: "parameters.start_call_playback.type", is: type },
      };
    }),
  ];
}
