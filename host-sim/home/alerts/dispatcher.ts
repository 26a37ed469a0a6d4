import type { Clock, ScheduledCallback } from "../../clock/clock";
import type { AlertEvent } from "./alert-event";
import type { AlertStore } from "./alert-store";
import type { Channel, Outcome } from "./channel";
import type { Alert } from "./record";

export interface DispatcherOptions {
  readonly store: Pick<AlertStore, "book" | "commit" | "durable">;
  readonly clock: Clock;
  /** 0 to below 1. */
  readonly random: () => number;
  /** `undefined` when the target is not there any more. */
  channel(target: string): Channel | undefined;
  /** After this an alert is not sent any more, ms. */
  readonly timeToLive: number;
  /** The service behind a target says that nobody is there. */
  onGone(target: string, reason: string): void;
  onEvent(event: AlertEvent): void;
}

/** POSTs under way to one target, while it answers; while it does not: one. */
const PARALLEL = 16;
/** POSTs of one alert to one target until it is given up: with the delays below, hours. */
export const MAXIMUM_ATTEMPTS = 20;
/** First and longest delay after a failure, ms; each is twice the one before. */
const FIRST_DELAY = 1_000;
const LONGEST_DELAY = 15 * 60_000;

/** An alert in its place. */
interface Waiting {
  readonly id: string;
  readonly place: number;
}

/** All that waits for one target, in order. */
interface Lane {
  readonly target: string;
  readonly queue: Waiting[];
  underWay: number;
  /** In a row. */
  failures: number;
  /** All there ever were. POSTs that were under way together fail together: that is one. */
  outages: number;
  /** ms since 1970. */
  notBefore: number;
  timer: ScheduledCallback | undefined;
}

/** A POST under way. */
interface Post {
  readonly lane: Lane;
  readonly waiting: Waiting;
  readonly alert: Alert;
  readonly channel: Channel;
  /** The lane's when it began. */
  readonly outages: number;
}

/**
 * Sends what the book says is waiting. Before each POST its intent is on disk, after it the result is noted: a kill in between leaves a
 * delivery open, and it is sent again after the start, with the same id. The back-off belongs to the target, not to the alert: a push
 * service that is down is asked once in a while, not once an alert.
 */
export class Dispatcher {
  readonly #options: DispatcherOptions;
  readonly #lanes = new Map<string, Lane>();
  readonly #underWay = new Set<Promise<void>>();
  #places = 0;
  #stopped = false;

  constructor(options: DispatcherOptions) {
    this.#options = options;
  }

  /** Takes up what waited when the service ended. */
  start(): void {
    for (const { alert, delivery } of this.#options.store.book.undelivered()) {
      const lane = this.#lane(delivery.target);
      lane.notBefore = Math.max(lane.notBefore, delivery.notBefore ?? 0);
      lane.queue.push({ id: alert.id, place: this.#places++ });
    }
    for (const lane of this.#lanes.values()) this.#pump(lane);
  }

  /** Sends an alert that the book has. */
  send(alert: Alert, targets: readonly string[]): void {
    for (const target of targets) {
      const lane = this.#lane(target);
      lane.queue.push({ id: alert.id, place: this.#places++ });
      this.#pump(lane);
    }
  }

  /** Waits for the POSTs that are under way, and begins no others. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const { timer } of this.#lanes.values()) this.#options.clock.cancel(timer);
    await Promise.all(this.#underWay);
  }

  #lane(target: string): Lane {
    const known = this.#lanes.get(target);
    if (known) return known;
    const lane: Lane = {
      target,
      queue: [],
      underWay: 0,
      failures: 0,
      outages: 0,
      notBefore: 0,
      timer: undefined,
    };
    this.#lanes.set(target, lane);
    return lane;
  }

  #pump(lane: Lane): void {
    const { clock } = this.#options;
    while (!this.#stopped && lane.queue.length > 0) {
      if (lane.underWay >= (lane.failures > 0 ? 1 : PARALLEL)) return;
      const wait = lane.notBefore - clock.date();
      if (wait > 0) {
        lane.timer ??= clock.schedule(() => {
          lane.timer = undefined;
          this.#pump(lane);
        }, wait);
        return;
      }
      this.#begin(lane, lane.queue.shift()!);
    }
    if (lane.queue.length === 0 && lane.underWay === 0 && lane.failures === 0)
      this.#lanes.delete(lane.target);
  }

  #begin(lane: Lane, waiting: Waiting): void {
    const { id } = waiting;
    const { book } = this.#options.store;
    const alert = book.alert(id);
    const delivery = book.delivery(id, lane.target);
    if (!alert || delivery?.state !== "waiting") return;
    const channel = this.#options.channel(lane.target);
    const end = this.#endOf(alert, delivery.attempts);
    if (!channel || end !== undefined) {
      this.#give(alert, lane.target, channel?.name ?? "?", end ?? "the target is not there any more");
      return;
    }
    lane.underWay += 1;
    const sending = this.#attempt(
      { lane, waiting, alert, channel, outages: lane.outages },
      delivery.attempts + 1,
    ).finally(() => {
      this.#underWay.delete(sending);
      lane.underWay -= 1;
      this.#pump(lane);
    });
    this.#underWay.add(sending);
  }

  /** Why an alert is not sent any more. */
  #endOf(alert: Alert, attempts: number): string | undefined {
    if (this.#remaining(alert) <= 0) return "too old";
    return attempts >= MAXIMUM_ATTEMPTS ? `given up after ${attempts} tries` : undefined;
  }

  async #attempt(post: Post, attempt: number): Promise<void> {
    const { store, clock } = this.#options;
    const { lane, alert, channel } = post;
    store.commit({ type: "attempt", alert: alert.id, target: lane.target, time: clock.date() });
    try {
      await store.durable();
    } catch {
      return; // the journal has failed, and the service ends
    }
    const timeToLive = Math.max(1, this.#remaining(alert));
    const outcome = await channel.send({ alert, attempt, timeToLive, now: clock.date() });
    this.#note(post, outcome);
  }

  #note(post: Post, outcome: Outcome): void {
    const { lane, waiting, alert, channel } = post;
    const { target } = lane;
    const { store, clock, onEvent, onGone } = this.#options;
    const { id } = alert;
    const to = channel.name;
    const time = clock.date();
    const attempts = store.book.delivery(id, target)?.attempts ?? 0;
    switch (outcome.result) {
      case "sent":
        // Begun after the last failure: the target is well again.
        if (post.outages === lane.outages) lane.failures = 0;
        store.commit({ type: "result", alert: id, target, result: "sent", time });
        onEvent({ event: "sent", time, id, to, attempts, latency: time - alert.time });
        break;
      case "retry": {
        const { reason } = outcome;
        const notBefore = this.#backOff(post, outcome.after);
        store.commit({ type: "result", alert: id, target, result: "retry", time, reason, notBefore });
        putBack(lane.queue, waiting);
        onEvent({ event: "retry", time, id, to, attempts, reason, in: notBefore - time });
        break;
      }
      case "failed":
        this.#give(alert, target, to, outcome.reason);
        break;
      case "gone":
        this.#give(alert, target, to, outcome.reason);
        for (const other of lane.queue.splice(0)) {
          const left = store.book.alert(other.id);
          if (left) this.#give(left, target, to, outcome.reason);
        }
        lane.failures = 0;
        onGone(target, outcome.reason);
        break;
    }
  }

  /** @returns when the target may be asked again, ms since 1970 */
  #backOff({ lane, outages }: Post, after: number | undefined): number {
    const { clock, random } = this.#options;
    if (outages === lane.outages) {
      lane.failures += 1;
      lane.outages += 1;
    }
    const longest = Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** Math.min(lane.failures - 1, 20));
    const delay = longest * (0.5 + random() / 2);
    lane.notBefore = Math.max(lane.notBefore, clock.date() + Math.max(delay, after ?? 0));
    return lane.notBefore;
  }

  #give(alert: Alert, target: string, to: string, reason: string): void {
    const { store, clock, onEvent } = this.#options;
    const time = clock.date();
    store.commit({ type: "result", alert: alert.id, target, result: "failed", time, reason });
    onEvent({ event: "failed", time, id: alert.id, to, reason });
  }

  #remaining(alert: Alert): number {
    return alert.time + this.#options.timeToLive - this.#options.clock.date();
  }
}

/** What failed is the oldest, so its place is at the front. */
function putBack(queue: Waiting[], waiting: Waiting): void {
  const at = queue.findIndex(({ place }) => place > waiting.place);
  queue.splice(at < 0 ? queue.length : at, 0, waiting);
}
