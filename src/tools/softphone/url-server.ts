import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Clock } from "../../base/clock.ts";

/**
 * What a customer's URL does with one request; the fields are those of a scenario file. `timeout` accepts the request
 * and never answers. `refused`, `dns` and `tls` are properties of an address: see {@link UrlServer.url}; later in a
 * list they reset the connection instead.
 */
export type ScriptedAnswer =
  | {
      readonly after_ms?: number;
      readonly status?: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly json?: unknown;
      readonly text?: string;
    }
  | { readonly after_ms?: number; readonly error: "timeout" | "refused" | "dns" | "tls" };

/** A request as it was received. */
export interface UrlRequest {
  readonly atMs: number;
  readonly method: string;
  readonly path: string;
  /** Decoded, in the order of the URL. */
  readonly query: readonly (readonly [string, string])[];
  /** As on the wire, without the question mark. */
  readonly rawQuery: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** A customer's web server with a script: each path gives its answers in order, then repeats the last; other paths get 404. */
export class UrlServer {
  readonly requests: UrlRequest[] = [];
  readonly #clock: Clock;
  readonly #server: Server;
  readonly #scripts = new Map<string, { readonly answers: readonly ScriptedAnswer[]; next: number }>();
  #port = 0;
  #closedPort = 0;

  constructor(options: { readonly clock: Clock }) {
    this.#clock = options.clock;
    this.#server = createServer((request, response) => this.#receive(request, response));
  }

  /** Listens on a free port of 127.0.0.1. */
  async start(): Promise<void> {
    this.#closedPort = await closedPort();
    this.#port = await listen(this.#server);
  }

  /** Ends open requests, answered or not. */
  stop(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  /** Sets, or replaces, what `path` answers from now on. */
  script(path: string, answers: readonly ScriptedAnswer[]): void {
    this.#scripts.set(path, { answers, next: 0 });
  }

  /**
   * The address of a path. If its script begins with `refused`, that is a closed port; with `dns`, a host that doesn't
   * exist; with `tls`, an https address of a server without TLS.
   */
  url(path: string): string {
    const first = this.#scripts.get(path)?.answers[0];
    const error = first !== undefined && "error" in first ? first.error : null;
    if (error === "refused") return `http://127.0.0.1:${this.#closedPort}${path}`;
    if (error === "dns") return `http://nobody.invalid${path}`;
    return `${error === "tls" ? "https" : "http"}://127.0.0.1:${this.#port}${path}`;
  }

  /** The requests to one path. */
  requestsTo(path: string): readonly UrlRequest[] {
    return this.requests.filter((request) => request.path === path);
  }

  #receive(request: IncomingMessage, response: ServerResponse): void {
    let body = "";
    request.setEncoding("utf8");
    request.on("data", (chunk: string) => (body += chunk));
    request.on("end", () => {
      const received = this.#toRequest(request, body);
      this.requests.push(received);
      const answer = this.#nextAnswer(received.path);
      this.#clock.after(answer.after_ms ?? 0, () => respond(answer, request, response));
    });
  }

  #toRequest(request: IncomingMessage, body: string): UrlRequest {
    const { pathname, search, searchParams } = new URL(request.url ?? "/", "http://127.0.0.1");
    return {
      atMs: this.#clock.now(),
      method: request.method ?? "",
      path: pathname,
      query: [...searchParams],
      rawQuery: search.slice(1),
      headers: request.headers,
      body,
    };
  }

  #nextAnswer(path: string): ScriptedAnswer {
    const script = this.#scripts.get(path);
    const answer = script?.answers[Math.min(script.next++, script.answers.length - 1)];
    return answer ?? { status: 404, text: `nothing is scripted for ${path}` };
  }
}

function respond(answer: ScriptedAnswer, request: IncomingMessage, response: ServerResponse): void {
  if ("error" in answer) {
    if (answer.error !== "timeout") request.socket.resetAndDestroy();
    return;
  }
  const json = answer.json !== undefined;
  const type: Record<string, string> = json ? { "content-type": "application/json" } : {};
  response.writeHead(answer.status ?? 200, { ...type, ...answer.headers });
  response.end(json ? JSON.stringify(answer.json) : (answer.text ?? ""));
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
  });
}

/** A port that was free a moment ago and has no listener. */
async function closedPort(): Promise<number> {
  const server = createServer();
  const port = await listen(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}
