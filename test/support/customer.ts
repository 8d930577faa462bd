import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** One request as the customer received it. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly rawQuery: string;
  readonly query: readonly (readonly [string, string])[];
  readonly headers: IncomingMessage["headers"];
  readonly at: number;
}

/** How a path of the customer's application behaves. */
export type Behaviour = (request: SeenRequest, response: ServerResponse) => void;

export interface Customer {
  readonly url: string;
  readonly seen: SeenRequest[];
  on(path: string, behaviour: Behaviour): void;
  close(): Promise<void>;
}

/** Answers with JSON. */
export function json(value: unknown, status = 200): Behaviour {
  return (_request, response) => {
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify(value));
  };
}

/** A list of numbers to dial, and nothing else unless `more` says so. */
export function dials(numbers: readonly string[], more: object = {}): Behaviour {
  return json({ destination: { numbers }, ...more });
}

/** A customer's application on loopback. */
export async function startCustomer(): Promise<Customer> {
  const seen: SeenRequest[] = [];
  const behaviours = new Map<string, Behaviour>();
  const server: Server = createServer((request, response) => {
    const [path = "", rawQuery = ""] = (request.url ?? "").split("?");
    const query = [...new URLSearchParams(rawQuery)] as (readonly [string, string])[];
    const one = { method: request.method ?? "", path, rawQuery, query, headers: request.headers, at: Date.now() };
    seen.push(one);
    const behaviour = behaviours.get(path) ?? json({ error: "no such path" }, 404);
    behaviour(one, response);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    seen,
    on: (path, behaviour) => void behaviours.set(path, behaviour),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}
