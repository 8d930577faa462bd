// `npm run build`: brings `dist` up to date with the sources: the platform and the dashboard, each only if it changed.
import { ensureBuilt, ensureInstalled, runScript } from "./ensure.mjs";

await runScript(async () => {
  await ensureInstalled();
  await ensureBuilt();
  return 0;
});
