import type { Clock, ScheduledCallback } from "./clock";

interface Entry extends ScheduledCallback {
  readonly sequence: number;
  readonly callback: () => void;
}

/**
 * A clock that stands still until a test advances it. Callbacks run in due order, those due together in the order
 * in which they were scheduled.
 */
export class VirtualClock implements Clock {
  #now = 0;
  #sequence = 0;
  #pending: Entry[] = [];
  readonly #epoch: number;

  /** @param epoch - the date at `now() === 0`, in ms since 1970; default 2026-01-01T00:00:00Z */
  constructor(epoch: number = Date.UTC(2026, 0, 1)) {
    this.#epoch = epoch;
  }

  now(): number {
    return this.#now;
  }

  date(): number {
    return this.#epoch + this.#now;
  }

  /** Number of callbacks that wait. A test ends with 0 where everything was closed. */
  get pending(): number {
    return this.#pending.length;
  }

  schedule(callback: () => void, delay: number): ScheduledCallback {
    if (!(delay >= 0 && delay < Number.POSITIVE_INFINITY))
      throw new RangeError(`delay ${delay} ms is not a finite number of 0 or more`);
    const entry = {
      due: this.#now + delay,
      sequence: this.#sequence++,
      callback,
    };
    let at = this.#pending.length;
    while (at > 0 && this.#pending[at - 1]!.due > entry.due) at -= 1;
    this.#pending.splice(at, 0, entry);
    return entry;
  }

  cancel(scheduled: ScheduledCallback | undefined): void {
    const at = this.#pending.indexOf(scheduled as Entry);
    if (at >= 0) this.#pending.splice(at, 1);
  }

  /** Runs everything that falls due within the next `milliseconds`, then stands at exactly that time. */
  advance(milliseconds: number): void {
    const end = this.#now + milliseconds;
    while (this.#pending.length > 0 && this.#pending[0]!.due <= end) {
      const entry = this.#pending.shift()!;
      this.#now = Math.max(this.#now, entry.due);
      entry.callback();
    }
    this.#now = end;
  }

  /** Like {@link advance}, but lets promise jobs run after every callback. */
  async advanceAsync(milliseconds: number): Promise<void> {
    const end = this.#now + milliseconds;
    await flushPromiseJobs();
    while (this.#pending.length > 0 && this.#pending[0]!.due <= end) {
      this.advance(this.#pending[0]!.due - this.#now);
      await flushPromiseJobs();
    }
    this.advance(end - this.#now);
    await flushPromiseJobs();
  }
}

async function flushPromiseJobs(): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
}
