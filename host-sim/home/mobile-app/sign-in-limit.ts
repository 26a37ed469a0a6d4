export interface SignInLimitOptions {
  /** ms; default `Date.now`. */
  readonly now?: () => number;
  /** Wrong passwords before there is a wait; default 5. */
  readonly freeAttempts?: number;
  /** The first wait, ms; doubles with each further wrong password. Default 30,000. */
  readonly firstDelay?: number;
  /** ms; default 900,000 (15 minutes). */
  readonly longestDelay?: number;
}

interface Failures {
  count: number;
  /** ms; until then nothing is tried. */
  blockedUntil: number;
}

/** Addresses remembered; the oldest make room. */
const CAPACITY = 1_000;
/** Passwords checked at one time: each costs what it takes to make guessing expensive. */
const CONCURRENCY = 2;
const SLOWEST_DELAY = 900_000;

/**
 * Slows down whoever guesses passwords, by the address it comes from: not by the name it tries, or a stranger could keep a member out.
 */
export class SignInLimit {
  readonly #now: () => number;
  readonly #freeAttempts: number;
  readonly #firstDelay: number;
  readonly #longestDelay: number;
  readonly #failures = new Map<string, Failures>();
  #running = 0;

  constructor(options: SignInLimitOptions = {}) {
    this.#now = options.now ?? Date.now;
    this.#freeAttempts = options.freeAttempts ?? 5;
    this.#firstDelay = options.firstDelay ?? 30_000;
    this.#longestDelay = options.longestDelay ?? SLOWEST_DELAY;
  }

  /** How long this address must wait, ms; 0: it may try. */
  delay(address: string): number {
    const failures = this.#failures.get(address);
    return failures ? Math.max(0, failures.blockedUntil - this.#now()) : 0;
  }

  /**
   * Runs one check of a password and takes account of its outcome.
   * @returns the outcome, or `undefined` when too many are being checked at this moment
   */
  async attempt(address: string, check: () => Promise<boolean>): Promise<boolean | undefined> {
    if (this.#running >= CONCURRENCY) return undefined;
    this.#running += 1;
    // Counted before the outcome is known: attempts made at one time do not share one count.
    this.#failed(address);
    try {
      const succeeded = await check();
      if (succeeded) this.#failures.delete(address);
      return succeeded;
    } finally {
      this.#running -= 1;
    }
  }

  #failed(address: string): void {
    const failures = this.#failures.get(address) ?? { count: 0, blockedUntil: 0 };
    failures.count += 1;
    const excess = failures.count - this.#freeAttempts;
    if (excess >= 0)
      failures.blockedUntil = this.#now() + Math.min(this.#longestDelay, this.#firstDelay * 2 ** excess);
    // At the end of the map: the youngest.
    this.#failures.delete(address);
    this.#failures.set(address, failures);
    for (const [key] of this.#failures) {
      if (this.#failures.size <= CAPACITY) break;
      this.#failures.delete(key);
    }
  }
}
