import type { I2CBus } from "./i2c-bus";
import { checkFormat, type IOContext, isPinFree, requireUnsigned, toInteger } from "./io-context";
import { bytesOf, closedError, makeError } from "./realm";

/** A Byte Buffer, ECMA-419 section 9. */
export type ByteBuffer = ArrayBufferLike | ArrayBufferView;

export interface I2COptions {
  /** GPIO number of SDA. */
  data: number;
  /** GPIO number of SCL. */
  clock: number;
  /** 7-bit address, 0 to 127. */
  address: number;
  /** Bit rate, 1 to 20,000,000 Hz. */
  hz: number;
  /** Longest transaction in ms, -1 forever; default 400. The simulated bus is never that slow. */
  timeout?: number | undefined;
  /** The chip's own pull-up resistors; default true. */
  pullup?: boolean | undefined;
  /** I2C controller, 0 or 1; default: a free one. */
  port?: number | undefined;
  format?: "buffer" | undefined;
  // biome-ignore lint/suspicious/noExplicitAny: ECMA-419 lets the owner keep whatever it likes here
  target?: any;
}

/** ECMA-419 section 10.2; `writeRead` is Moddable's extension. `stop` has no effect on the ESP32, nor here. */
export interface I2C {
  // biome-ignore lint/suspicious/noExplicitAny: as in the options
  target?: any;
  format: "buffer";
  read(byteLength: number, stop?: boolean): ArrayBuffer;
  /** Fills `buffer`. @returns its byte length */
  read(buffer: ByteBuffer, stop?: boolean): number;
  /** Without bytes it asks whether the address answers and returns 1 if it does not; otherwise a NACK throws. */
  write(buffer: ByteBuffer, stop?: boolean): number | undefined;
  writeRead(buffer: ByteBuffer, byteLength: number, stop?: boolean): ArrayBuffer;
  writeRead(buffer: ByteBuffer, into: ByteBuffer, stop?: boolean): number;
  close(): void;
}

export interface I2CConstructor {
  new (options: I2COptions): I2C;
}

interface Device {
  readonly bus: I2CBus;
  readonly address: number;
  readonly controller: Controller;
}

/** A hardware controller in use: two exist, and one serves all instances with the same pins, port and pull-ups. */
interface Controller {
  readonly data: number;
  readonly clock: number;
  readonly port: number;
  readonly pullup: boolean;
}

const MAXIMUM_HZ = 20_000_000;
const CONTROLLERS = 2;
const ANY_PORT = -1;

/** `I2C` of one board, checked as Moddable's ESP32 implementation checks. */
export function createI2C(context: IOContext): I2CConstructor {
  const master = new I2CMaster(context);

  class I2C {
    // biome-ignore lint/suspicious/noExplicitAny: ECMA-419 lets the owner keep whatever it likes here
    declare target?: any;
    #device: Device | undefined;

    constructor(options: I2COptions) {
      if ("target" in options) this.target = options.target;
      this.#device = master.open(options);
      context.instances.add(this);
    }

    read(byteLength: number, stop?: boolean): ArrayBuffer;
    read(buffer: ByteBuffer, stop?: boolean): number;
    read(into: number | ByteBuffer): ArrayBuffer | number {
      const device = this.#open();
      return master.fill(into, (buffer) => master.read(device, buffer), "read failed");
    }

    write(buffer: ByteBuffer): number | undefined {
      const device = this.#open();
      const bytes = Uint8Array.from(bytesOf(context.realm, buffer));
      if (bytes.length === 0) return master.probe(device) ? undefined : 1;
      if (!master.write(device, bytes)) throw makeError(context.realm, "Error", "write failed");
      return undefined;
    }

    writeRead(buffer: ByteBuffer, byteLength: number, stop?: boolean): ArrayBuffer;
    writeRead(buffer: ByteBuffer, into: ByteBuffer, stop?: boolean): number;
    writeRead(buffer: ByteBuffer, into: number | ByteBuffer): ArrayBuffer | number {
      const device = this.#open();
      // Copied first: a caller may read into the bytes it writes.
      const bytes = Uint8Array.from(bytesOf(context.realm, buffer));
      const transfer = (target: Uint8Array) =>
        bytes.length > 0 && master.write(device, bytes) && master.read(device, target);
      return master.fill(into, transfer, "writeRead failed");
    }

    close(): void {
      const device = this.#device;
      if (!device) return;
      this.#device = undefined;
      context.instances.delete(this);
      master.close(device);
    }

    get format(): "buffer" {
      return "buffer";
    }

    set format(value: "buffer") {
      if (value !== "buffer") throw makeError(context.realm, "RangeError");
    }

    #open(): Device {
      if (!this.#device) throw closedError(context.realm);
      return this.#device;
    }
  }

  Object.freeze(Object.freeze(I2C).prototype);
  return I2C;
}

/** The chip's side of its I2C buses. */
class I2CMaster {
  readonly #context: IOContext;
  readonly #devices = new Set<Device>();

  constructor(context: IOContext) {
    this.#context = context;
  }

  open(options: I2COptions): Device {
    const context = this.#context;
    for (const name of ["data", "clock", "address"] as const)
      if (!(name in options)) throw makeError(context.realm, "RangeError", `${name} required`);
    const data = requireUnsigned(context, options.data);
    const clock = requireUnsigned(context, options.clock);
    if (!this.#usesPins(data, clock) && !(isPinFree(context, data) && isPinFree(context, clock)))
      throw makeError(context.realm, "RangeError", "inUse");
    const address = this.#address(options, data, clock);
    const { outputPins } = context.description;
    if (!outputPins.has(data) || !outputPins.has(clock))
      throw makeError(context.realm, "RangeError", "unusable pins");
    checkRates(context, options);
    const port = this.#port(options);
    checkFormat(context, options.format, ["buffer"]);

    const pullup = "pullup" in options ? Boolean(options.pullup) : true;
    const controller = this.#controller({ data, clock, port, pullup });
    const device = { bus: context.bus(data, clock), address, controller };
    this.#devices.add(device);
    context.usedPins.add(data);
    context.usedPins.add(clock);
    context.journal.record({ device: "i2c", address, operation: "open" });
    return device;
  }

  close(device: Device): void {
    this.#devices.delete(device);
    const { data, clock } = device.bus;
    if (!this.#usesPins(data, clock)) {
      this.#context.usedPins.delete(data);
      this.#context.usedPins.delete(clock);
    }
    this.#context.journal.record({ device: "i2c", address: device.address, operation: "close" });
  }

  probe({ bus, address }: Device): boolean {
    const acknowledged = bus.probe(address);
    this.#context.journal.record({ device: "i2c", address, operation: "write", bytes: [], acknowledged });
    return acknowledged;
  }

  write({ bus, address }: Device, bytes: Uint8Array): boolean {
    const acknowledged = bus.write(address, bytes);
    this.#context.journal.record({
      device: "i2c",
      address,
      operation: "write",
      bytes: Array.from(bytes),
      acknowledged,
    });
    return acknowledged;
  }

  read({ bus, address }: Device, buffer: Uint8Array): boolean {
    if (buffer.length === 0) return false; // the ESP-IDF refuses a read of nothing
    const acknowledged = bus.read(address, buffer);
    this.#context.journal.record({
      device: "i2c",
      address,
      operation: "read",
      ...(acknowledged ? { bytes: Array.from(buffer) } : {}),
      acknowledged,
    });
    return acknowledged;
  }

  /** Runs `transfer` into a new buffer of so many bytes, or into the caller's. */
  fill(
    into: number | ByteBuffer,
    transfer: (buffer: Uint8Array) => boolean,
    failure: string,
  ): ArrayBuffer | number {
    const { realm } = this.#context;
    if (typeof into === "object" && into !== null) {
      const bytes = bytesOf(realm, into);
      if (!transfer(bytes)) throw makeError(realm, "Error", failure);
      return bytes.byteLength;
    }
    const buffer = new realm.ArrayBuffer(toInteger(into));
    if (!transfer(new Uint8Array(buffer))) throw makeError(realm, "Error", failure);
    return buffer;
  }

  #usesPins(data: number, clock: number): boolean {
    for (const { bus } of this.#devices) if (bus.data === data && bus.clock === clock) return true;
    return false;
  }

  #address(options: I2COptions, data: number, clock: number): number {
    const address = requireUnsigned(this.#context, options.address);
    if (address > 127) throw makeError(this.#context.realm, "RangeError", "invalid address");
    for (const device of this.#devices)
      if (device.bus.data === data && device.bus.clock === clock && device.address === address)
        throw makeError(this.#context.realm, "RangeError", "duplicate address");
    return address;
  }

  #port(options: I2COptions): number {
    if (!("port" in options)) return ANY_PORT;
    const port = toInteger(options.port);
    if (port < 0 || port >= CONTROLLERS) throw makeError(this.#context.realm, "RangeError", "invalid port");
    return port;
  }

  #controller(wanted: Controller): Controller {
    const open = new Set([...this.#devices].map((device) => device.controller));
    for (const each of open)
      if (
        each.data === wanted.data &&
        each.clock === wanted.clock &&
        each.port === wanted.port &&
        each.pullup === wanted.pullup
      )
        return each;
    const taken = wanted.port !== ANY_PORT && [...open].some((each) => each.port === wanted.port);
    if (taken || open.size >= CONTROLLERS) throw makeError(this.#context.realm, "Error", "can't create bus");
    return wanted;
  }
}

function checkRates(context: IOContext, options: I2COptions): void {
  const hz = toInteger(options.hz);
  if (hz <= 0 || hz > MAXIMUM_HZ) throw makeError(context.realm, "RangeError", "invalid hz");
  if ("timeout" in options && toInteger(options.timeout) < -1)
    throw makeError(context.realm, "RangeError", "invalid timeout");
}
