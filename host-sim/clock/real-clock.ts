import type { Clock, ScheduledCallback } from "./clock";

interface Entry extends ScheduledCallback {
  /** Undoes the host's timer. */
  readonly cancel: () => void;
}

/** The desktop's own time. `close()` cancels whatever still waits, so that a stopped house leaves nothing behind. */
export class RealClock implements Clock {
  readonly #start = performance.now();
  readonly #pending = new Set<Entry>();

  now(): number {
    return performance.now() - this.#start;
  }

  date(): number {
    return Date.now();
  }

  schedule(callback: () => void, delay: number): ScheduledCallback {
    const run = (): void => {
      this.#pending.delete(entry);
      callback();
    };
    const entry: Entry = { due: this.now() + delay, cancel: hostTimer(run, delay) };
    this.#pending.add(entry);
    return entry;
  }

  cancel(scheduled: ScheduledCallback | undefined): void {
    if (!scheduled) return;
    (scheduled as Entry).cancel();
    this.#pending.delete(scheduled as Entry);
  }

  close(): void {
    for (const entry of this.#pending) entry.cancel();
    this.#pending.clear();
  }
}

/** `setTimeout(0)` waits a millisecond: an age where every callback of a socket goes through the clock. */
function hostTimer(run: () => void, delay: number): () => void {
  if (delay > 0) {
    const timeout = setTimeout(run, delay);
    return () => clearTimeout(timeout);
  }
  const immediate = setImmediate(run);
  return () => clearImmediate(immediate);
}
