import type { FastifyReply } from "fastify";
import { unreachable } from "../../base/never.ts";
import { showMistake } from "../configuration/built-workspace.ts";
import type { ConfigurationProblem } from "../configuration/configuration.ts";
import { problem } from "./problem.ts";

/** Answers why a change was not made. All mistakes are listed under `errors`, one sentence each. */
export function configurationProblem(reply: FastifyReply, found: ConfigurationProblem): FastifyReply {
  switch (found.kind) {
    case "invalid":
      return mistakes(reply, found.mistakes.map(showMistake));
    case "findings": {
      const errors = found.findings
        .filter(({ level }) => level === "error")
        .map(({ path, message }) => `${path}: ${message}`);
      return mistakes(reply, errors, { findings: found.findings });
    }
    case "changed_meanwhile":
      return problem(reply, 409, found.message);
    case "not_newest":
      return problem(reply, 412, found.message);
    case "no_condition":
      return problem(reply, 428, found.message);
    case "not_found":
      return problem(reply, 404, found.message);
    case "not_allowed":
      return problem(reply, 403, found.message);
    default:
      return unreachable(found);
  }
}

/** 422 with every mistake. */
export function mistakes(reply: FastifyReply, errors: readonly string[], more: object = {}): FastifyReply {
  const [first = "it has mistakes", ...others] = errors;
  const detail = others.length === 0 ? first : `${first} (and ${others.length} more, see errors)`;
  const document = { type: "about:blank", title: "Unprocessable Content", status: 422, detail, errors, ...more };
  return reply.code(422).type("application/problem+json").send(JSON.stringify(document));
}
