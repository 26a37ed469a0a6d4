import type { Clock, ScheduledCallback } from "../clock/clock";
import type { BoardDescription } from "./board-description";
import type { I2CBus } from "./i2c-bus";
import type { Journal } from "./journal";
import type { ImageSensor } from "./part";
import type { Pin } from "./pin";
import type { Random } from "./random";
import { makeError, type Realm } from "./realm";

/** An open IO instance; a power cycle closes it. */
export interface OpenInstance {
  close(): void;
}

/** What the IO classes of one board share: everything that on the chip would be a static variable of the C code. */
export interface IOContext {
  readonly clock: Clock;
  readonly journal: Journal;
  readonly description: BoardDescription;
  readonly random: Random;
  /** Of the firmware that runs now; read at each use. */
  readonly realm: Realm;
  readonly imageSensor: ImageSensor | undefined;
  readonly instances: Set<OpenInstance>;
  /** Pins owned by an IO instance. */
  readonly usedPins: Set<number>;
  pin(number: number): Pin;
  bus(data: number, clock: number): I2CBus;
  /** Calls back into the firmware in its next turn; what it throws goes to the board's `onException`. */
  post(callback: () => void): ScheduledCallback;
}

/** Whether an IO class may take the pin: it exists, and no instance has it. */
export function isPinFree(context: IOContext, pin: number): boolean {
  return context.description.pins.has(pin) && !context.usedPins.has(pin);
}

/** A number as XS converts it in `xsmcToInteger`. */
export function toInteger(value: unknown): number {
  return Number(value) | 0;
}

/** A required integer. @throws {Error} "invalid" when it is absent */
export function requireInteger(context: IOContext, value: unknown): number {
  if (value === undefined) throw makeError(context.realm, "Error", "invalid");
  return toInteger(value);
}

/** A required pin number, port or address. @throws {Error} "invalid" when absent; {RangeError} "negative" */
export function requireUnsigned(context: IOContext, value: unknown): number {
  const number = requireInteger(context, value);
  if (number < 0) throw makeError(context.realm, "RangeError", "negative");
  return number;
}

type Callback<This, Arguments extends unknown[]> = (this: This, ...values: Arguments) => void;

/** An optional callback. @throws {Error} "not a function" */
export function optionalCallback<This, Arguments extends unknown[]>(
  context: IOContext,
  value: Callback<This, Arguments> | null | undefined,
): Callback<This, Arguments> | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "function") throw makeError(context.realm, "Error", "not a function");
  return value;
}

/** The `format` option: absent, empty or one of `allowed`. @throws {RangeError} "invalid format" */
export function checkFormat<Format extends string>(
  context: IOContext,
  value: unknown,
  allowed: readonly Format[],
): Format {
  if (!value) return allowed[0] as Format;
  if (!allowed.includes(String(value) as Format))
    throw makeError(context.realm, "RangeError", "invalid format");
  return String(value) as Format;
}
