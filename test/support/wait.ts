export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}

/** Checks every 50 ms until it holds; a check that throws counts as false. */
export async function until(what: string, holds: () => Promise<boolean>, withinMs: number): Promise<void> {
  for (const deadline = Date.now() + withinMs; !(await holds().catch(() => false)); await sleep(50))
    if (Date.now() > deadline) throw new Error(`not within ${withinMs} ms: ${what}`);
}
