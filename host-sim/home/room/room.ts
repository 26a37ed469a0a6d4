import type { Clock } from "../../clock/clock";

export interface RoomOptions {
  readonly clock: Clock;
  /** Daily mean in degrees Celsius; default 21. */
  readonly meanTemperature?: number;
  /** Half the difference between the warmest and the coldest hour, in kelvin; default 1.5. */
  readonly amplitude?: number;
  /** Hour of the house's day, 0 to 24, at which it is warmest; default 15. */
  readonly warmestHour?: number;
  /** Hours that the house's day is ahead of UTC; default 0. */
  readonly utcOffset?: number;
  /** Kelvin that the room settles above its surroundings for each watt of the lamp; default 0.1. */
  readonly thermalResistance?: number;
  /** Milliseconds in which the room covers 63 % of the way to a new balance; default 900,000 (15 minutes). */
  readonly timeConstant?: number;
}

export interface TemperatureStep {
  /** Stay at the temperature until `releaseTemperature`; default false. */
  readonly hold?: boolean;
  /** Milliseconds in which 63 % of the difference from the natural temperature is gone; default 600,000. */
  readonly decay?: number;
}

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const DEFAULT_DECAY = 600_000;
const SUNRISE = 6;
const DAYLIGHT_HOURS = 12;

/**
 * The air of one room: a daily curve, plus what the lamp adds to it by a first-order thermal model
 * (d excess / dt = (watts * thermalResistance - excess) / timeConstant), plus what a scenario imposes.
 */
export class Room {
  readonly #clock: Clock;
  readonly #options: Required<Omit<RoomOptions, "clock">>;
  #watts = 0;
  #lampOutput = 0;
  /** Kelvin by which the lamp had warmed the room at `#excessTime`. */
  #excess = 0;
  #excessTime: number;
  #imposed: { readonly kelvin: number; readonly since: number; readonly decay: number } | undefined;
  #held: number | undefined;

  constructor({ clock, ...options }: RoomOptions) {
    this.#clock = clock;
    this.#options = {
      meanTemperature: 21,
      amplitude: 1.5,
      warmestHour: 15,
      utcOffset: 0,
      thermalResistance: 0.1,
      timeConstant: 900_000,
      ...options,
    };
    this.#excessTime = clock.now();
  }

  /** Degrees Celsius, now. */
  get temperature(): number {
    if (this.#held !== undefined) return this.#held;
    return this.#naturalTemperature() + this.#imposedKelvin();
  }

  /** Daylight in the window, 0 at night to 1 at noon. */
  get daylight(): number {
    const sun = Math.sin((Math.PI * (this.#hour() - SUNRISE)) / DAYLIGHT_HOURS);
    return Math.max(0, sun);
  }

  /** Luminous output of the lamp, 0 to 1. */
  get lampOutput(): number {
    return this.#lampOutput;
  }

  /**
   * Tells the room what its lamp does from now on.
   * @param output - luminous output, 0 to 1
   * @param watts - electrical power in W, all of which becomes heat
   */
  setLamp(output: number, watts: number): void {
    this.#excess = this.#lampExcess();
    this.#excessTime = this.#clock.now();
    this.#watts = watts;
    this.#lampOutput = output;
  }

  /** Somebody opens a window or lights the stove: the air has this temperature now, in degrees Celsius. */
  setTemperature(celsius: number, { hold = false, decay = DEFAULT_DECAY }: TemperatureStep = {}): void {
    if (!Number.isFinite(celsius)) throw new RangeError(`temperature ${celsius} is not a number`);
    if (!(decay > 0)) throw new RangeError(`decay ${decay} ms is not above 0`);
    this.#imposed = { kelvin: celsius - this.#naturalTemperature(), since: this.#clock.now(), decay };
    this.#held = hold ? celsius : undefined;
  }

  /** Ends a hold: the temperature goes back to its natural course. */
  releaseTemperature(): void {
    const held = this.#held;
    if (held === undefined) return;
    this.setTemperature(held, { decay: this.#imposed?.decay ?? DEFAULT_DECAY });
  }

  #hour(): number {
    return ((this.#clock.date() + this.#options.utcOffset * HOUR) % DAY) / HOUR;
  }

  #naturalTemperature(): number {
    const { meanTemperature, amplitude, warmestHour } = this.#options;
    const daily = amplitude * Math.cos((2 * Math.PI * (this.#hour() - warmestHour)) / 24);
    return meanTemperature + daily + this.#lampExcess();
  }

  #lampExcess(): number {
    const balance = this.#watts * this.#options.thermalResistance;
    const elapsed = this.#clock.now() - this.#excessTime;
    return balance + (this.#excess - balance) * Math.exp(-elapsed / this.#options.timeConstant);
  }

  #imposedKelvin(): number {
    if (!this.#imposed) return 0;
    const { kelvin, since, decay } = this.#imposed;
    return kelvin * Math.exp(-(this.#clock.now() - since) / decay);
  }
}
