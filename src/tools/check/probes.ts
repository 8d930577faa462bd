import type { Account } from "../../core/contract/account.ts";
import type { RequestFacts } from "../../core/contract/request.ts";
import type { AttemptEnding } from "./calls.ts";
import { ENDINGS, factsAfterAttempt, afterConversation, recordingUrl } from "./calls.ts";
import { askWithDigits, MAX_DIGIT_REQUESTS } from "./digits.ts";
import type { ProbeSession } from "./probe-session.ts";
import { answerOf, ProbeEnds } from "./probe-session.ts";
import { MAX_FETCHES, walk } from "./refetch.ts";
import type { Role } from "./report.ts";
import type { CheckTarget } from "./check-target.ts";
import { checkSounds } from "./sounds.ts";

/** One kind of legal request, or a few that belong together. */
export interface Probe {
  readonly id: string;
  /** What is sent, in the words of docs/check.md, which lists the same. */
  readonly title: string;
  readonly roles: readonly Role[];
  /** Most requests it sends to one endpoint; those for audio are not counted. */
  readonly requests: (target: Pick<CheckTarget, "runs">) => number;
  run(session: ProbeSession): Promise<void>;
}

const BOTH: readonly Role[] = ["primary", "fallback"];
const PRIMARY: readonly Role[] = ["primary"];

/** Every probe, in the order they run. The first request comes first: its latency is that of a cold start. */
export const PROBES: readonly Probe[] = [
  {
    id: "first",
    title: "the first request of an incoming call",
    roles: BOTH,
    requests: () => 1,
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
    title: "where the answer asks for it: re-fetch after re-fetch, until the platform would stop",
    roles: PRIMARY,
    requests: () => MAX_FETCHES,
    run: walk,
  },
  single("after-conversation", "a second Connect after a recorded conversation", (session) =>
    afterConversation(session.call(), session.usual()),
  ),
  single("after-voicemail", "a Connect after a voicemail", (session) => {
    const facts = session.call({ callType: "voicemail" });
    return { ...facts, recordingUrl: recordingUrl(facts) };
  }),
  {
    id: "digits",
    title: "digits pressed before, in their double quotes; and without, to compare",
    roles: BOTH,
    requests: () => MAX_DIGIT_REQUESTS,
    run: askWithDigits,
  },
  single("by-api", "a call started by API, with a CustomField", (session) =>
    session.call({ direction: "outbound-dial", customField: session.target.customField }),
  ),
  single("custom-field", "a CustomField with quotes, an ampersand and letters past ASCII", (session) =>
    session.call({ direction: "outbound-dial", customField: SPECIAL }),
  ),
  caller("landline", "+912240000001", "a caller on a landline"),
  caller("foreign", "+12025550143", "a caller from another country (+1…)"),
  caller("withheld", "anonymous", "a caller who withholds the number (anonymous)"),
  caller("user", "sip:anil", "a caller on a phone of the account (sip:anil)"),
  {
    id: "e164",
    title: "an account with number_format e164 and wire observed",
    roles: PRIMARY,
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

/** What breaks careless decoding, quoting and storing. */
const SPECIAL = `{"order":42,"note":"50% & 'more' = café ☎"}`;

function single(id: string, title: string, facts: (session: ProbeSession) => RequestFacts): Probe {
  const run = async (session: ProbeSession): Promise<void> => {
    await session.ask(facts(session));
  };
  return { id, title, roles: PRIMARY, requests: () => 1, run };
}

function caller(id: string, callFrom: string, title: string): Probe {
  return single(`caller-${id}`, title, (session) => session.call({ callFrom }));
}

async function askFirst(session: ProbeSession): Promise<void> {
  const first = await session.askPlain();
  const answer = answerOf(first);
  if (answer === null || answer.destinations.length > 0) return;
  const consequence = 'nobody is rung and the flow goes on at "we didn\'t dial anyone"';
  session.note(first, { id: "nobody", message: `The answer names nobody who can be rung: ${consequence}.` });
}

async function askAgain(session: ProbeSession): Promise<void> {
  for (let run = 0; run < session.target.runs; run++) await session.askPlain();
}

/** A re-fetch where the endpoint asks for them, otherwise the request of a second Connect in the same flow. */
function afterEnding(ending: AttemptEnding, roles: readonly Role[]): Probe {
  const run = async (session: ProbeSession): Promise<void> => {
    if (session.usual()?.fetchAfterAttempt !== true) {
      await session.ask(factsAfterAttempt(session.call(), session.usual(), ENDINGS[ending], false));
      return;
    }
    const facts = session.call();
    const answer = answerOf(await session.askPlain(facts));
    if (answer === null || !answer.fetchAfterAttempt || answer.destinations.length === 0)
      throw new ProbeEnds("this time the answer asked for no re-fetch");
    await session.ask(factsAfterAttempt(facts, answer, ENDINGS[ending], true));
  };
  const title = `the request after an attempt to reach somebody ${ENDINGS[ending].title}`;
  return { id: `after-${ending}`, title, roles, requests: () => 2, run };
}

/** The platform repeats a GET whose connection broke, and asks the Fallback while the Primary is still at work. */
async function askTwiceAtOnce(session: ProbeSession): Promise<void> {
  const facts = session.call();
  const both = await Promise.all([session.ask(facts), session.ask(facts)]);
  const bad = both.find((asked) => !asked.verdict.usable);
  if (bad === undefined || !session.endpoint.plain.every((asked) => asked.verdict.usable)) return;
  const message = "The same request, sent twice at once, was not answered usably both times; sent alone it was.";
  session.note(bad, { id: "at-once", message });
}
