import { signalling } from "./signalling.ts";

/** `npm run bench [-- name …]`: every benchmark, or those named. Figures are for comparison within one run. */
const [name = "all", rate] = process.argv.slice(2);
if (name === "all" || name === "signalling") await signalling(rate === undefined ? null : Number(rate));
