/** A pending callback; only the clock that returned it can cancel it. */
export interface ScheduledCallback {
  readonly due: number;
}

/** The time source of one simulated house. Every wait in the simulator goes through it, so that tests can be virtual. */
export interface Clock {
  /** Milliseconds since the clock started; monotonic. */
  now(): number;
  /** Milliseconds since 1970-01-01T00:00:00Z, as `Date.now()` of a board whose time has been set. */
  date(): number;
  /** Calls `callback` once, `delay` milliseconds (0 or more) from now, never synchronously. */
  schedule(callback: () => void, delay: number): ScheduledCallback;
  /** Cancels a pending callback; one that has run already, or `undefined`, is ignored. */
  cancel(scheduled: ScheduledCallback | undefined): void;
}
