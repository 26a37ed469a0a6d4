import type { ScheduledCallback } from "../../clock/clock";
import type { Part, PartConnections } from "../part";
import type { Pin } from "../pin";
import type { Random } from "../random";

export interface PushButtonPartOptions {
  /** GPIO that the contact connects to ground. The contact has no resistor: firmware must pull up. */
  readonly pin: number;
  /** Longest time in ms for which the contact bounces after each change; default 5, 0 for a perfect contact. */
  readonly bounceTime?: number;
  /** Default the board's. */
  readonly random?: Random;
}

const MOST_BOUNCES = 4;

/** A push button to ground, whose contact bounces at press and release. */
export class PushButtonPart implements Part {
  readonly #options: PushButtonPartOptions;
  #connections: PartConnections | undefined;
  #pin: Pin | undefined;
  #isPressed = false;
  readonly #pending = new Set<ScheduledCallback>();
  #release: ScheduledCallback | undefined;

  constructor(options: PushButtonPartOptions) {
    this.#options = options;
  }

  /** Whether a finger is on it; the contact follows after its bounces. */
  get isPressed(): boolean {
    return this.#isPressed;
  }

  connect(connections: PartConnections): void {
    this.#connections = connections;
    this.#pin = connections.pin(this.#options.pin);
  }

  disconnect(): void {
    this.#cancelBounces();
    this.#connections?.clock.cancel(this.#release);
    this.#pin?.drive(this, undefined);
    this.#connections = undefined;
  }

  /**
   * Presses the button.
   * @param duration - ms until it is let go by itself; default 100; `Infinity` waits for `release`
   */
  press(duration: number = 100): void {
    const { clock } = this.#attached();
    clock.cancel(this.#release);
    this.#release = Number.isFinite(duration) ? clock.schedule(() => this.release(), duration) : undefined;
    this.#move(true);
  }

  release(): void {
    this.#attached().clock.cancel(this.#release);
    this.#release = undefined;
    this.#move(false);
  }

  #attached(): PartConnections {
    if (!this.#connections) throw new Error("push button is not attached to a board");
    return this.#connections;
  }

  #move(pressed: boolean): void {
    if (pressed === this.#isPressed) return;
    this.#isPressed = pressed;
    this.#cancelBounces();
    const { clock, random: boardRandom } = this.#attached();
    const { bounceTime = 5, random = boardRandom } = this.#options;
    this.#contact(pressed);
    if (bounceTime === 0) return;
    const bounces = 1 + Math.floor(random() * MOST_BOUNCES);
    const times = Array.from({ length: 2 * bounces }, () => random() * bounceTime).sort((a, b) => a - b);
    // An even number of changes: open, closed, ... ends where the finger left it.
    times.forEach((time, index) => {
      const closed = index % 2 === 0 ? !pressed : pressed;
      const scheduled = clock.schedule(() => {
        this.#pending.delete(scheduled);
        this.#contact(closed);
      }, time);
      this.#pending.add(scheduled);
    });
  }

  #cancelBounces(): void {
    for (const scheduled of this.#pending) this.#connections?.clock.cancel(scheduled);
    this.#pending.clear();
  }

  #contact(closed: boolean): void {
    this.#pin?.drive(this, closed ? 0 : undefined);
  }
}
