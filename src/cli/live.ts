import { InvalidArgumentError } from "commander";
import type { Effect } from "../core/call/effects.ts";
import type { HttpOutcome, HttpRequest, PreparedRequest } from "../core/contract/http.ts";
import { isHttpUrl, splitConfiguredUrl } from "../core/contract/query.ts";
import { toHttpRequest } from "../core/contract/request.ts";
import { step } from "../core/engine/engine.ts";
import type { Fetched, FetchOptions } from "../edges/http-client/types.ts";
import type { Fetcher } from "../edges/http-client/fetcher.ts";
import type { Scenario, UrlAnswer } from "../tools/simulator/scenario/scenario-types.ts";
import { urlKey } from "../tools/simulator/scripted-urls.ts";
import { SimulationError, simulateWith } from "../tools/simulator/simulate.ts";

/** A URL of the scenario that is really requested. */
export interface LiveUrl {
  /** The URL in the scenario and its flow. */
  readonly named: string;
  /** Where the requests go; the same URL unless another was given. */
  readonly real: string;
}

/** `--live URL`, or `--live URL=REAL` if the server under test is not where the flow says. */
export function liveUrl(text: string, before: readonly LiveUrl[] = []): readonly LiveUrl[] {
  const [, named = text, real = text] = /^([^?#=]+)=(https?:\/\/.+)$/i.exec(text) ?? [];
  if (!isHttpUrl(named) || !isHttpUrl(real))
    throw new InvalidArgumentError("give an http or https URL of the scenario, or URL=REAL-URL.");
  return [...before, { named, real }];
}

/** One action of a call that reaches a live URL. */
type LiveRequest =
  | { readonly kind: "fetch"; readonly key: string; readonly request: HttpRequest; readonly deadlineMs: number }
  | { readonly kind: "notify"; readonly key: string; readonly request: HttpRequest; readonly deadlineMs: number }
  | { readonly kind: "audio"; readonly key: string; readonly url: string; readonly deadlineMs: number };

/** More than any sane call makes (200 applets, APP-9): a flow in circles must neither hammer a server nor go on forever. */
const MAX_LIVE_REQUESTS = 1000;
/** ms for deliveries and downloads, whose own deadlines are not part of the call. */
const DEADLINE_MS = 5000;

/** The scenario with the live URLs' real answers, and the number of requests made. */
export interface LivePlay {
  readonly scenario: Scenario;
  readonly requests: number;
}

/**
 * Plays the scenario until its first request to a live URL that has no answer yet, makes that request, and starts over with
 * the answer in the script. The simulation is deterministic, so every round repeats the previous one exactly and gets one
 * request further; each request is made once. Throws {@link SimulationError} if this does not end.
 */
export async function playLive(
  scenario: Scenario,
  live: readonly LiveUrl[],
  seed: number,
  fetcher: Pick<Fetcher, "fetch" | "checkAudio">,
): Promise<LivePlay> {
  const urls: Record<string, readonly UrlAnswer[]> = { ...scenario.urls };
  for (const { named } of live) delete urls[urlKey(named)];
  const target = new LiveTargets(live, Object.keys(urls));
  for (let made = 0; ; made++) {
    const current = { ...scenario, urls: { ...urls } };
    const next = requestsOf(current, target, seed)[made];
    if (next === undefined) return { scenario: current, requests: made };
    if (made === MAX_LIVE_REQUESTS)
      throw new SimulationError(`${scenario.name}: the call made ${made} requests to live URLs, and would make more`);
    const answer = await ask(next, fetcher);
    if (next.kind !== "notify") urls[next.key] = [...(urls[next.key] ?? []), answer];
  }
}

async function ask(next: LiveRequest, fetcher: Pick<Fetcher, "fetch" | "checkAudio">): Promise<UrlAnswer> {
  const options: FetchOptions = { purpose: "live", account: "", deadlineMs: next.deadlineMs, allowPrivate: true };
  if (next.kind === "audio") return answerOf(await fetcher.checkAudio(next.url, options));
  return answerOf(await fetcher.fetch(next.request, options));
}

/** Which requests are really made, and where. */
class LiveTargets {
  readonly #live: readonly LiveUrl[];
  readonly #scripted: readonly string[];

  constructor(live: readonly LiveUrl[], scripted: readonly string[]) {
    this.#live = live;
    this.#scripted = scripted;
  }

  /** The URL to request instead of `url`, with its query; null: the script answers. */
  realUrl(url: string): string | null {
    const key = urlKey(url);
    const query = url.slice(url.split(/[?#]/, 1)[0]?.length ?? 0);
    const exact = this.#live.find(({ named }) => urlKey(named) === key);
    if (exact !== undefined) return `${exact.real}${query}`;
    if (this.#scripted.includes(key) || !URL.canParse(url)) return null;
    // Audio, events and the like on the same server, unless the scenario says something about them.
    const { origin, pathname } = new URL(key);
    const same = this.#live.find(({ named, real }) => [named, real].some((each) => new URL(each).origin === origin));
    return same === undefined ? null : `${new URL(same.real).origin}${pathname}${query}`;
  }

  request(prepared: PreparedRequest): HttpRequest | null {
    const real = this.realUrl(prepared.baseUrl);
    if (real === null) return null;
    const split = splitConfiguredUrl(real);
    if (!split.ok) return null;
    const { url, authorization } = split.value;
    return toHttpRequest({ ...prepared, baseUrl: url, authorization: authorization ?? prepared.authorization });
  }
}

/** The requests to live URLs of one round, in order. */
function requestsOf(scenario: Scenario, target: LiveTargets, seed: number): readonly LiveRequest[] {
  const requests: LiveRequest[] = [];
  const observed: typeof step = (setup, state, event) => {
    const result = step(setup, state, event);
    for (const effect of result.effects) requests.push(...liveRequests(effect, target, requests));
    return result;
  };
  try {
    simulateWith(observed, scenario, { seed });
  } catch (error) {
    // A call that would never end is reported in the final round, with all its answers.
    if (!(error instanceof SimulationError)) throw error;
  }
  return requests;
}

function liveRequests(effect: Effect, target: LiveTargets, before: readonly LiveRequest[]): readonly LiveRequest[] {
  if (effect.kind === "fetch" || effect.kind === "notify") {
    const request = target.request(effect.request);
    const deadlineMs = effect.kind === "fetch" ? effect.deadlineMs : DEADLINE_MS;
    return request === null ? [] : [{ kind: effect.kind, key: urlKey(effect.request.baseUrl), request, deadlineMs }];
  }
  return audioUrlsOf(effect).flatMap((url): readonly LiveRequest[] => {
    const [real, key] = [target.realUrl(url), urlKey(url)];
    // A file is requested once, for the check and every playback.
    if (real === null || before.some((each) => each.key === key && each.kind === "audio")) return [];
    return [{ kind: "audio", key, url: real, deadlineMs: DEADLINE_MS }];
  });
}

function audioUrlsOf(effect: Effect): readonly string[] {
  if (effect.kind === "check_audio") return [effect.url];
  if (effect.kind !== "play") return [];
  return effect.items.flatMap((item) => (item.kind === "url" ? [item.url] : []));
}

/** REQ-8: the HTTP client keeps nothing of a body that is too large; to the simulator, one byte too many means the same. */
const TOO_LARGE = " ".repeat(65_537);

/** The answer in the form of a script. */
function answerOf({ outcome, elapsedMs }: Fetched): UrlAnswer {
  if (outcome.ok) {
    const headers = outcome.contentType === null ? {} : { "content-type": outcome.contentType };
    return { kind: "answer", afterMs: elapsedMs, status: outcome.status, headers, body: outcome.body };
  }
  if (outcome.reason === "too_large")
    return { kind: "answer", afterMs: elapsedMs, status: 200, headers: {}, body: TOO_LARGE };
  return { kind: "error", afterMs: elapsedMs, error: errorOf(outcome) };
}

/** A script knows fewer failures: the others count as refused connections. */
function errorOf({ reason }: Extract<HttpOutcome, { ok: false }>): "timeout" | "refused" | "dns" | "tls" {
  return reason === "timeout" || reason === "dns" || reason === "tls" ? reason : "refused";
}
