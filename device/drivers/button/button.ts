import type { PinSpecifier } from "embedded:io/_common";
import type Digital from "embedded:io/digital";
import type Timer from "timer";

export interface ButtonOptions {
  button: {
    io: typeof Digital;
    pin: PinSpecifier;
    /** Default `io.InputPullUp`: the button connects the pin to ground. */
    mode?: typeof Digital.InputPullUp;
  };
  /** The `timer` module. */
  timer: Pick<typeof Timer, "set" | "schedule" | "clear">;
  /** Milliseconds for which the contact must be quiet to count; default 20, 0 takes every edge as it comes. */
  debounce?: number;
  target?: unknown;
  /** The button went down and stayed down; once for each press, however long. */
  onPress?: (this: Button) => void;
}

/** A push button between a pin and ground; contacts that bounce count once. ECMA-419 Peripheral Class Pattern. */
export default class Button {
  readonly target: unknown;
  readonly #timer: ButtonOptions["timer"];
  readonly #debounce: number;
  readonly #onPress: ButtonOptions["onPress"];
  #io: Digital | undefined;
  #settling: Timer | undefined;
  #pressed: boolean;

  /**
   * @throws {RangeError} if `debounce` is negative or not a number
   * @throws what the pin throws: in use, invalid
   */
  constructor(options: ButtonOptions) {
    const { button, debounce = 20 } = options;
    if (!(debounce >= 0)) throw new RangeError(`debounce ${debounce} ms is not 0 or more`);
    this.target = options.target;
    this.#timer = options.timer;
    this.#debounce = debounce;
    this.#onPress = options.onPress;
    const { io } = button;
    this.#io = new io({
      pin: button.pin,
      mode: button.mode ?? io.InputPullUp,
      edge: io.Rising | io.Falling,
      target: this,
      onReadable: Button.#onReadable,
    });
    this.#pressed = this.#io.read() === 0;
  }

  /** The debounced state. */
  get pressed(): boolean {
    return this.#pressed;
  }

  /** Releases the pin; no callback follows. */
  close(): void {
    this.#timer.clear(this.#settling);
    this.#settling = undefined;
    this.#io?.close();
    this.#io = undefined;
  }

  static readonly #onReadable = function (this: Digital): void {
    const button = (this as Digital & { target: Button }).target;
    if (!button.#io) return;
    if (button.#debounce === 0) button.#settle();
    else if (button.#settling) button.#timer.schedule(button.#settling, button.#debounce);
    else button.#settling = button.#timer.set(() => button.#settle(), button.#debounce);
  };

  #settle(): void {
    this.#settling = undefined;
    const pressed = this.#io?.read() === 0;
    if (pressed === this.#pressed) return;
    this.#pressed = pressed;
    if (pressed) this.#onPress?.();
  }
}
