/** What distinguishes one board from another, as its Host Provider and its chip define it. */
export interface BoardDescription {
  /** The last part of Moddable's target name. */
  readonly name: string;
  readonly chip: "esp32" | "esp32s3";
  /** GPIO numbers that exist. */
  readonly pins: ReadonlySet<number>;
  /** Those that can be an output. */
  readonly outputPins: ReadonlySet<number>;
  /** Default I2C bus. */
  readonly i2c: { readonly data: number; readonly clock: number; readonly port?: number };
  /** The provider's `pin` table. */
  readonly pin: Readonly<Record<string, number>>;
  readonly pwm: {
    /** LEDC channels left to PWM. */
    readonly channels: readonly number[];
    /** Different pairs of frequency and resolution at the same time. */
    readonly timers: number;
    /** Largest resolution in bits. */
    readonly maximumResolution: number;
    /** Lowest frequency in Hz at 8, 9 ... 14 bits of resolution. */
    readonly minimumHz: readonly number[];
  };
}

function range(first: number, last: number, except: readonly number[] = []): ReadonlySet<number> {
  const pins = new Set<number>();
  for (let pin = first; pin <= last; pin += 1) if (!except.includes(pin)) pins.add(pin);
  return pins;
}

/** SparkFun ESP32 Thing (`-p esp32/esp32_thing`): 40 GPIOs, of which 34 to 39 are inputs only. */
export const esp32Thing: BoardDescription = Object.freeze({
  name: "esp32_thing",
  chip: "esp32",
  pins: range(0, 39, [24, 28, 29, 30, 31]),
  outputPins: range(0, 33, [24, 28, 29, 30, 31]),
  i2c: Object.freeze({ data: 21, clock: 22 }),
  pin: Object.freeze({ button: 0, led: 2, backlight: 18, displayDC: 2, displaySelect: 15 }),
  pwm: Object.freeze({
    channels: Object.freeze([4, 5, 6, 7]),
    timers: 4,
    maximumResolution: 20,
    minimumHz: Object.freeze([65, 33, 17, 9, 5, 3, 2]),
  }),
});

/** Seeed XIAO ESP32S3 Sense (`-p esp32/xiao_esp32s3_sense`): OV2640 camera and PSRAM. */
export const xiaoESP32S3Sense: BoardDescription = Object.freeze({
  name: "xiao_esp32s3_sense",
  chip: "esp32s3",
  pins: range(0, 48, [22, 23, 24, 25]),
  outputPins: range(0, 48, [22, 23, 24, 25]),
  i2c: Object.freeze({ data: 5, clock: 6, port: 1 }),
  pin: Object.freeze({ button: 0, led: 21 }),
  pwm: Object.freeze({
    channels: Object.freeze([4, 5, 6, 7]),
    timers: 4,
    maximumResolution: 14,
    minimumHz: Object.freeze([68, 34, 17, 9, 5, 3, 2]),
  }),
});
