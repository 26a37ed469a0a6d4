import type { PinSpecifier } from "embedded:io/_common";
import type Digital from "embedded:io/digital";
import type Timer from "timer";

export interface PIROptions {
  sensor: {
    io: typeof Digital;
    pin: PinSpecifier;
    /** Default `io.Input`: the sensor drives its output both ways. */
    mode?: typeof Digital.InputPullUp;
  };
  /** The `timer` module. */
  timer: Pick<typeof Timer, "set" | "schedule" | "clear">;
  /** Milliseconds for which the output must hold a new level to count; default 50, 0 takes every edge as it comes. */
  debounce?: number;
  target?: unknown;
  /** Motion began (`true`) or ended (`false`). */
  onMotion?: (this: PIR, moving: boolean) => void;
}

/**
 * Passive infrared motion sensor with a digital output, high while it sees motion (HC-SR501, AM312): ECMA-419 Sensor
 * Class Pattern. Both edges are watched; a pulse shorter than `debounce` is electrical noise and is not reported.
 */
export default class PIR {
  readonly target: unknown;
  readonly #timer: PIROptions["timer"];
  readonly #debounce: number;
  readonly #onMotion: PIROptions["onMotion"];
  #io: Digital | undefined;
  #settling: Timer | undefined;
  #motion: boolean;

  /**
   * @throws {RangeError} if `debounce` is negative or not a number
   * @throws what the pin throws: in use, invalid
   */
  constructor(options: PIROptions) {
    const { sensor, debounce = 50 } = options;
    if (!(debounce >= 0)) throw new RangeError(`debounce ${debounce} ms is not 0 or more`);
    this.target = options.target;
    this.#timer = options.timer;
    this.#debounce = debounce;
    this.#onMotion = options.onMotion;
    const { io } = sensor;
    this.#io = new io({
      pin: sensor.pin,
      mode: sensor.mode ?? io.Input,
      edge: io.Rising | io.Falling,
      target: this,
      onReadable: PIR.#onReadable,
    });
    this.#motion = this.#io.read() === 1;
  }

  /** The debounced state of the output. */
  sample(): { motion: boolean } {
    return { motion: this.#motion };
  }

  /** Releases the pin; no callback follows. */
  close(): void {
    this.#timer.clear(this.#settling);
    this.#settling = undefined;
    this.#io?.close();
    this.#io = undefined;
  }

  static readonly #onReadable = function (this: Digital): void {
    const pir = (this as Digital & { target: PIR }).target;
    if (!pir.#io) return;
    if (pir.#debounce === 0) pir.#settle();
    else if (pir.#settling) pir.#timer.schedule(pir.#settling, pir.#debounce);
    else pir.#settling = pir.#timer.set(() => pir.#settle(), pir.#debounce);
  };

  #settle(): void {
    this.#settling = undefined;
    const motion = this.#io?.read() === 1;
    if (motion === this.#motion) return;
    this.#motion = motion;
    this.#onMotion?.(motion);
  }
}
