import type { HttpRequest } from "../../core/contract/http.ts";

/** REQ-6: how long the platform waits, seconds. */
const DEADLINE_S = 5;

/**
 * A command for bash and zsh that repeats a request. Credentials are not in it: `-u '***:***'` takes their place.
 * `twice`: two of them at once.
 */
export function curlOf({ url, headers, authorization }: HttpRequest, twice = false): string {
  const parts = [
    // Without globbing: brackets and braces in a URL are literal.
    `curl -g -sS ${outputOf(headers)} -m ${DEADLINE_S}`,
    ...(authorization === null ? [] : ["-u '***:***'"]),
    ...Object.entries(headers).map(([name, value]) => `-H ${quoted(`${name}: ${value}`)}`),
    quoted(url),
  ];
  const command = parts.join(" ");
  return twice ? `for i in 1 2; do ${command} & done; wait` : command;
}

/** Headers and body; for audio only the headers, which a terminal can show. */
function outputOf({ accept = "" }: HttpRequest["headers"]): string {
  return accept.startsWith("audio/") ? "-o /dev/null -D -" : "-i";
}

/** Between single quotes only the single quote is special. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
