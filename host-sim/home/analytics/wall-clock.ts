export interface WallClockOptions {
  /** ms since 1970; default `Date.now`. */
  readonly now?: (() => number) | undefined;
  /** ms since any moment, never set by anybody; default `performance.now`. */
  readonly monotonic?: (() => number) | undefined;
  /** What corrections of a clock may differ without being a jump, ms; default 2,000. */
  readonly tolerance?: number | undefined;
  /** How long a clock must run evenly after a jump until it is believed again, ms; default 60,000. */
  readonly settle?: number | undefined;
  /** The clock was set: by `milliseconds`, negative when back. */
  onJump?(milliseconds: number): void;
}

export const CLOCK_TOLERANCE = 2_000;
const SETTLE = 60_000;

/**
 * This machine's clock, watched with its monotonic one: readings get their time on arrival, so a clock that leaps would put them
 * where they were never measured. After a leap the clock is in doubt until it has run evenly for a while, or has leapt back.
 */
export class WallClock {
  readonly #now: () => number;
  readonly #monotonic: () => number;
  readonly #tolerance: number;
  readonly #settle: number;
  readonly #onJump: ((milliseconds: number) => void) | undefined;
  /** Difference of the two clocks, as long as the wall clock was believed. */
  #believed: number;
  /** As it was last seen. */
  #last: number;
  /** Monotonic time of the last leap; undefined while the clock is believed. */
  #jumpedAt: number | undefined;

  constructor(options: WallClockOptions = {}) {
    this.#now = options.now ?? Date.now;
    this.#monotonic = options.monotonic ?? (() => performance.now());
    this.#tolerance = options.tolerance ?? CLOCK_TOLERANCE;
    this.#settle = options.settle ?? SETTLE;
    this.#onJump = options.onJump;
    this.#believed = this.#last = this.#now() - this.#monotonic();
  }

  /** Looks at both clocks; call it at least once a second. */
  observe(): { /** ms since 1970 */ readonly now: number; readonly believed: boolean } {
    const now = this.#now();
    const monotonic = this.#monotonic();
    const difference = now - monotonic;
    const jump = difference - this.#last;
    this.#last = difference;
    if (Math.abs(jump) > this.#tolerance) {
      this.#jumpedAt = monotonic;
      this.#onJump?.(Math.round(jump));
    }
    if (this.#jumpedAt !== undefined && this.#hasSettled(difference, monotonic)) this.#jumpedAt = undefined;
    if (this.#jumpedAt === undefined) this.#believed = difference;
    return { now, believed: this.#jumpedAt === undefined };
  }

  #hasSettled(difference: number, monotonic: number): boolean {
    return (
      Math.abs(difference - this.#believed) <= this.#tolerance || monotonic - this.#jumpedAt! >= this.#settle
    );
  }
}
