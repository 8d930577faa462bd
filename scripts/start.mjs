// `npm start`: on a fresh clone installs and builds first; then runs the platform with the sample workspace.
import { ensureBuilt, ensureInstalled, productEnv, productNode, runForeground, runScript } from "./ensure.mjs";

await runScript(async () => {
  await ensureInstalled();
  await ensureBuilt();
  const serve = ["dist/cli/main.js", "serve", "--workspace", "examples/workspace.yaml", ...process.argv.slice(2)];
  return runForeground([productNode(), ...serve], { env: productEnv() });
});
