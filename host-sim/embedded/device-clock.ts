import type { Clock, ScheduledCallback } from "../clock/clock";

/**
 * The turns of one run of one device on the clock of the house. What a callback throws goes to `onException`; once the
 * device has ended, nothing of it runs any more.
 */
export class DeviceClock implements Clock {
  readonly #clock: Clock;
  readonly #onException: (error: unknown) => void;
  readonly #pending = new Set<ScheduledCallback>();
  #hasEnded = false;

  constructor(clock: Clock, onException: (error: unknown) => void) {
    this.#clock = clock;
    this.#onException = onException;
  }

  now(): number {
    return this.#clock.now();
  }

  date(): number {
    return this.#clock.date();
  }

  schedule(callback: () => void, delay: number): ScheduledCallback {
    if (this.#hasEnded) return { due: this.now() + delay };
    const scheduled = this.#clock.schedule(() => {
      this.#pending.delete(scheduled);
      this.run(callback);
    }, delay);
    this.#pending.add(scheduled);
    return scheduled;
  }

  cancel(scheduled: ScheduledCallback | undefined): void {
    if (scheduled && this.#pending.delete(scheduled)) this.#clock.cancel(scheduled);
  }

  /** One turn of the device, now. */
  run(callback: () => void): void {
    if (this.#hasEnded) return;
    try {
      callback();
    } catch (error) {
      this.#onException(error);
    }
  }

  /** Power is off: what was scheduled is cancelled. */
  end(): void {
    this.#hasEnded = true;
    for (const scheduled of this.#pending) this.#clock.cancel(scheduled);
    this.#pending.clear();
  }
}
