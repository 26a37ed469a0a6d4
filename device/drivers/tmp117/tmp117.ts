import type { PinSpecifier, PortSpecifier } from "embedded:io/_common";
import type I2C from "embedded:io/i2c";

// Registers (TI SNOSD82D, section 7.6 "Register Map")
const TEMPERATURE_RESULT = 0x00;
const CONFIGURATION = 0x01;
const DEVICE_IDENTIFIER = 0x0f;

// Fields of the configuration register (section 7.6, "Configuration Register")
const DATA_READY = 0x2000;
const MODE_MASK = 0x0c00;
const MODE_SHUTDOWN = 0x0400;
const MODE_ONE_SHOT = 0x0c00;
const CONVERSION_SHIFT = 7;
const CONVERSION_MASK = 0x0380;
const AVERAGING_MASK = 0x0060;
const FACTORY_CONFIGURATION = 0x0220; // continuous, CONV = 100, AVG = 01: one conversion of 8 averages a second

const DEVICE_MASK = 0x0fff; // bits 15:12 are the revision
const TMP117_DEVICE = 0x117;
const CELSIUS_PER_BIT = 0.0078125; // section 7.3.3 "Temperature Result and Limits"
const CONVERSION_MILLISECONDS = 15.5; // one conversion without averaging (section 7.3.2 "Averaging")

/** How many conversions the chip averages into one result; section 7.3.2. */
export type Averaging = 0 | 8 | 32 | 64;

export interface TMP117Configuration {
  /** Conversions averaged into one result, 15.5 ms each; default 8. */
  averaging?: Averaging;
  /** CONV field, 0 (as fast as it can) to 7 (every 16 s); default 4 (every second). See {@link conversionCycle}. */
  conversionRate?: number;
  /** `true`: sleep between samples; `sample()` then starts one conversion and a later `sample()` returns it. Default `false`. */
  shutdownMode?: boolean;
}

export interface TMP117Options {
  sensor: {
    io: typeof I2C;
    data: PinSpecifier;
    clock: PinSpecifier;
    port?: PortSpecifier;
    /** Bus speed, up to 400,000 (the default). */
    hz?: number;
    /** 0x48 (ADD0 to ground, the default) to 0x4b; section 7.5.3.1.2. */
    address?: number;
  };
  target?: unknown;
  /** The chip does not answer, or is not a TMP117. Called during `sample()` and `configure()`, never by the constructor. */
  onError?: (this: TMP117, error: Error) => void;
}

/** The typings of ECMA-419's I2C leave `close` out. */
type Bus = I2C & { close(): void };

/**
 * TI TMP117 digital temperature sensor on I2C: ECMA-419 Sensor Class Pattern, datasheet SNOSD82D.
 *
 * A chip that does not answer is reported and tried again by the next `sample()`, which identifies and configures it
 * anew: a sensor that is plugged in late, or that lost its power, comes back by itself.
 * @example
 * const sensor = new TMP117({ sensor: { io: device.io.I2C, ...device.I2C.default, address: 0x48 } });
 * const celsius = sensor.sample()?.temperature;
 */
export default class TMP117 {
  readonly target: unknown;
  #io: Bus | undefined;
  readonly #onError: TMP117Options["onError"];
  readonly #address: number;
  /** As on the bus: pointer byte, most significant byte, least significant byte (section 7.5.3.1.3). */
  readonly #bytes: Uint8Array = new Uint8Array(3);
  readonly #pointer: Uint8Array = this.#bytes.subarray(0, 1);
  readonly #word: Uint8Array = this.#bytes.subarray(1, 3);
  #configuration: number = FACTORY_CONFIGURATION;
  #configured = false;

  /**
   * Opens the bus and configures the chip if it answers.
   * @throws what the bus throws: pins in use, invalid address
   */
  constructor(options: TMP117Options) {
    this.target = options.target;
    this.#onError = options.onError;
    const bus = { hz: 400_000, address: 0x48, ...options.sensor };
    this.#address = bus.address;
    this.#io = new options.sensor.io(bus) as Bus;
    try {
      this.#begin();
    } catch {
      // Callbacks must not run inside a constructor (ECMA-419 clause 8): the first sample() tries again and reports.
    }
  }

  /**
   * Writes the configuration register; fields left out keep their value.
   * @throws {RangeError} for a value the chip has no code for
   */
  configure(options: TMP117Configuration): void {
    const { averaging, conversionRate, shutdownMode } = options;
    let configuration = this.#configuration;
    if (averaging !== undefined)
      configuration = (configuration & ~AVERAGING_MASK) | averagingField(averaging);
    if (conversionRate !== undefined)
      configuration = (configuration & ~CONVERSION_MASK) | conversionField(conversionRate);
    if (shutdownMode !== undefined)
      configuration = (configuration & ~MODE_MASK) | (shutdownMode ? MODE_SHUTDOWN : 0);
    this.#configuration = configuration;
    try {
      if (this.#configured) this.#write(CONFIGURATION, configuration);
      else this.#begin();
    } catch (error) {
      this.#fail(error);
    }
  }

  /**
   * The newest conversion, once.
   * @returns °C, -256 to 255.99 in steps of 0.0078125; `undefined` while no new conversion is complete, and when the
   * chip cannot be read, which `onError` tells before this returns
   */
  sample(): { temperature: number } | undefined {
    try {
      if (!this.#configured) this.#begin();
      const status = this.#read(CONFIGURATION); // this read clears Data_Ready
      this.#restore(status);
      if (status & DATA_READY) {
        const bits = this.#read(TEMPERATURE_RESULT);
        return { temperature: ((bits << 16) >> 16) * CELSIUS_PER_BIT }; // two's complement
      }
      // Section 7.4.3: a one-shot conversion ends in shutdown mode, with Data_Ready set.
      if ((status & MODE_MASK) === MODE_SHUTDOWN && this.#configuration & MODE_SHUTDOWN)
        this.#write(CONFIGURATION, this.#configuration | MODE_ONE_SHOT);
    } catch (error) {
      this.#fail(error);
    }
    return undefined;
  }

  /** Puts the chip to sleep (section 7.4.2) if it answers, and releases the bus. */
  close(): void {
    const io = this.#io;
    if (!io) return;
    try {
      if (this.#configured) this.#write(CONFIGURATION, (this.#configuration & ~MODE_MASK) | MODE_SHUTDOWN);
    } catch {
      // A chip that is gone needs no sleep.
    }
    this.#configured = false;
    this.#io = undefined;
    io.close();
  }

  #begin(): void {
    const identifier = this.#read(DEVICE_IDENTIFIER);
    if ((identifier & DEVICE_MASK) !== TMP117_DEVICE)
      throw new Error(
        `device ID 0x${identifier.toString(16)} at address 0x${this.#address.toString(16)} is not a TMP117's 0x117`,
      );
    this.#write(CONFIGURATION, this.#configuration);
    this.#configured = true;
  }

  /** A chip that lost its power between two samples runs with the factory configuration: write ours again. */
  #restore(status: number): void {
    let actual = status & (MODE_MASK | CONVERSION_MASK | AVERAGING_MASK);
    if ((actual & MODE_MASK) === MODE_ONE_SHOT) actual = (actual & ~MODE_MASK) | MODE_SHUTDOWN;
    if (actual !== this.#configuration) this.#write(CONFIGURATION, this.#configuration);
  }

  #fail(error: unknown): void {
    this.#configured = false;
    this.#onError?.(error as Error);
  }

  #read(register: number): number {
    const bytes = this.#bytes;
    bytes[0] = register;
    const io = this.#open();
    io.write(this.#pointer, false);
    io.read(this.#word);
    return (bytes[1]! << 8) | bytes[2]!;
  }

  #write(register: number, value: number): void {
    const bytes = this.#bytes;
    bytes[0] = register;
    bytes[1] = value >> 8;
    bytes[2] = value;
    this.#open().write(bytes);
  }

  #open(): Bus {
    if (!this.#io) throw new Error("the sensor is closed");
    return this.#io;
  }
}

/** AVG field (section 7.6, "Configuration Register"). */
function averagingField(averaging: number): number {
  switch (averaging) {
    case 0:
      return 0x0000;
    case 8:
      return 0x0020;
    case 32:
      return 0x0040;
    case 64:
      return 0x0060;
    default:
      throw new RangeError(`averaging ${averaging} is not 0, 8, 32 or 64`);
  }
}

function conversionField(conversionRate: number): number {
  if (!(conversionRate >= 0 && conversionRate <= 7) || conversionRate !== Math.trunc(conversionRate))
    throw new RangeError(`conversionRate ${conversionRate} is not an integer from 0 to 7`);
  return conversionRate << CONVERSION_SHIFT;
}

/**
 * Time between two results in continuous mode (section 7.6, "Conversion Cycle Time in CC Mode"): the period of the CONV
 * field, or the conversions themselves where averaging takes longer.
 * @returns milliseconds, 15.5 to 16,000
 */
export function conversionCycle(averaging: Averaging, conversionRate: number): number {
  const active = averaging === 0 ? CONVERSION_MILLISECONDS : roundedConversion(averaging);
  return Math.max(active, periodOf(conversionRate));
}

/** The table rounds 124 ms, 496 ms and 992 ms up. */
function roundedConversion(averaging: Averaging): number {
  return averaging === 8 ? 125 : averaging === 32 ? 500 : 1_000;
}

function periodOf(conversionRate: number): number {
  if (conversionRate === 0) return 0;
  if (conversionRate <= 4) return 62.5 * 2 ** conversionRate; // 125, 250, 500, 1,000 ms
  return 1_000 * 2 ** (conversionRate - 3); // 4, 8, 16 s
}

/**
 * The slowest CONV, and so the least power, that still completes two conversions in every `interval`, so that each of
 * the caller's samples finds a new one although both clocks drift.
 * @param interval - time between samples, milliseconds
 * @returns 0 to 7; 0 also where even the fastest cycle is too slow for `interval`
 */
export function conversionRateFor(interval: number, averaging: Averaging): number {
  let conversionRate = 7;
  while (conversionRate > 0 && conversionCycle(averaging, conversionRate) * 2 > interval) conversionRate -= 1;
  return conversionRate;
}
