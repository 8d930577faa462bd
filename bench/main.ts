import { backtest } from "./backtest.ts";
import { postDialDelay } from "./delay.ts";
import { explorer } from "./explorer.ts";
import { media } from "./media.ts";
import { memory } from "./memory.ts";
import { soak } from "./soak.ts";
import { signalling } from "./signalling.ts";

/** `npm run bench [-- name …]`: every benchmark, or the one named. Figures are for comparison within one run. */
const [name = "all", rate] = process.argv.slice(2);
if (name === "all" || name === "signalling") await signalling(rate === undefined ? null : Number(rate));
if (name === "all" || name === "delay") await postDialDelay();
if (name === "all" || name === "media") media();
if (name === "all" || name === "memory") await memory();
if (name === "all" || name === "explorer") explorer();
if (name === "all" || name === "backtest") backtest();
// Only by name, because it takes as long as it is told to.
if (name === "soak") await soak(Number(rate ?? 100), Number(process.argv[4] ?? 30));
