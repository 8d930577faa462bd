import type { Trunk } from "./account-config.ts";

/** Counts concurrent calls over each trunk, both directions together. Per process, like every limit of the workspace. */
export class TrunkChannels {
  readonly #used = new Map<string, number>();

  isFree(trunk: Trunk): boolean {
    return trunk.channels === null || (this.#used.get(trunk.id) ?? 0) < trunk.channels;
  }

  take(trunk: Trunk): void {
    this.#used.set(trunk.id, (this.#used.get(trunk.id) ?? 0) + 1);
  }

  release(trunk: Trunk): void {
    const used = (this.#used.get(trunk.id) ?? 0) - 1;
    if (used > 0) this.#used.set(trunk.id, used);
    else this.#used.delete(trunk.id);
  }
}
