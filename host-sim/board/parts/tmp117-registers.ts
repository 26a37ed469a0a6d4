/** Register addresses, SNOSD82D section 7.6 (table 7-4). */
export const TEMPERATURE = 0x00;
export const CONFIGURATION = 0x01;
export const HIGH_LIMIT = 0x02;
export const LOW_LIMIT = 0x03;
export const EEPROM_UNLOCK = 0x04;
export const EEPROM1 = 0x05;
export const EEPROM2 = 0x06;
export const TEMPERATURE_OFFSET = 0x07;
export const EEPROM3 = 0x08;
export const DEVICE_ID = 0x0f;

/** Configuration register, section 7.6.3. */
export const HIGH_ALERT = 0x8000;
export const LOW_ALERT = 0x4000;
export const DATA_READY = 0x2000;
export const CONFIGURATION_EEPROM_BUSY = 0x1000;
export const MODE = 0x0c00;
export const MODE_CONTINUOUS = 0x0000;
export const MODE_SHUTDOWN = 0x0400;
export const MODE_ONE_SHOT = 0x0c00;
export const CONVERSION_CYCLE = 0x0380;
export const AVERAGING = 0x0060;
export const THERM = 0x0010;
export const POLARITY = 0x0008;
export const DATA_READY_PIN = 0x0004;
export const SOFT_RESET = 0x0002;
/** The bits that a write changes; the flags above them are read-only. */
export const CONFIGURATION_WRITABLE: number =
  MODE | CONVERSION_CYCLE | AVERAGING | THERM | POLARITY | DATA_READY_PIN;

/** EEPROM unlock register, section 7.6.6. */
export const EEPROM_UNLOCKED = 0x8000;
export const EEPROM_BUSY = 0x4000;

/** -256 degrees Celsius: the temperature register before the first conversion (section 7.6.2). */
export const NO_TEMPERATURE = 0x8000;

/** Degrees Celsius of one step of the temperature, limit and offset registers. */
export const STEP = 0.0078125;

/** Conversions averaged by the AVG bits, 00 to 11. */
const AVERAGED = [1, 8, 32, 64];

/** Milliseconds of one conversion (section 6.5). */
export const CONVERSION_TIME = 15.5;

/** Conversion cycle in milliseconds by CONV (row) and AVG (column), section 7.6.3. */
const CYCLE_TIME: readonly (readonly number[])[] = [
  [15.5, 125, 500, 1000],
  [125, 125, 500, 1000],
  [250, 250, 500, 1000],
  [500, 500, 500, 1000],
  [1000, 1000, 1000, 1000],
  [4000, 4000, 4000, 4000],
  [8000, 8000, 8000, 8000],
  [16_000, 16_000, 16_000, 16_000],
];

/** Number of conversions that make one result: 1, 8, 32 or 64. */
export function averagedConversions(configuration: number): number {
  return AVERAGED[(configuration & AVERAGING) >> 5] as number;
}

/** Milliseconds from one result to the next in continuous mode. */
export function cycleTime(configuration: number): number {
  return CYCLE_TIME[(configuration & CONVERSION_CYCLE) >> 7]?.[(configuration & AVERAGING) >> 5] as number;
}

/** The value of a temperature register for so many degrees Celsius, as 16 bits of two's complement. */
export function toRegister(celsius: number): number {
  return Math.max(-0x8000, Math.min(0x7fff, Math.round(celsius / STEP))) & 0xffff;
}

/** The number of steps, signed, in a register of 16 bits. */
export function toSigned(register: number): number {
  return (register << 16) >> 16;
}
