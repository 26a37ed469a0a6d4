import type { Clock, ScheduledCallback } from "./clock";

interface Entry extends ScheduledCallback {
  readonly timeout: NodeJS.Timeout;
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
    const entry: Entry = {
      due: this.now() + delay,
      timeout: setTimeout(() => {
        this.#pending.delete(entry);
        callback();
      }, delay),
    };
    this.#pending.add(entry);
    return entry;
  }

  cancel(scheduled: ScheduledCallback | undefined): void {
    if (!scheduled) return;
    clearTimeout((scheduled as Entry).timeout);
    this.#pending.delete(scheduled as Entry);
  }

  close(): void {
    for (const entry of this.#pending) clearTimeout(entry.timeout);
    this.#pending.clear();
  }
}
