import type { HttpOutcome } from "../contract/http.ts";
import { maskCredentialsIn } from "../contract/query.ts";

/** Longest part of an answer that a trace keeps: a Connect's answer is a few hundred characters. */
export const MAX_EXCERPT_CHARACTERS = 2048;

/** An answer as the trace shows it, so that customers can see exactly what their URL sent. */
export interface ResponseExcerpt {
  /** The header as received; null if there was none. */
  readonly content_type?: string | null;
  /** Without the credentials of URLs in it (REQ-2), and no longer than {@link MAX_EXCERPT_CHARACTERS}. */
  readonly body?: string;
  /** True if the body was longer, otherwise absent. */
  readonly body_cut?: boolean;
}

const EMPTY: ResponseExcerpt = {};

/** What a trace keeps of an answer; empty if no complete one arrived. */
export function responseExcerpt(outcome: HttpOutcome | null): ResponseExcerpt {
  if (outcome === null || !outcome.ok) return EMPTY;
  const body = maskCredentialsIn(outcome.body);
  if (body.length <= MAX_EXCERPT_CHARACTERS) return { content_type: outcome.contentType, body };
  return { content_type: outcome.contentType, body: body.slice(0, MAX_EXCERPT_CHARACTERS), body_cut: true };
}
