/** Messages published together. The next follow in another turn of the event loop when all are acknowledged; at QoS 0, written. */
export const BURST = 20;

export const PUBLISH_TOPIC = "home/temp";
export const PAYLOAD: Buffer = Buffer.from("0123456789abcdefghij");

export type QoS = 0 | 1 | 2;

/** A connected client under measurement. One call at a time. */
export interface BenchClient {
  readonly name: string;
  /**
   * Publishes `count` messages of 20 bytes, BURST of them at a time.
   * Resolves when all are acknowledged; at QoS 0 when one more at QoS 1 is, which the broker reads last.
   */
  publish(count: number, QoS: QoS): Promise<void>;
  /** Subscribes with QoS 1. */
  subscribe(topic: string): Promise<void>;
  /** Resolves when `count` more messages have arrived. */
  received(count: number): Promise<void>;
  close(): void;
}

/** Counts down to a callback. */
export class Countdown {
  #left = 0;
  #callback: (() => void) | undefined;

  start(count: number, callback: () => void): void {
    this.#left = count;
    this.#callback = callback;
  }

  wait(count: number): Promise<void> {
    return new Promise((resolve) => this.start(count, resolve));
  }

  count(): void {
    this.#left -= 1;
    if (this.#left === 0) this.#callback?.();
  }
}

/** BURST messages a turn. `send` gets how many, and calls back when they are done with. */
export function inBursts(count: number, send: (count: number, done: () => void) => void): Promise<void> {
  return new Promise((resolve) => {
    let left = count;
    const turn = () => {
      if (left === 0) {
        resolve();
        return;
      }
      const now = Math.min(BURST, left);
      left -= now;
      send(now, () => setImmediate(turn));
    };
    turn();
  });
}
