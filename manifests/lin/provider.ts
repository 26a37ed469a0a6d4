/**
 * Host Provider for `-p lin`, which has none of its own: a board with nothing attached, so that a firmware links and starts on
 * a desktop. Inputs never change, outputs lead nowhere, no chip answers on the bus. The boards with parts are in host-sim.
 */
import type DigitalType from "embedded:io/digital";
import type I2CType from "embedded:io/i2c";
import type PWMType from "embedded:io/pwm";

class Unattached {
  readonly pin: unknown;
  readonly target: unknown;
  constructor(options: { pin?: unknown; target?: unknown }) {
    this.pin = options.pin;
    this.target = options.target;
  }
  close(): void {}
}

class Digital extends Unattached {
  static readonly Input = 0;
  static readonly InputPullUp = 1;
  static readonly InputPullDown = 2;
  static readonly InputPullUpDown = 3;
  static readonly Output = 8;
  static readonly OutputOpenDrain = 9;
  static readonly Rising = 1;
  static readonly Falling = 2;
  /** A pulled-up input at rest. */
  read(): number {
    return 1;
  }
  write(_value: number): void {}
}

class PWM extends Unattached {
  readonly hz: number = 1_000;
  readonly resolution: number = 10;
  write(_duty: number): void {}
}

class I2C extends Unattached {
  read(): never {
    throw new Error("I2C: no chip answers");
  }
  write(): never {
    throw new Error("I2C: no chip answers");
  }
}

interface HostProvider {
  readonly io: {
    readonly Digital: typeof DigitalType;
    readonly I2C: typeof I2CType;
    readonly PWM: typeof PWMType;
  };
  readonly I2C: {
    readonly default: { readonly io: typeof I2CType; readonly data: number; readonly clock: number };
  };
  readonly pin: { readonly button: number };
}

const io: HostProvider["io"] = Object.freeze({
  Digital: Digital as unknown as typeof DigitalType,
  I2C: I2C as unknown as typeof I2CType,
  PWM: PWM as unknown as typeof PWMType,
});

const device: HostProvider = Object.freeze(
  { io, I2C: { default: { io: io.I2C, data: 21, clock: 22 } }, pin: { button: 0 } },
  true,
);

export default device;
