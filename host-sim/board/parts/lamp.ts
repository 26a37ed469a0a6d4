import type { Part, PartConnections } from "../part";
import type { Pin } from "../pin";

export interface LampPartOptions {
  /** GPIO of the LED driver's input. */
  readonly pin: number;
  /** Electrical power at full duty, in W; default 9. */
  readonly watts?: number;
  /** Power of the driver when dark, in W; default 0.1. */
  readonly standbyWatts?: number;
  /** Luminous flux at full duty, in lm; default 800. */
  readonly lumens?: number;
}

/** An LED lamp behind a driver that follows its pin: light is proportional to the duty of the PWM. */
export class LampPart implements Part {
  readonly #options: Required<LampPartOptions>;
  #pin: Pin | undefined;
  #unwatch: (() => void) | undefined;
  #output = 0;

  /** Called with every change of the luminous output. */
  onChange: ((output: number) => void) | undefined;

  constructor(options: LampPartOptions) {
    this.#options = { watts: 9, standbyWatts: 0.1, lumens: 800, ...options };
  }

  connect(connections: PartConnections): void {
    this.#pin = connections.pin(this.#options.pin);
    this.#unwatch = this.#pin.watch(() => this.#update());
    this.#update();
  }

  disconnect(): void {
    this.#unwatch?.();
    this.#pin = undefined;
    this.#update();
  }

  /** Luminous output, 0 (dark) to 1 (full). The eye sees it as about output ** (1 / 2.2). */
  get output(): number {
    return this.#output;
  }

  /** Luminous flux in lm. */
  get lumens(): number {
    return this.#output * this.#options.lumens;
  }

  /** Electrical power in W, nearly all of which warms the room in the end. */
  get watts(): number {
    const { watts, standbyWatts } = this.#options;
    return standbyWatts + this.#output * (watts - standbyWatts);
  }

  /** Frequency of the PWM in Hz; 0 when the pin is not driven by PWM. Below about 100 Hz the lamp flickers. */
  get hz(): number {
    return this.#pin?.hz ?? 0;
  }

  #update(): void {
    const output = this.#pin?.duty ?? 0;
    if (output === this.#output) return;
    this.#output = output;
    this.onChange?.(output);
  }
}
