import type { ScheduledCallback } from "../../clock/clock";
import type { Part, PartConnections } from "../part";
import type { Pin } from "../pin";

export interface PIRPartOptions {
  /** GPIO that the module's output is wired to. */
  readonly pin: number;
  /** Milliseconds that the output stays high after motion; set on the module by a potentiometer. Default 1,500. */
  readonly holdTime?: number;
  /** Milliseconds after the falling edge in which the module is blind. Default 200 (HC-SR501 modules: up to 2,500). */
  readonly blockTime?: number;
  /** Jumper: whether motion while high starts the hold time again (H) or not (L). Default true. */
  readonly retriggers?: boolean;
  /** Milliseconds after power-up in which the module is blind. Default 0 (the real one needs up to 60,000). */
  readonly warmUpTime?: number;
}

/** Passive infrared motion sensor module, such as HC-SR501: a push-pull output, high while something moves. */
export class PIRPart implements Part {
  readonly #options: Required<PIRPartOptions>;
  #connections: PartConnections | undefined;
  #pin: Pin | undefined;
  #falling: ScheduledCallback | undefined;
  #blindUntil = 0;
  #isHigh = false;

  /** Called with every change of the output. */
  onChange: ((moving: boolean) => void) | undefined;

  constructor(options: PIRPartOptions) {
    this.#options = { holdTime: 1500, blockTime: 200, retriggers: true, warmUpTime: 0, ...options };
  }

  /** Whether the output is high. */
  get isHigh(): boolean {
    return this.#isHigh;
  }

  connect(connections: PartConnections): void {
    this.#connections = connections;
    this.#pin = connections.pin(this.#options.pin);
    this.powerCycle();
  }

  disconnect(): void {
    this.#connections?.clock.cancel(this.#falling);
    this.#pin?.drive(this, undefined);
    this.#connections = undefined;
  }

  powerCycle(): void {
    const { clock } = this.#attached();
    clock.cancel(this.#falling);
    this.#falling = undefined;
    this.#blindUntil = clock.now() + this.#options.warmUpTime;
    this.#output(false);
  }

  /** Something warm moves in front of the module, now. */
  motion(): void {
    const { clock } = this.#attached();
    if (clock.now() < this.#blindUntil) return;
    if (this.#isHigh && !this.#options.retriggers) return;
    clock.cancel(this.#falling);
    this.#falling = clock.schedule(() => {
      this.#falling = undefined;
      this.#blindUntil = clock.now() + this.#options.blockTime;
      this.#output(false);
    }, this.#options.holdTime);
    this.#output(true);
  }

  #attached(): PartConnections {
    if (!this.#connections) throw new Error("PIR is not attached to a board");
    return this.#connections;
  }

  #output(high: boolean): void {
    const changed = high !== this.#isHigh;
    this.#isHigh = high;
    this.#pin?.drive(this, high ? 1 : 0);
    if (changed) this.onChange?.(high);
  }
}
