import { z } from "zod";
import { toolOf } from "./tool.ts";

const url = z.string().min(1).max(2000);

const checkUrl = toolOf({
  name: "check_url",
  title: "Check a customer's URL",
  description:
    "Sends a URL every kind of request that the platform would send and judges its answers by the contract: each finding has its rule " +
    "and a way to fix it. Sends dozens of real requests, so use it only on URLs of the account's owner. Needs the scope call.",
  input: z.strictObject({
    url: url.describe("http or https; internal addresses only if the account allows them"),
    fallback: url.optional().describe("The Fallback URL of a Connect or Gather, checked too"),
    as: z.enum(["connect", "dial-whom", "gather", "passthru", "greeting", "event"]).default("connect"),
    validation: z.enum(["strict", "lenient"]).default("strict").describe("The flow's `validation`"),
  }),
  effect: "asks_urls",
  hasNoCallers: false,
  run: async (api, { url: address, fallback, ...rest }) => {
    const body = { url: address, ...(fallback === undefined ? {} : { fallback }), ...rest };
    const { findings, probes, ...report } = await api.account.checkUrl({ body });
    const sentence = report.ok ? "No errors found." : `${report.errors} findings are errors.`;
    const shown = findings.map(({ sent: _sent, curl: _curl, ...finding }) => finding);
    const failed = probes
      .filter(({ result }) => result !== "passed")
      .map(({ id, title, result }) => ({ id, title, result }));
    return { sentences: [sentence], data: { ...report, findings: shown, probes_not_passed: failed } };
  },
});

export const URL_TOOLS = [checkUrl];
