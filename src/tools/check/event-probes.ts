import type { User } from "../../core/contract/account.ts";
import type { DialEventFacts } from "../../core/contract/request.ts";
import type { Probe } from "./probe.ts";
import type { ProbeSession } from "./probe-session.ts";
import { EXAMPLE_DESTINATION } from "./url-kind.ts";

type DialEvent = DialEventFacts["event"];

const ANSWERED: readonly DialEvent[] = ["Dial", "Ringing", "Answered", "Terminal"];
const UNANSWERED: readonly DialEvent[] = ["Dial", "Terminal"];
const RING_S = 12;
const OTHER_DESTINATION = { kind: "number", e164: "+919900000002" } as const;
/** A user with an email address: the event of an attempt to reach them has `AgentEmail` (EVT-1). */
const AGENT: User = { name: "anil", number: null, email: "anil@app.example" };
/** EVT-6: the same in every delivery of one event. */
const DELIVERY = { "plugboard-delivery": "check-dial-1" };

/** Requests that only the URL of dial events gets (section 5). */
export const EVENT_PROBES: readonly Probe[] = [
  {
    id: "first",
    title: "the first event of an attempt",
    roles: ["primary"],
    requests: () => 1,
    run: async (session) => {
      await session.askPlain();
    },
  },
  events("answered", "every event of an attempt that is answered: Dial, Ringing, Answered, Terminal", ANSWERED),
  events("unanswered", "the events of an attempt that is not: Dial, Terminal", UNANSWERED),
  {
    id: "parallel",
    title: "the events of two attempts at once",
    roles: ["primary"],
    requests: () => 4,
    run: askParallel,
  },
  {
    id: "agent",
    title: "an attempt to reach a user of the account, with AgentEmail",
    roles: ["primary"],
    requests: () => UNANSWERED.length,
    run: askForAgent,
  },
  {
    id: "redelivery",
    title: "the same event again, with the same Plugboard-Delivery",
    roles: ["primary"],
    requests: () => 2,
    run: askAgainWithDelivery,
  },
];

function events(id: string, title: string, list: readonly DialEvent[]): Probe {
  const run = async (session: ProbeSession): Promise<void> => {
    const facts = session.call();
    for (const [i, event] of list.entries())
      await session.ask({ ...facts, nowMs: facts.nowMs + i * RING_S * 1000 }, { event });
  };
  return { id, title, roles: ["primary"], requests: () => list.length, run };
}

/** EVT-4: parallel attempts have a Dial and a Terminal each. */
async function askParallel(session: ProbeSession): Promise<void> {
  const facts = session.call();
  for (const event of UNANSWERED)
    for (const dialWhomNumber of [EXAMPLE_DESTINATION, OTHER_DESTINATION])
      await session.ask({ ...facts, dialWhomNumber }, { event });
}

async function askForAgent(session: ProbeSession): Promise<void> {
  const account = { ...session.target.account, users: [AGENT] };
  const facts = session.call({ dialWhomNumber: { kind: "sip", user: AGENT.name, host: null } });
  for (const event of UNANSWERED) await session.ask(facts, { event, account });
}

async function askAgainWithDelivery(session: ProbeSession): Promise<void> {
  const facts = session.call();
  for (let delivery = 0; delivery < 2; delivery++) await session.ask(facts, { headers: DELIVERY });
}
