import type { BoardDescription } from "./board-description";
import {
  checkFormat,
  type IOContext,
  isPinFree,
  requireInteger,
  requireUnsigned,
  toInteger,
} from "./io-context";
import { closedError, makeError } from "./realm";

export interface PWMOptions {
  /** GPIO number; not needed with `from`. */
  pin?: number | undefined;
  /** Frequency; default 1,024 Hz. */
  hz?: number | undefined;
  /** Bits of the duty; default 10. */
  resolution?: number | undefined;
  /** LEDC channel. */
  port?: number | undefined;
  /** An open instance whose pin, channel and duty the new one takes over; it counts as closed afterwards. */
  from?: PWM | undefined;
  format?: "number" | undefined;
  // biome-ignore lint/suspicious/noExplicitAny: ECMA-419 lets the owner keep whatever it likes here
  target?: any;
}

/** ECMA-419 section 10.4. */
export interface PWM {
  // biome-ignore lint/suspicious/noExplicitAny: as in the options
  target?: any;
  format: "number";
  /** Hz. */
  readonly hz: number;
  /** Bits: `write` takes 0 to 2 ** resolution - 1. */
  readonly resolution: number;
  write(duty: number): void;
  close(): void;
}

export interface PWMConstructor {
  new (options: PWMOptions): PWM;
}

interface Channel {
  readonly pin: number;
  readonly channel: number;
  readonly timer: LEDCTimer;
  duty: number;
}

interface LEDCTimer {
  readonly hz: number;
  readonly resolution: number;
  users: number;
}

const DEFAULT_HZ = 1024;
const DEFAULT_RESOLUTION = 10;
const LOWEST_RESOLUTION = 8;
const LEDC_CHANNELS = 8;
const LEDC_CLOCK_HZ = 80_000_000;

/** `PWM` of one board: the LED controller's channels and timers, checked as Moddable's ESP32 implementation does. */
export function createPWM(context: IOContext): PWMConstructor {
  const controller = new LEDController(context);

  class PWM {
    // biome-ignore lint/suspicious/noExplicitAny: ECMA-419 lets the owner keep whatever it likes here
    declare target?: any;
    #channel: Channel | undefined;

    constructor(options: PWMOptions) {
      const from = options.from as PWM | undefined;
      const channel = controller.open(options, from ? from.#open() : undefined);
      if (from) {
        from.#channel = undefined;
        context.instances.delete(from);
      }
      if ("target" in options) this.target = options.target;
      this.#channel = channel;
      context.instances.add(this);
    }

    write(duty: number): void {
      controller.write(this.#open(), toInteger(duty));
    }

    close(): void {
      const channel = this.#channel;
      if (!channel) return;
      this.#channel = undefined;
      context.instances.delete(this);
      controller.close(channel);
    }

    get hz(): number {
      return this.#open().timer.hz;
    }

    get resolution(): number {
      return this.#open().timer.resolution;
    }

    get format(): "number" {
      return "number";
    }

    set format(value: "number") {
      if (value !== "number") throw makeError(context.realm, "RangeError");
    }

    #open(): Channel {
      if (!this.#channel) throw closedError(context.realm);
      return this.#channel;
    }
  }

  Object.freeze(Object.freeze(PWM).prototype);
  return PWM;
}

/** The chip's LED controller: a few channels that share fewer timers, each of one frequency and resolution. */
class LEDController {
  readonly #context: IOContext;
  readonly #used = new Set<number>();
  readonly #timers = new Set<LEDCTimer>();

  constructor(context: IOContext) {
    this.#context = context;
  }

  open(options: PWMOptions, from: Channel | undefined): Channel {
    const context = this.#context;
    let channel = from?.channel;
    let pin = from?.pin;
    if (pin === undefined) {
      pin = requireUnsigned(context, options.pin);
      if (!isPinFree(context, pin)) throw makeError(context.realm, "Error", "in use");
      if ("port" in options) channel = this.#requestedChannel(options.port);
    }
    const hz = this.#hz(options, from);
    const resolution = this.#resolution(options, from);
    checkFormat(context, options.format, ["number"]);
    if (hz < minimumHz(context.description, resolution))
      throw makeError(context.realm, "RangeError", "invalid combination of hz and resolution");
    channel ??= context.description.pwm.channels.find((each) => !this.#used.has(each));
    if (channel === undefined) throw makeError(context.realm, "Error", "no ledc channel");
    const timer = this.#timer(hz, resolution, from?.timer);
    if (!context.description.outputPins.has(pin)) {
      this.#release(timer);
      throw makeError(context.realm, "Error", "can't configure");
    }
    if (from) this.#release(from.timer);
    this.#used.add(channel);
    context.usedPins.add(pin);
    const opened = { pin, channel, timer, duty: from?.duty ?? 0 };
    context.journal.record({ device: "pwm", pin, operation: "open" });
    this.#drive(opened);
    return opened;
  }

  write(channel: Channel, value: number): void {
    const maximum = 2 ** channel.timer.resolution - 1;
    if (value < 0 || value > maximum) throw makeError(this.#context.realm, "RangeError", "invalid value");
    // The largest duty means always on, which takes one step more than the largest number.
    channel.duty = value === maximum ? maximum + 1 : value;
    this.#context.journal.record({ device: "pwm", pin: channel.pin, operation: "write", value });
    this.#drive(channel);
  }

  close(channel: Channel): void {
    this.#used.delete(channel.channel);
    this.#release(channel.timer);
    // The controller stops with its idle level, low, on a pin that stays an output.
    this.#context.pin(channel.pin).configure({ mode: "output", duty: 0 });
    this.#context.usedPins.delete(channel.pin);
    this.#context.journal.record({ device: "pwm", pin: channel.pin, operation: "close" });
  }

  #drive({ pin, duty, timer }: Channel): void {
    this.#context.pin(pin).configure({ mode: "pwm", duty: duty / 2 ** timer.resolution, hz: timer.hz });
  }

  #requestedChannel(port: unknown): number {
    const channel = requireInteger(this.#context, port);
    if (channel < 0 || channel >= LEDC_CHANNELS)
      throw makeError(this.#context.realm, "RangeError", "invalid port");
    if (!this.#context.description.pwm.channels.includes(channel) || this.#used.has(channel))
      throw makeError(this.#context.realm, "Error", "port unavailable");
    return channel;
  }

  #hz(options: PWMOptions, from: Channel | undefined): number {
    if (!("hz" in options)) return from?.timer.hz ?? DEFAULT_HZ;
    const hz = toInteger(options.hz);
    if (hz <= 0) throw makeError(this.#context.realm, "RangeError", "invalid hz");
    return hz;
  }

  #resolution(options: PWMOptions, from: Channel | undefined): number {
    if (!("resolution" in options)) return from?.timer.resolution ?? DEFAULT_RESOLUTION;
    const resolution = toInteger(options.resolution);
    if (resolution <= 0 || resolution > this.#context.description.pwm.maximumResolution)
      throw makeError(this.#context.realm, "RangeError", "invalid resolution");
    return resolution;
  }

  #timer(hz: number, resolution: number, reused: LEDCTimer | undefined): LEDCTimer {
    let timer = [...this.#timers].find((each) => each.hz === hz && each.resolution === resolution);
    if (!timer) {
      // A timer that only the instance taken over uses is free for the new one.
      const busy = this.#timers.size - (reused?.users === 1 ? 1 : 0);
      if (busy >= this.#context.description.pwm.timers)
        throw makeError(this.#context.realm, "RangeError", "no timer");
      if (hz * 2 ** resolution > LEDC_CLOCK_HZ)
        throw makeError(this.#context.realm, "Error", "configure ledc timer failed");
      timer = { hz, resolution, users: 0 };
      this.#timers.add(timer);
    }
    timer.users += 1;
    return timer;
  }

  #release(timer: LEDCTimer): void {
    timer.users -= 1;
    if (timer.users === 0) this.#timers.delete(timer);
  }
}

/** Moddable keeps measured limits for 8 to 14 bits only; the simulation refuses all others. */
function minimumHz(description: BoardDescription, resolution: number): number {
  return description.pwm.minimumHz[resolution - LOWEST_RESOLUTION] ?? Number.POSITIVE_INFINITY;
}
