import type { Clock, ScheduledCallback } from "../clock/clock";

interface Item<T> {
  value: T;
  readonly due: number;
}

/** What `take` did with the head of the queue. */
export const TAKEN = 0;
export const BLOCKED = 1;

/**
 * Values on their way through a network: each arrives after its delay, none overtakes another, and none arrives while
 * the way is closed.
 */
export class OrderedQueue<T> {
  readonly #clock: Clock;
  readonly #isOpen: () => boolean;
  readonly #take: (value: T) => number;
  #items: Item<T>[] = [];
  #scheduled: ScheduledCallback | undefined;
  #pumping = false;

  /** @param take - receives the head when it is due; returns `BLOCKED` to leave it there until the next `pump` */
  constructor(clock: Clock, isOpen: () => boolean, take: (value: T) => number) {
    this.#clock = clock;
    this.#isOpen = isOpen;
    this.#take = take;
  }

  get length(): number {
    return this.#items.length;
  }

  push(value: T, delay: number): void {
    const last = this.#items.at(-1);
    this.#items.push({ value, due: Math.max(last ? last.due : 0, this.#clock.now() + delay) });
    this.pump();
  }

  /** Replaces the head: the rest of a value that was taken in part. */
  replaceHead(value: T): void {
    this.#items[0]!.value = value;
  }

  /** Moves on what is due. Call it when the way opens or the taker has room again. */
  pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    this.#clock.cancel(this.#scheduled);
    this.#scheduled = undefined;
    try {
      while (this.#items.length > 0 && this.#isOpen() && this.#items[0]!.due <= this.#clock.now())
        if (!this.#takeHead()) return;
    } finally {
      this.#pumping = false;
    }
    this.#schedule();
  }

  #takeHead(): boolean {
    const head = this.#items[0]!;
    if (this.#take(head.value) === BLOCKED) return false;
    // The taker may have cleared the queue.
    if (this.#items[0] === head) this.#items.shift();
    return true;
  }

  #schedule(): void {
    const head = this.#items[0];
    if (!head || !this.#isOpen()) return;
    this.#scheduled = this.#clock.schedule(
      () => {
        this.#scheduled = undefined;
        this.pump();
      },
      Math.max(0, head.due - this.#clock.now()),
    );
  }

  clear(): void {
    this.#items = [];
    this.#clock.cancel(this.#scheduled);
    this.#scheduled = undefined;
  }
}
