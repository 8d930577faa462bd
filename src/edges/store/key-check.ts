import type { Pool } from "pg";
import type { Sealer } from "./sealer.ts";

const SCOPE = "store";
const PLACE = "key check";
const TEXT = "plugboard";

/**
 * Every node of a database seals with the same secret. The first one leaves a sealed word; a node that cannot open it
 * is refused before it writes anything that the others could not read.
 */
export async function checkKey(pool: Pool, sealer: Sealer): Promise<void> {
  const text = `insert into store_key (check_text) values ($1) on conflict (only_row) do nothing`;
  await pool.query(text, [sealer.seal(SCOPE, PLACE, TEXT)]);
  const { rows } = await pool.query<{ check_text: string }>("select check_text from store_key");
  if (opensKeyCheck(sealer, rows[0]?.check_text ?? "")) return;
  throw new Error(
    "The database was sealed with another secret: set PLUGBOARD_SECRET to the one it was created with " +
      "(without the variable it is in the file `secret` of the data folder that was used then).",
  );
}

/** Whether the word that the first node left was sealed with this secret. */
export function opensKeyCheck(sealer: Sealer, checkText: string): boolean {
  return sealer.open(SCOPE, PLACE, checkText) === TEXT;
}
