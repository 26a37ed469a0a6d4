/** What comes of connecting again, by the reason of the end: it may work at once, */
export const SOON = 0;
/** perhaps some day, when people have done something, */
export const SELDOM = 1;
/** or it does harm. */
export const NEVER = 2;

/**
 * How long to wait before connecting again: doubles with each attempt, with full jitter, so that the clients of a broker that
 * was restarted do not come back in one moment. Attempt n (0 for the first) waits between `minimum / 2` and
 * `minimum / 2 + 2 ** (n + 1) * minimum`, never longer than `maximum`: of clients cut off together about 5 % return
 * within any 100 ms when `minimum` is 1,000.
 */
export class BackOff {
  /** @internal */ readonly minimum: number;
  /** @internal */ readonly maximum: number;
  /** @internal */ readonly random: () => number;
  /** Attempts since the last stable connection. */
  attempts: number;

  /**
   * @param minimum - ms, over 0
   * @param maximum - ms, at least `minimum`
   * @param random - 0 to less than 1
   */
  constructor(minimum: number, maximum: number, random: () => number) {
    this.minimum = minimum;
    this.maximum = maximum;
    this.random = random;
    this.attempts = 0;
  }

  /** Delay before the next attempt, ms. */
  next(): number {
    const { minimum, maximum, attempts } = this;
    const shortest = minimum / 2;
    const longest = Math.min(maximum, shortest + 2 ** (attempts + 1) * minimum);
    this.attempts = Math.min(attempts + 1, 30);
    return Math.round(shortest + this.random() * (longest - shortest));
  }

  /** Delay where trying soon is of no use, ms: half to all of the maximum. The attempt counts. */
  slow(): number {
    this.attempts = Math.min(this.attempts + 1, 30);
    return Math.round((this.maximum * (1 + this.random())) / 2);
  }

  /** A connection has proved stable: the next outage starts from the minimum. */
  reset(): void {
    this.attempts = 0;
  }
}
