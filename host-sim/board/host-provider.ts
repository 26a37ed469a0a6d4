import type DigitalType from "embedded:io/digital";
import type I2CType from "embedded:io/i2c";
import type PWMType from "embedded:io/pwm";
import type SMBusType from "embedded:io/smbus";
import { createDigital, type DigitalBankConstructor, type DigitalConstructor } from "./digital";
import { createI2C, type I2CConstructor } from "./i2c";
import type { IOContext } from "./io-context";
import { createPWM, type PWMConstructor } from "./pwm";
import { createSMBus, type SMBusConstructor } from "./smbus";

// The types of @moddable/typings leave members out (I2C.close) and add some that do not exist (I2C.resolution).
// Firmware is written against them, tests against what the board has: the provider's classes are typed as both.
type Digital = DigitalConstructor & typeof DigitalType;
type I2C = I2CConstructor & typeof I2CType;
type SMBus = SMBusConstructor & typeof SMBusType;
type PWM = PWMConstructor & typeof PWMType;

/** ECMA-419 section 17, as Moddable's targets fill it; without the classes that are not simulated. */
export interface HostProvider {
  readonly I2C: {
    readonly default: {
      readonly io: I2C;
      readonly data: number;
      readonly clock: number;
      readonly port?: number;
    };
  };
  readonly io: {
    readonly Digital: Digital;
    readonly DigitalBank: DigitalBankConstructor;
    readonly I2C: I2C;
    readonly PWM: PWM;
    readonly SMBus: SMBus;
  };
  /** GPIO numbers by name. */
  readonly pin: Readonly<Record<string, number>>;
}

/** The provider of one board. Like a preloaded module it is frozen, and so are its classes. */
export function createHostProvider(context: IOContext): HostProvider {
  const { Digital, DigitalBank } = createDigital(context);
  const I2C = createI2C(context) as I2C;
  const io = {
    Digital: Digital as Digital,
    DigitalBank,
    I2C,
    PWM: createPWM(context) as PWM,
    SMBus: createSMBus(I2C, () => context.realm) as SMBus,
  };
  return Object.freeze({
    I2C: Object.freeze({ default: Object.freeze({ io: I2C, ...context.description.i2c }) }),
    io: Object.freeze(io),
    pin: context.description.pin,
  });
}
