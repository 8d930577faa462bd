// `node scripts/run.mjs FILE [ARGUMENTS]`: installs and builds what is missing, then runs FILE with the product's Node.
import { ensureBuilt, ensureInstalled, productEnv, productNode, runForeground, runScript, Unmet } from "./ensure.mjs";

await runScript(async () => {
  const command = process.argv.slice(2);
  if (command.length === 0) throw new Unmet("Name the file to run: node scripts/run.mjs FILE [ARGUMENTS]");
  await ensureInstalled();
  await ensureBuilt();
  return runForeground([productNode(), ...command], { env: productEnv() });
});
