import type { ScheduledCallback } from "../../clock/clock";
import type { I2CBus, I2CPart } from "../i2c-bus";
import type { Part, PartConnections } from "../part";
import type { Pin } from "../pin";
import { gaussian, type Random } from "../random";
import * as register from "./tmp117-registers";

export interface TMP117PartOptions {
  /** Ambient temperature in degrees Celsius, asked at the end of every conversion. */
  readonly temperature: () => number;
  /** 0x48 (default) to 0x4B, by the wiring of ADD0 (section 7.5.3.1.2). */
  readonly address?: number;
  /** Default: the board's default bus. */
  readonly pins?: { readonly data: number; readonly clock: number };
  /** GPIO that the open-drain ALERT pin is wired to; default not connected. */
  readonly alertPin?: number;
  /** Standard deviation of a single conversion in degrees Celsius; default 0. Averaging divides it by its square root. */
  readonly noise?: number;
  /** Random numbers for the noise; default the board's. */
  readonly random?: Random;
  /** The three words that the factory leaves in EEPROM1 to EEPROM3 for traceability. */
  readonly serialNumber?: readonly [number, number, number];
}

/** Section 7.3.1: from supply to the first conversion, in ms. */
const POWER_UP_TIME = 1.5;
/** Section 7.6.3, Soft_Reset, in ms. */
const SOFT_RESET_TIME = 2;
/** Section 6.6, programming time in ms. */
const EEPROM_PROGRAM_TIME = 7;
const GENERAL_CALL_RESET = 0x06;
const IDLE_BUS = 0xff;

const { TEMPERATURE, CONFIGURATION, HIGH_LIMIT, LOW_LIMIT, EEPROM_UNLOCK, TEMPERATURE_OFFSET } = register;

/**
 * TI TMP117 temperature sensor at register level (datasheet SNOSD82D). Where the datasheet is silent: a write to
 * CONV, AVG or MOD starts a new conversion cycle, registers that do not exist read 0, bytes beyond two read 0xFF.
 */
export class TMP117Part implements Part, I2CPart {
  readonly address: number;
  readonly #options: TMP117PartOptions;
  readonly #eeprom = new Map<number, number>();
  readonly #registers = new Map<number, number>();
  #pointer = TEMPERATURE;
  #busyUntil = 0;
  #connections: PartConnections | undefined;
  #bus: I2CBus | undefined;
  #alertPin: Pin | undefined;
  #conversion: ScheduledCallback | undefined;

  /** Conversions finished since power-up. */
  conversions = 0;

  constructor(options: TMP117PartOptions) {
    const { address = 0x48, serialNumber = [0x5449, 0x3117, 0x0001] } = options;
    if (!(address >= 0x48 && address <= 0x4b))
      throw new RangeError(`TMP117 address 0x${address.toString(16)} is not 0x48 to 0x4b`);
    this.address = address;
    this.#options = options;
    // Section 7.6.1: the values at delivery.
    this.#eeprom.set(CONFIGURATION, 0x0220);
    this.#eeprom.set(HIGH_LIMIT, 0x6000);
    this.#eeprom.set(LOW_LIMIT, 0x8000);
    this.#eeprom.set(register.EEPROM1, serialNumber[0]);
    this.#eeprom.set(register.EEPROM2, serialNumber[1]);
    this.#eeprom.set(TEMPERATURE_OFFSET, 0x0000);
    this.#eeprom.set(register.EEPROM3, serialNumber[2]);
  }

  connect(connections: PartConnections): void {
    this.#connections = connections;
    this.#bus = connections.i2c(this.#options.pins);
    this.#bus.connect(this.address, this);
    if (this.#options.alertPin !== undefined) this.#alertPin = connections.pin(this.#options.alertPin);
    this.powerCycle();
  }

  disconnect(): void {
    this.#connections?.clock.cancel(this.#conversion);
    this.#bus?.disconnect(this.address);
    this.#alertPin?.drive(this, undefined);
    this.#connections = undefined;
  }

  powerCycle(): void {
    this.#pointer = TEMPERATURE;
    this.#reset(POWER_UP_TIME);
  }

  /** Section 7.5.3.1.3: the pointer register, then optionally two bytes for the register, most significant first. */
  write(bytes: Uint8Array): boolean {
    const [pointer = 0, high, low] = bytes;
    this.#pointer = pointer;
    if (high !== undefined && low !== undefined) this.#writeRegister(pointer, (high << 8) | low);
    return true;
  }

  read(buffer: Uint8Array): boolean {
    const value = this.#readRegister(this.#pointer);
    buffer.fill(IDLE_BUS);
    buffer[0] = value >> 8;
    if (buffer.length > 1) buffer[1] = value & 0xff;
    return true;
  }

  /** Section 7.5.3.1.6: 06h to the general call address resets like a power-up. */
  generalCall(bytes: Uint8Array): boolean {
    if (bytes[0] !== GENERAL_CALL_RESET) return false;
    this.#reset(POWER_UP_TIME);
    return true;
  }

  get #clock(): PartConnections["clock"] {
    if (!this.#connections) throw new Error("TMP117 is not attached to a board");
    return this.#connections.clock;
  }

  get #configuration(): number {
    return this.#registers.get(CONFIGURATION) ?? 0;
  }

  set #configuration(value: number) {
    this.#registers.set(CONFIGURATION, value);
  }

  get #isBusy(): boolean {
    return this.#clock.now() < this.#busyUntil;
  }

  #reset(duration: number): void {
    this.#registers.clear();
    for (const [address, value] of this.#eeprom) this.#registers.set(address, value);
    this.#registers.set(TEMPERATURE, register.NO_TEMPERATURE);
    this.#registers.set(EEPROM_UNLOCK, 0);
    this.#registers.set(register.DEVICE_ID, 0x0117);
    this.conversions = 0;
    this.#busyUntil = this.#clock.now() + duration;
    this.#updateAlertPin();
    this.#startCycle(duration);
  }

  #readRegister(address: number): number {
    const value = this.#registers.get(address) ?? 0;
    if (address === TEMPERATURE) this.#clearFlags(register.DATA_READY);
    if (address === EEPROM_UNLOCK) return this.#isBusy ? value | register.EEPROM_BUSY : value;
    if (address !== CONFIGURATION) return value;
    const therm = value & register.THERM;
    const alerts = therm ? 0 : register.HIGH_ALERT | register.LOW_ALERT;
    this.#clearFlags(register.DATA_READY | alerts);
    return this.#isBusy ? value | register.CONFIGURATION_EEPROM_BUSY : value;
  }

  #clearFlags(flags: number): void {
    this.#configuration &= ~flags;
    this.#updateAlertPin();
  }

  #writeRegister(address: number, value: number): void {
    switch (address) {
      case CONFIGURATION:
        this.#writeConfiguration(value);
        break;
      case EEPROM_UNLOCK:
        this.#registers.set(EEPROM_UNLOCK, value & register.EEPROM_UNLOCKED);
        break;
      case HIGH_LIMIT:
      case LOW_LIMIT:
      case register.EEPROM1:
      case register.EEPROM2:
      case TEMPERATURE_OFFSET:
      case register.EEPROM3:
        this.#registers.set(address, value);
        this.#program(address, value);
        break;
      default: // temperature, device id and addresses without a register are read-only
    }
  }

  #writeConfiguration(value: number): void {
    if (value & register.SOFT_RESET) {
      this.#reset(SOFT_RESET_TIME);
      return;
    }
    let settings = value & register.CONFIGURATION_WRITABLE;
    // MOD 10 is continuous mode as well and reads back as 00.
    if ((settings & register.MODE) === 0x0800) settings &= ~register.MODE;
    const before = this.#configuration;
    this.#configuration = (before & ~register.CONFIGURATION_WRITABLE) | settings;
    this.#program(CONFIGURATION, settings);
    this.#updateAlertPin();
    const timing = register.MODE | register.CONVERSION_CYCLE | register.AVERAGING;
    const oneShot = (settings & register.MODE) === register.MODE_ONE_SHOT;
    if (oneShot || (before & timing) !== (settings & timing)) this.#startCycle(0);
  }

  /** Section 7.5.1.2: while EUN is set, a write also programs the EEPROM, which takes its time. */
  #program(address: number, value: number): void {
    if (!((this.#registers.get(EEPROM_UNLOCK) ?? 0) & register.EEPROM_UNLOCKED)) return;
    this.#eeprom.set(address, value);
    this.#busyUntil = this.#clock.now() + EEPROM_PROGRAM_TIME;
  }

  /** Aborts a conversion under way; begins the next one unless shut down. */
  #startCycle(delay: number): void {
    this.#clock.cancel(this.#conversion);
    this.#conversion = undefined;
    const mode = this.#configuration & register.MODE;
    if (mode === register.MODE_SHUTDOWN) return;
    const active = register.CONVERSION_TIME * register.averagedConversions(this.#configuration);
    this.#conversion = this.#clock.schedule(() => this.#finish(), delay + active);
  }

  #finish(): void {
    const configuration = this.#configuration;
    const averaged = register.averagedConversions(configuration);
    const steps = this.#measure(averaged);
    this.#registers.set(TEMPERATURE, steps & 0xffff);
    this.conversions += 1;
    this.#configuration |= register.DATA_READY;
    this.#compare(steps);
    if ((configuration & register.MODE) === register.MODE_ONE_SHOT) {
      this.#configuration = (this.#configuration & ~register.MODE) | register.MODE_SHUTDOWN;
      this.#conversion = undefined;
    } else this.#conversion = this.#clock.schedule(() => this.#finish(), register.cycleTime(configuration));
    this.#updateAlertPin();
  }

  /** The averaged temperature with the offset register added, in steps, limited to 16 bits. */
  #measure(averaged: number): number {
    const { temperature, noise = 0, random = this.#connections?.random } = this.#options;
    const deviation = noise > 0 && random ? (gaussian(random) * noise) / Math.sqrt(averaged) : 0;
    const offset = register.toSigned(this.#registers.get(TEMPERATURE_OFFSET) ?? 0);
    return register.toSigned(register.toRegister(temperature() + deviation + offset * register.STEP));
  }

  /** Section 7.4.4: alert mode keeps both flags until they are read; therm mode has one flag with hysteresis. */
  #compare(steps: number): void {
    const above = steps > register.toSigned(this.#registers.get(HIGH_LIMIT) ?? 0);
    const below = steps < register.toSigned(this.#registers.get(LOW_LIMIT) ?? 0);
    if (above) this.#configuration |= register.HIGH_ALERT;
    if (this.#configuration & register.THERM) {
      if (below) this.#configuration &= ~register.HIGH_ALERT;
      this.#configuration &= ~register.LOW_ALERT;
    } else if (below) this.#configuration |= register.LOW_ALERT;
  }

  /** The ALERT output is open-drain: it pulls low or lets go. POL 0 means low when active. */
  #updateAlertPin(): void {
    if (!this.#alertPin) return;
    const configuration = this.#configuration;
    const flags =
      configuration & register.DATA_READY_PIN
        ? register.DATA_READY
        : register.HIGH_ALERT | register.LOW_ALERT;
    const active = (configuration & flags) !== 0;
    const activeHigh = (configuration & register.POLARITY) !== 0;
    this.#alertPin.drive(this, active === activeHigh ? undefined : 0);
  }
}
