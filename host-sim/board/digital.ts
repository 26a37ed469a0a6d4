import type { ScheduledCallback } from "../clock/clock";
import {
  checkFormat,
  type IOContext,
  isPinFree,
  optionalCallback,
  requireInteger,
  toInteger,
} from "./io-context";
import type { Pin, PinDrive } from "./pin";
import { closedError, makeError } from "./realm";

export interface DigitalBankOptions {
  /** Bit mask of the pins in the bank. */
  pins: number;
  /** Bank of 32 pins; default 0. */
  bank?: number | undefined;
  /** One of the class's mode constants. */
  mode: unknown;
  /** Pins whose rising edges call `onReadable`. */
  rises?: number | undefined;
  /** Pins whose falling edges call `onReadable`. */
  falls?: number | undefined;
  /** Inputs only: called with the mask of the pins that changed since the last call. */
  onReadable?: ((this: DigitalBank, triggered: number) => void) | null | undefined;
  activeLow?: boolean | undefined;
  /** Outputs only: mask of the pins that start high. */
  initialValue?: number | undefined;
  format?: "number" | undefined;
  // biome-ignore lint/suspicious/noExplicitAny: ECMA-419 lets the owner keep whatever it likes here
  target?: any;
}

export interface DigitalBank {
  // biome-ignore lint/suspicious/noExplicitAny: as in the options
  target?: any;
  format: "number";
  read(): number;
  write(value: number): void;
  close(): void;
}

interface DigitalStatics {
  readonly Input: number;
  readonly InputPullUp: number;
  readonly InputPullDown: number;
  readonly InputPullUpDown: number;
  readonly Output: number;
  readonly OutputOpenDrain: number;
  readonly ActiveLow: number;
}

export interface DigitalBankConstructor extends DigitalStatics {
  new (options: DigitalBankOptions): DigitalBank;
}

export interface DigitalOptions {
  /** GPIO number; a `port` beside it has no meaning on the ESP32. */
  pin: number | { readonly pin: number; readonly port?: unknown };
  mode: unknown;
  /** `Digital.Rising`, `Digital.Falling` or both with `|`; required with `onReadable`. */
  edge?: number | undefined;
  /** Inputs only: called after one or more edges, never from within another call. */
  onReadable?: ((this: Digital, triggered: number) => void) | null | undefined;
  activeLow?: boolean | undefined;
  initialValue?: number | boolean | undefined;
  format?: "number" | undefined;
  // biome-ignore lint/suspicious/noExplicitAny: as in DigitalBankOptions
  target?: any;
}

/** ECMA-419 section 10.1, one pin. */
export interface Digital {
  // biome-ignore lint/suspicious/noExplicitAny: as in the options
  target?: any;
  format: "number";
  read(): 0 | 1;
  write(value: 0 | 1): void;
  close(): void;
}

export interface DigitalConstructor extends DigitalStatics {
  readonly Rising: number;
  readonly Falling: number;
  new (options: DigitalOptions): Digital;
}

const INPUT_PULL_UP = 1;
const INPUT_PULL_DOWN = 2;
const INPUT_PULL_UP_DOWN = 3;
const OUTPUT = 8;
const OUTPUT_OPEN_DRAIN = 9;
const RISING = 1;
const FALLING = 2;
const PINS_IN_BANK = 32;
const BANKS = 2;

interface BankState {
  readonly isInput: boolean;
  readonly mask: number;
  readonly base: number;
  readonly activeLow: number;
  readonly pins: readonly Pin[];
  readonly release: () => void;
}

/** `DigitalBank` and `Digital` of one board, checked as Moddable's ESP32 implementation checks. */
export function createDigital(context: IOContext): {
  DigitalBank: DigitalBankConstructor;
  Digital: DigitalConstructor;
} {
  class DigitalBank {
    static readonly Input: number = 0;
    static readonly InputPullUp: number = INPUT_PULL_UP;
    static readonly InputPullDown: number = INPUT_PULL_DOWN;
    static readonly InputPullUpDown: number = INPUT_PULL_UP_DOWN;
    static readonly Output: number = OUTPUT;
    static readonly OutputOpenDrain: number = OUTPUT_OPEN_DRAIN;
    static readonly ActiveLow: number = 16;

    // biome-ignore lint/suspicious/noExplicitAny: ECMA-419 lets the owner keep whatever it likes here
    declare target?: any;
    #state: BankState | undefined;

    constructor(options: DigitalBankOptions) {
      if ("target" in options) this.target = options.target;
      this.#state = openBank(context, options, this);
      context.instances.add(this);
    }

    read(): number {
      const state = this.#open();
      if (!state.isInput) throw makeError(context.realm, "Error", "can't read output");
      let value = 0;
      for (const pin of state.pins) {
        const level = pin.level ?? (context.random() < 0.5 ? 0 : 1); // a floating input reads noise
        context.journal.record({ device: "digital", pin: pin.number, operation: "read", value: level });
        if (level) value |= 1 << (pin.number - state.base);
      }
      return (value ^ state.activeLow) >>> 0;
    }

    write(value: number): void {
      const state = this.#open();
      if (state.isInput) throw makeError(context.realm, "Error", "can't write input");
      const bits = (Number(value) ^ state.activeLow) & state.mask;
      for (const pin of state.pins) {
        const level = (bits >>> (pin.number - state.base)) & 1;
        context.journal.record({ device: "digital", pin: pin.number, operation: "write", value: level });
        pin.configure({ mode: pin.mode, duty: level });
      }
    }

    close(): void {
      const state = this.#state;
      if (!state) return;
      this.#state = undefined;
      context.instances.delete(this);
      state.release();
    }

    get format(): "number" {
      return "number";
    }

    set format(value: "number") {
      if (value !== "number") throw makeError(context.realm, "RangeError");
    }

    #open(): BankState {
      if (!this.#state) throw closedError(context.realm);
      return this.#state;
    }
  }

  class Digital extends DigitalBank {
    static readonly Rising: number = RISING;
    static readonly Falling: number = FALLING;

    constructor(options: DigitalOptions) {
      super(bankOptions(context, options));
    }

    override read(): 0 | 1 {
      return super.read() ? 1 : 0;
    }

    override write(value: number): void {
      super.write(Number(value) ? -1 : 0);
    }
  }

  for (const Class of [DigitalBank, Digital]) Object.freeze(Object.freeze(Class).prototype);
  return { DigitalBank, Digital };
}

function bankOptions(context: IOContext, options: DigitalOptions): DigitalBankOptions {
  const { pin } = options;
  if (pin === undefined) throw makeError(context.realm, "Error", "invalid");
  const number = toInteger(typeof pin === "object" ? pin.pin : pin);
  const mask = (1 << (number & 31)) >>> 0;
  const edge = options.edge ?? 0;
  const result: DigitalBankOptions = {
    pins: mask,
    bank: (number >> 5) & 0xff,
    mode: options.mode,
    rises: edge & RISING ? mask : 0,
    falls: edge & FALLING ? mask : 0,
    onReadable: options.onReadable as DigitalBankOptions["onReadable"],
    format: options.format,
  };
  if ("activeLow" in options) result.activeLow = options.activeLow;
  if ("initialValue" in options) result.initialValue = Number(options.initialValue) ? mask : 0;
  if ("target" in options) result.target = options.target;
  return result;
}

function openBank(context: IOContext, options: DigitalBankOptions, instance: DigitalBank): BankState {
  const bank = options.bank ?? 0;
  if (bank >= BANKS) throw makeError(context.realm, "Error", "invalid bank");
  const mask = options.pins >>> 0;
  const base = bank * PINS_IN_BANK;
  const numbers = pinsOfMask(mask, base);
  if (numbers.length === 0 || !numbers.every((pin) => context.description.pins.has(pin)))
    throw makeError(context.realm, "Error", "invalid pin");
  if (!numbers.every((pin) => isPinFree(context, pin))) throw makeError(context.realm, "Error", "in use");
  const mode = requireInteger(context, options.mode);
  const isInput = mode >= 0 && mode <= INPUT_PULL_UP_DOWN;
  if (!isInput && mode !== OUTPUT && mode !== OUTPUT_OPEN_DRAIN)
    throw makeError(context.realm, "RangeError", "invalid mode");

  const activeLow = options.activeLow ? mask : 0;
  const edges = isInput ? requestedEdges(context, options, mask, activeLow) : undefined;
  if (!isInput && !numbers.every((pin) => context.description.outputPins.has(pin)))
    throw makeError(context.realm, "RangeError", "input only");
  checkFormat(context, options.format, ["number"]);

  const initialValue = (toInteger(options.initialValue ?? 0) ^ activeLow) >>> 0;
  const pins = numbers.map((number) => context.pin(number));
  for (const pin of pins) {
    context.usedPins.add(pin.number);
    context.journal.record({ device: "digital", pin: pin.number, operation: "open" });
    pin.configure(driveOf(mode, (initialValue >>> (pin.number - base)) & 1));
  }
  const ignore = isInput ? watchEdges(context, pins, base, edges, instance) : () => {};
  const release = () => {
    ignore();
    for (const pin of pins) {
      pin.reset();
      context.usedPins.delete(pin.number);
      context.journal.record({ device: "digital", pin: pin.number, operation: "close" });
    }
  };
  return { isInput, mask, base, activeLow, pins, release };
}

function pinsOfMask(mask: number, base: number): number[] {
  const numbers: number[] = [];
  for (let bit = 0; bit < PINS_IN_BANK; bit += 1) if ((mask >>> bit) & 1) numbers.push(base + bit);
  return numbers;
}

function driveOf(mode: number, level: number): PinDrive {
  switch (mode) {
    case OUTPUT:
      return { mode: "output", duty: level };
    case OUTPUT_OPEN_DRAIN:
      return { mode: "open-drain", duty: level };
    // With both resistors on, the line stands in the middle; the simulation takes the pull-up.
    case INPUT_PULL_UP:
    case INPUT_PULL_UP_DOWN:
      return { mode: "input", pull: "up" };
    case INPUT_PULL_DOWN:
      return { mode: "input", pull: "down" };
    default:
      return { mode: "input" };
  }
}

interface Edges {
  readonly rises: number;
  readonly falls: number;
  readonly onReadable: (this: DigitalBank, triggered: number) => void;
}

/** The electrical edges to report; an active-low pin rises where its voltage falls. */
function requestedEdges(
  context: IOContext,
  options: DigitalBankOptions,
  mask: number,
  activeLow: number,
): Edges | undefined {
  const onReadable = optionalCallback<DigitalBank, [number]>(context, options.onReadable);
  if (!onReadable) return undefined;
  const rises = (options.rises ?? 0) & mask;
  const falls = (options.falls ?? 0) & mask;
  if (!rises && !falls) throw makeError(context.realm, "RangeError", "invalid edges");
  return activeLow ? { rises: falls, falls: rises, onReadable } : { rises, falls, onReadable };
}

/** Journals every change of the lines, and calls `onReadable` once for all edges since its last call. */
function watchEdges(
  context: IOContext,
  pins: readonly Pin[],
  base: number,
  edges: Edges | undefined,
  instance: DigitalBank,
): () => void {
  let triggered = 0;
  let pending: ScheduledCallback | undefined;

  function deliver(): void {
    const bits = triggered >>> 0;
    triggered = 0;
    pending = undefined;
    edges?.onReadable.call(instance, bits);
  }

  function onEdge(pin: Pin, level: number): void {
    context.journal.record({ device: "digital", pin: pin.number, operation: "edge", value: level });
    const bit = 1 << (pin.number - base);
    if (!edges || !((level ? edges.rises : edges.falls) & bit)) return;
    triggered |= bit;
    pending ??= context.post(deliver);
  }

  const endings = pins.map((pin) => {
    let last = pin.level ?? 0;
    return pin.watch(() => {
      const level = pin.level ?? last; // a line let go keeps its charge for a while: no edge
      if (level === last) return;
      last = level;
      onEdge(pin, level);
    });
  });
  return () => {
    for (const end of endings) end();
    context.clock.cancel(pending);
  };
}
