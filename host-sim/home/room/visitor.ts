import type { Clock, ScheduledCallback } from "../../clock/clock";

export interface VisitorOptions {
  readonly clock: Clock;
  /** Random numbers of 0 or more, less than 1, of a generator of this house. */
  readonly random: () => number;
  /** Something moves in the room; called several times during a visit. */
  readonly onMotion: () => void;
  /** The visitor presses the button of the lamp, once a visit. */
  readonly onButton: () => void;
  /** Milliseconds from start to the visits that are certain; default 1,500 and 5,500. */
  readonly certainVisits?: readonly number[];
  /** Mean of the random time between later visits in ms, above the shortest; default 20,000. */
  readonly meanInterval?: number;
}

/** Milliseconds from one motion to the next while the visitor is in the room. */
const STRIDE = 200;
/** Strides to cross the room. */
const STRIDES = 6;
/** At this stride the visitor is at the button. */
const BUTTON_STRIDE = 2;
/** Milliseconds for which the room is certainly empty between two random visits, so that a PIR sensor comes to rest. */
const SHORTEST_INTERVAL = 5000;

/** Somebody who crosses the room now and then, and switches the lamp on the way. */
export class Visitor {
  readonly #options: VisitorOptions;
  readonly #pending = new Set<ScheduledCallback>();
  #stride: number | undefined;

  /** Visits begun. */
  visits = 0;

  constructor(options: VisitorOptions) {
    this.#options = options;
  }

  /** Where the visitor is: 0 (door) to 1 (far wall); `undefined` while the room is empty. */
  get position(): number | undefined {
    return this.#stride === undefined ? undefined : this.#stride / STRIDES;
  }

  /** Begins the day: the certain visits, then random ones. */
  start(): void {
    const { certainVisits = [1500, 5500] } = this.#options;
    let last = 0;
    for (const time of certainVisits) {
      this.#schedule(() => this.visit(), time);
      last = Math.max(last, time);
    }
    this.#schedule(() => this.#visitLater(), last);
  }

  /** The visitor goes at once and does not come back. */
  stop(): void {
    for (const scheduled of this.#pending) this.#options.clock.cancel(scheduled);
    this.#pending.clear();
    this.#stride = undefined;
  }

  /** Comes in now; nothing happens when the visitor is in the room already. */
  visit(): void {
    if (this.#stride !== undefined) return;
    this.visits += 1;
    this.#stride = 0;
    this.#step();
  }

  #step(): void {
    const stride = this.#stride ?? 0;
    this.#options.onMotion();
    if (stride === BUTTON_STRIDE) this.#options.onButton();
    this.#schedule(() => {
      this.#stride = stride < STRIDES ? stride + 1 : undefined;
      if (this.#stride !== undefined) this.#step();
    }, STRIDE);
  }

  #visitLater(): void {
    const { random, meanInterval = 20_000 } = this.#options;
    // Visits that do not know of each other: exponentially distributed intervals.
    const interval = SHORTEST_INTERVAL - meanInterval * Math.log(1 - random());
    this.#schedule(() => {
      this.visit();
      this.#visitLater();
    }, interval);
  }

  #schedule(callback: () => void, delay: number): void {
    const scheduled = this.#options.clock.schedule(() => {
      this.#pending.delete(scheduled);
      callback();
    }, delay);
    this.#pending.add(scheduled);
  }
}
