import type { HttpRequest } from "../../core/contract/http.ts";

/** REQ-6: what the platform waits, seconds. */
const DEADLINE_S = 5;

/**
 * A command for bash and zsh that repeats a request. Credentials are not in it: `-u '***:***'` stands where they belong.
 * `twice`: two of them at once.
 */
export function curlOf({ url, headers, authorization }: HttpRequest, twice = false): string {
  const parts = [
    // Without globbing: brackets and braces in a URL mean themselves.
    `curl -g -sS ${outputOf(headers)} -m ${DEADLINE_S}`,
    ...(authorization === null ? [] : ["-u '***:***'"]),
    ...Object.entries(headers).map(([name, value]) => `-H ${quoted(`${name}: ${value}`)}`),
    quoted(url),
  ];
  const command = parts.join(" ");
  return twice ? `for i in 1 2; do ${command} & done; wait` : command;
}

/** Headers and body; of audio the headers only, which a terminal can show. */
function outputOf({ accept = "" }: HttpRequest["headers"]): string {
  return accept.startsWith("audio/") ? "-o /dev/null -D -" : "-i";
}

/** Between single quotes nothing has a meaning but the single quote. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
