import type { Account } from "../../core/contract/account.ts";
import type { RequestFacts } from "../../core/contract/request.ts";
import type { AttemptEnding } from "./calls.ts";
import { afterConversation, ENDINGS, factsAfterAttempt, recordingUrl } from "./calls.ts";
import type { CheckTarget } from "./check-target.ts";
import { askWithDigits, digitRequests } from "./digits.ts";
import { NATIONAL_CALLER } from "./endpoint-state.ts";
import { EVENT_PROBES } from "./event-probes.ts";
import type { Exchanged } from "./exchange.ts";
import { answerOf, isReadable } from "./exchange.ts";
import type { Probe } from "./probe.ts";
import type { ProbeSession } from "./probe-session.ts";
import { ProbeEnds } from "./probe-session.ts";
import { isRefetched, MAX_FETCHES, refetchToTheEnd, whyNoRefetch } from "./refetch.ts";
import type { Role } from "./report.ts";
import { checkSounds } from "./sounds.ts";
import type { UrlKind } from "./url-kind.ts";

const BOTH: readonly Role[] = ["primary", "fallback"];
const PRIMARY: readonly Role[] = ["primary"];

/** Other legal requests, tried if the first gets no usable answer: the endpoint may need one of these to answer at all. */
const BASES: readonly { readonly name: string; readonly facts: (target: CheckTarget) => Partial<RequestFacts> }[] = [
  {
    name: "a call started by API, with its CustomField,",
    facts: ({ customField }) => ({ direction: "outbound-dial", customField }),
  },
  { name: "a call with digits", facts: () => ({ digits: "1" }) },
];

/** Every probe of a Connect URL, in the order they run. The first request comes first: its latency is a cold start's. */
export const PROBES: readonly Probe[] = [
  {
    id: "first",
    title: "the first request of an incoming call",
    roles: BOTH,
    requests: () => 1 + BASES.length,
    run: askFirst,
  },
  {
    id: "again",
    title: "the first request of more calls, as many as --runs says",
    roles: PRIMARY,
    requests: ({ runs }) => runs,
    run: askAgain,
  },
  afterEnding("busy", BOTH),
  afterEnding("rejected", PRIMARY),
  afterEnding("no-answer", PRIMARY),
  afterEnding("unknown-number", PRIMARY),
  afterEnding("failed", PRIMARY),
  {
    id: "refetch-to-the-end",
    title: "if the answer asks for it: re-fetch after re-fetch, until the platform would stop",
    roles: PRIMARY,
    requests: () => MAX_FETCHES,
    run: refetchToTheEnd,
  },
  single("after-conversation", "a second applet after a recorded conversation", (session) =>
    afterConversation(session.call(), session.usualAnswer()),
  ),
  single("after-voicemail", "an applet after a voicemail", (session) => {
    const facts = session.call({ callType: "voicemail" });
    return { ...facts, recordingUrl: recordingUrl(facts) };
  }),
  {
    id: "digits",
    title: "digits entered earlier, in their double quotes; and without them, to compare",
    roles: BOTH,
    requests: (_, role) => digitRequests(role),
    run: askWithDigits,
  },
  single("by-api", "a call started by API, with a CustomField", (session) =>
    session.call({ direction: "outbound-dial", customField: session.target.customField }),
  ),
  single("custom-field", "a CustomField with quotes, an ampersand and non-ASCII letters", (session) =>
    session.call({ direction: "outbound-dial", customField: SPECIAL }),
  ),
  caller(NATIONAL_CALLER, "+912240000001", "a caller on a landline"),
  { ...caller("caller-foreign", "+12025550143", "a caller from another country (+1…)"), numberForm: "any" },
  { ...caller("caller-withheld", "anonymous", "a caller who withholds the number (anonymous)"), numberForm: "refusal" },
  { ...caller("caller-user", "sip:anil", "a caller on a phone of the account (sip:anil)"), numberForm: "any" },
  {
    id: "e164",
    title: "an account with number_format e164 and wire observed",
    roles: PRIMARY,
    numberForm: "any",
    requests: () => 1,
    run: async (session) => {
      const { account } = session.target;
      const other: Account = { ...account, numberFormat: "e164", wire: "observed" };
      await session.ask(session.call(), { account: other });
    },
  },
  {
    id: "at-once",
    title: "the same request twice at once",
    roles: BOTH,
    requests: () => 2,
    run: askTwiceAtOnce,
  },
  {
    id: "audio",
    title: "the audio URLs that the answers named: HEAD, or GET, then the file",
    roles: BOTH,
    requests: () => 0,
    run: checkSounds,
  },
];

/** The probes of each kind of URL. Requests that only a Connect gets (re-fetches) are left out for the others. */
export const PROBES_OF: Readonly<Record<UrlKind, readonly Probe[]>> = {
  connect: PROBES,
  gather: without("refetch-to-the-end"),
  passthru: without("refetch-to-the-end", "audio"),
  "dial-whom": without("refetch-to-the-end", "audio"),
  // APP-1: its requests say nothing about attempts, digits or recordings, except for the number dialled last.
  greeting: without(
    ...["rejected", "no-answer", "unknown-number", "failed", "conversation", "voicemail"].map((end) => `after-${end}`),
    "refetch-to-the-end",
    "digits",
  ),
  event: [
    ...EVENT_PROBES,
    ...without("first", "digits", "refetch-to-the-end", "custom-field", "audio").filter(
      ({ id }) => !id.startsWith("after-"),
    ),
  ],
};

function without(...ids: readonly string[]): readonly Probe[] {
  return PROBES.filter(({ id }) => !ids.includes(id));
}

/** A text that breaks careless decoding, quoting and storing. */
const SPECIAL = `{"order":42,"note":"50% & 'more' = café ☎"}`;

function single(id: string, title: string, facts: (session: ProbeSession) => RequestFacts): Probe {
  const run = async (session: ProbeSession): Promise<void> => {
    await session.ask(facts(session));
  };
  return { id, title, roles: PRIMARY, requests: () => 1, run };
}

function caller(id: string, callFrom: string, title: string): Probe {
  return single(id, title, (session) => session.call({ callFrom }));
}

async function askFirst(session: ProbeSession): Promise<void> {
  const first = await session.askPlain();
  if (!isReadable(first)) return findBasis(session, first);
  const { destinations } = first.verdict.usable ? first.verdict : first.forgiving;
  if (destinations?.length !== 0) return;
  const consequence = 'nobody is rung and the flow goes on at "we didn\'t dial anyone"';
  session.note(first, { id: "nobody", message: `The answer names nobody who can be rung: ${consequence}.` });
}

/** Looks for a request that the endpoint answers, so that the other probes find its other mistakes. */
async function findBasis(session: ProbeSession, first: Exchanged): Promise<void> {
  const { endpoint, target } = session;
  if (!first.outcome.ok) return;
  for (const { name, facts } of BASES) {
    const basis = facts(target);
    const asked = await session.ask(session.call(basis));
    if (!isReadable(asked)) continue;
    endpoint.basis = basis;
    endpoint.plain.splice(0, endpoint.plain.length, asked);
    const message = `Only ${name} gets a usable answer, but an ordinary first request does not: the check continues with such calls.`;
    return session.note(first, { id: "conditional-parameter", message });
  }
}

async function askAgain(session: ProbeSession): Promise<void> {
  for (let run = 0; run < session.target.runs; run++) await session.askPlain();
}

/** A re-fetch if the endpoint asks for them, otherwise the request of another applet in the same flow. */
function afterEnding(ending: AttemptEnding, roles: readonly Role[]): Probe {
  const run = async (session: ProbeSession): Promise<void> => {
    if (session.usualAnswer()?.fetchAfterAttempt !== true) {
      await session.ask(factsAfterAttempt(session.call(), session.usualAnswer(), ENDINGS[ending], false));
      return;
    }
    const facts = session.call();
    const first = await session.askPlain(facts);
    const answer = answerOf(first);
    if (!isRefetched(answer)) throw new ProbeEnds(`this time ${whyNoRefetch([first])}`);
    await session.ask(factsAfterAttempt(facts, answer, ENDINGS[ending], true));
  };
  const title = `the request after an attempt to reach someone ${ENDINGS[ending].title}`;
  return { id: `after-${ending}`, title, roles, requests: () => 2, run };
}

/** The platform repeats a GET whose connection broke, and asks the Fallback while the Primary is still at work. */
async function askTwiceAtOnce(session: ProbeSession): Promise<void> {
  const facts = session.call();
  const both = await Promise.all([session.ask(facts), session.ask(facts)]);
  const bad = both.find((asked) => !asked.verdict.usable);
  if (bad === undefined || !session.endpoint.plain.every((asked) => asked.verdict.usable)) return;
  const message = "The same request gets a usable answer when it is sent alone, but not when it is sent twice at once.";
  session.note(bad, { id: "at-once", message });
}
