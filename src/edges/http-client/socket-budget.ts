import type { Socket } from "node:net";

/** How many connections there may be. */
export interface SocketLimits {
  /** Open connections in all. */
  readonly sockets: number;
  /** Of these, for one account: no matter how many hosts it names, the others keep theirs. */
  readonly socketsPerAccount: number;
}

/** One connection, from before it is opened until it is closed. */
export interface SocketPlace {
  /** The connection is open. */
  opened(socket: Socket): void;
  /** It failed, or is closed. Idempotent. */
  release(): void;
}

interface Place {
  readonly account: string;
  readonly isIdle: () => boolean;
  readonly onRelease: () => void;
  socket: Socket | null;
}

/**
 * The open sockets of all accounts. If there is no place left, the oldest idle connection is closed: one of the same
 * account if that has used up its share, else one of the account that holds the most.
 */
export class SocketBudget {
  readonly #limits: SocketLimits;
  /** In the order in which they were opened. */
  readonly #places = new Set<Place>();
  readonly #open = new Map<string, number>();

  constructor(limits: SocketLimits) {
    this.#limits = limits;
  }

  get open(): number {
    return this.#places.size;
  }

  /**
   * A place for a new connection, or one sentence that says why there is none. `isIdle`: no request is using it or
   * waiting for it.
   */
  reserve(account: string, isIdle: () => boolean, onRelease: () => void): SocketPlace | string {
    const { sockets, socketsPerAccount } = this.#limits;
    if (this.#openOf(account) >= socketsPerAccount && !this.#evict((place) => place.account === account))
      return `The account already has ${socketsPerAccount} connections open, all in use.`;
    if (this.#places.size >= sockets && !this.#evictFromLargest())
      return `The platform already has ${sockets} connections open.`;
    const place: Place = { account, isIdle, onRelease, socket: null };
    this.#places.add(place);
    this.#open.set(account, this.#openOf(account) + 1);
    return {
      opened: (socket) => {
        place.socket = socket;
        socket.once("close", () => this.#release(place));
      },
      release: () => this.#release(place),
    };
  }

  #evictFromLargest(): boolean {
    const bySize = [...this.#open.keys()].sort((a, b) => this.#openOf(b) - this.#openOf(a));
    return bySize.some((account) => this.#evict((place) => place.account === account));
  }

  /** Closes the oldest idle connection among those; returns whether there was one. */
  #evict(among: (place: Place) => boolean): boolean {
    for (const place of this.#places) {
      if (place.socket === null || !among(place) || !place.isIdle()) continue;
      place.socket.destroy();
      this.#release(place);
      return true;
    }
    return false;
  }

  #release(place: Place): void {
    if (!this.#places.delete(place)) return;
    const left = this.#openOf(place.account) - 1;
    if (left === 0) this.#open.delete(place.account);
    else this.#open.set(place.account, left);
    place.onRelease();
  }

  #openOf(account: string): number {
    return this.#open.get(account) ?? 0;
  }
}
