import type { PinSpecifier } from "embedded:io/_common";
import type PWM from "embedded:io/pwm";
import type Timer from "timer";

const MAXIMUM_BRIGHTNESS = 255;
const STEP_MILLISECONDS = 20; // 50 steps a second: the eye sees a slope

export interface LampOptions {
  lamp: {
    io: typeof PWM;
    pin: PinSpecifier;
    /** PWM frequency; default the bus's. */
    hz?: number;
    /** Duty resolution in bits, where the host can choose it; more bits, smoother at the dark end. */
    resolution?: number;
  };
  /** The `timer` module. */
  timer: Pick<typeof Timer, "repeat" | "clear">;
  /** Milliseconds from one brightness to the next; default 0, at once. */
  fade?: number;
  /** Exponent from brightness, as the eye sees it, to light, as the LED gives it; default 2.2. */
  gamma?: number;
}

/** The typings of ECMA-419's PWM leave `close` out. */
type Output = PWM & { close(): void };

/**
 * A lamp dimmed by PWM: ECMA-419 Peripheral Class Pattern. Brightness is perceived brightness, 0 to 255, as Home
 * Assistant counts it. The gamma curve uses every step of the PWM: brightness 1 is at least one step of light, 0 is
 * exactly off and 255 exactly on.
 */
export default class Lamp {
  readonly #timer: LampOptions["timer"];
  readonly #fade: number;
  readonly #gamma: number;
  readonly #maximumDuty: number;
  #io: Output | undefined;
  #duty = -1;
  /** Where the fade is going; what `brightness` tells. */
  #brightness = 0;
  /** Where the fade is now, 0 to 255 and between. */
  #level = 0;
  #stepsLeft = 0;
  #fading: Timer | undefined;

  /**
   * Takes the pin and switches the lamp off.
   * @throws {RangeError} if `fade` is negative or `gamma` not above 0
   * @throws what the pin throws: in use, invalid
   */
  constructor(options: LampOptions) {
    const { lamp, fade = 0, gamma = 2.2 } = options;
    if (!(gamma > 0)) throw new RangeError(`gamma ${gamma} is not above 0`);
    assertFade(fade);
    this.#timer = options.timer;
    this.#fade = fade;
    this.#gamma = gamma;
    this.#io = new lamp.io(lamp) as Output;
    this.#maximumDuty = 2 ** this.#io.resolution - 1;
    this.#show(0);
  }

  /** Whether the lamp is on, or on its way there. */
  get on(): boolean {
    return this.#brightness > 0;
  }

  /** The brightness last written, 0 to 255, from the start of its fade. */
  get brightness(): number {
    return this.#brightness;
  }

  /**
   * Fades from where the lamp is to `brightness`; a fade that is under way ends where it is.
   * @param brightness - integer, 0 (off) to 255
   * @param fade - milliseconds for this change; default the option `fade`
   * @throws {RangeError} for any other brightness or a negative fade
   */
  write(brightness: number, fade: number = this.#fade): void {
    if (!(brightness >= 0 && brightness <= MAXIMUM_BRIGHTNESS) || brightness !== Math.trunc(brightness))
      throw new RangeError(`brightness ${brightness} is not an integer from 0 to ${MAXIMUM_BRIGHTNESS}`);
    assertFade(fade);
    if (!this.#io) throw new Error("the lamp is closed");
    this.#brightness = brightness;
    this.#stepsLeft = brightness === this.#level ? 0 : Math.ceil(fade / STEP_MILLISECONDS);
    if (this.#stepsLeft === 0) {
      this.#stop();
      this.#show(brightness);
    } else this.#fading ??= this.#timer.repeat(() => this.#step(), STEP_MILLISECONDS);
  }

  /** Switches the lamp off, at once, and releases the pin. */
  close(): void {
    const io = this.#io;
    if (!io) return;
    this.#stop();
    this.#brightness = 0;
    this.#show(0);
    this.#io = undefined;
    io.close();
  }

  #step(): void {
    const level = this.#level + (this.#brightness - this.#level) / this.#stepsLeft;
    this.#stepsLeft -= 1;
    if (this.#stepsLeft > 0) {
      this.#show(level);
      return;
    }
    this.#stop();
    this.#show(this.#brightness);
  }

  #stop(): void {
    this.#timer.clear(this.#fading);
    this.#fading = undefined;
  }

  #show(level: number): void {
    this.#level = level;
    let duty = Math.round((level / MAXIMUM_BRIGHTNESS) ** this.#gamma * this.#maximumDuty);
    if (duty === 0 && level > 0) duty = 1;
    if (duty === this.#duty) return;
    this.#duty = duty;
    this.#io?.write(duty);
  }
}

function assertFade(fade: number): void {
  if (!(fade >= 0 && fade < Number.POSITIVE_INFINITY))
    throw new RangeError(`fade ${fade} ms is not a finite number of 0 or more`);
}
