import type I2C from "embedded:io/i2c";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import TMP117, {
  type Averaging,
  conversionCycle,
  conversionRateFor,
  type TMP117Options,
} from "../../device/drivers/tmp117/tmp117";
import { Board } from "../../host-sim/board/board";
import { TMP117Part } from "../../host-sim/board/parts/tmp117";
import { clock } from "../support/timer";

let board: Board;
let ambient: number;
let part: TMP117Part;
let errors: string[];

beforeEach(() => {
  board = new Board({ clock });
  ambient = 21.5;
  part = board.attach(new TMP117Part({ temperature: () => ambient }));
  errors = [];
});

afterEach(() => {
  board.reset();
  board.detach(part);
});

function createSensor(sensor: Partial<TMP117Options["sensor"]> = {}): TMP117 {
  return new TMP117({
    sensor: { io: board.provider.io.I2C as unknown as typeof I2C, data: 21, clock: 22, ...sensor },
    onError(error) {
      errors.push(error.message);
    },
  });
}

/** Transactions on the bus since the last call. */
function transactions(): string[] {
  const lines = board.journal.lines({ device: "i2c" });
  board.journal.clear();
  return lines;
}

describe("TMP117 start", () => {
  it("identifies the chip by register 0Fh and writes the configuration register (SNOSD82D 7.6)", () => {
    createSensor();
    expect(transactions()).toEqual([
      "i2c 48 open",
      "i2c 48 write 0f",
      "i2c 48 read 01 17",
      "i2c 48 write 01 02 20",
    ]);
  });

  it("opens the bus at 400 kHz and address 48h unless told otherwise", () => {
    const opened: unknown[] = [];
    class Recorder {
      constructor(options: unknown) {
        opened.push(options);
      }
      write(): void {}
      read(): void {}
    }
    new TMP117({ sensor: { io: Recorder as unknown as typeof I2C, data: 1, clock: 2 } });
    new TMP117({
      sensor: { io: Recorder as unknown as typeof I2C, data: 1, clock: 2, address: 0x4b, hz: 1 },
    });
    expect(opened).toMatchObject([
      { data: 1, clock: 2, address: 0x48, hz: 400_000 },
      { address: 0x4b, hz: 1 },
    ]);
  });

  it("lets through what the bus refuses, such as pins in use", () => {
    createSensor();
    expect(() => createSensor()).toThrow("duplicate address");
  });

  it("calls no callback inside the constructor when the chip is absent, and reports at the first sample", () => {
    const sensor = createSensor({ address: 0x49 });
    expect(errors).toEqual([]);
    expect(sensor.sample()).toBeUndefined();
    expect(errors).toEqual(["write failed"]);
  });

  it("reports a chip that is not a TMP117, with the identifier it gave, and leaves its registers alone", () => {
    const written: number[][] = [];
    board.i2c().connect(0x49, {
      write(bytes) {
        written.push([...bytes]);
        return true;
      },
      read(buffer) {
        buffer.set([0x11, 0x16]); // a TMP116
        return true;
      },
    });
    const sensor = createSensor({ address: 0x49 });
    expect(sensor.sample()).toBeUndefined();
    expect(errors).toEqual(["device ID 0x1116 at address 0x49 is not a TMP117's 0x117"]);
    expect(written.every((bytes) => bytes.length === 1)).toBe(true);
    board.i2c().disconnect(0x49);
  });

  it("accepts every revision of the chip: bits 15 to 12 of the identifier are not compared", () => {
    board.i2c().connect(0x49, {
      write: () => true,
      read(buffer) {
        buffer.set([0x21, 0x17]);
        return true;
      },
    });
    createSensor({ address: 0x49 }).sample();
    expect(errors).toEqual([]);
    board.i2c().disconnect(0x49);
  });
});

describe("TMP117 sample", () => {
  it("asks the configuration register for Data_Ready, then reads the result register (SNOSD82D 7.5.3.1.3)", () => {
    const sensor = createSensor();
    clock.advance(1_000);
    transactions();
    expect(sensor.sample()).toEqual({ temperature: 21.5 });
    expect(transactions()).toEqual([
      "i2c 48 write 01",
      "i2c 48 read 22 20",
      "i2c 48 write 00",
      "i2c 48 read 0a c0",
    ]);
  });

  it("gives nothing before the first conversion is complete, not the -256 of the reset value", () => {
    const sensor = createSensor();
    expect(sensor.sample()).toBeUndefined();
    expect(errors).toEqual([]);
  });

  it("gives each conversion once", () => {
    const sensor = createSensor();
    clock.advance(1_000);
    expect(sensor.sample()).toBeDefined();
    expect(sensor.sample()).toBeUndefined();
    clock.advance(1_000);
    expect(sensor.sample()).toBeDefined();
  });

  // SNOSD82D table 7-1, and the ends of the range.
  it.each([
    [-256, -256],
    [-25, -25],
    [-0.125, -0.125],
    [-0.0078125, -0.0078125],
    [0, 0],
    [0.0078125, 0.0078125],
    [0.125, 0.125],
    [1, 1],
    [25, 25],
    [100, 100],
    [255.9921875, 255.9921875],
  ])("reads %s °C as the datasheet codes it, in two's complement", (actual, expected) => {
    ambient = actual;
    const sensor = createSensor();
    clock.advance(1_000);
    expect(sensor.sample()?.temperature).toBe(expected);
  });

  it("does not allocate a buffer for a transaction", () => {
    const seen = new Set<unknown>();
    class Recorder {
      write(buffer: Uint8Array): void {
        seen.add(buffer.buffer);
      }
      read(buffer: Uint8Array): void {
        seen.add(buffer.buffer);
        buffer.set([0x21, 0x17]);
      }
    }
    const sensor = new TMP117({ sensor: { io: Recorder as unknown as typeof I2C, data: 1, clock: 2 } });
    sensor.sample();
    sensor.sample();
    expect(seen.size).toBe(1);
  });
});

describe("TMP117 failure", () => {
  it("reports a NACK through onError and does not throw it", () => {
    const sensor = createSensor();
    board.detach(part);
    expect(sensor.sample()).toBeUndefined();
    expect(errors).toEqual(["write failed"]);
    board.attach(part);
  });

  it("identifies and configures a sensor that comes back, by itself", () => {
    const sensor = createSensor();
    sensor.configure({ averaging: 64 });
    board.detach(part);
    sensor.sample();
    board.attach(part);
    part.powerCycle();
    transactions();
    expect(sensor.sample()).toBeUndefined();
    expect(transactions().slice(0, 3)).toEqual([
      "i2c 48 write 0f",
      "i2c 48 read 01 17",
      "i2c 48 write 01 02 60",
    ]);
    clock.advance(1_100);
    expect(sensor.sample()).toEqual({ temperature: 21.5 });
    expect(errors).toHaveLength(1);
  });

  it("writes its configuration again when the chip lost its power between two samples", () => {
    const sensor = createSensor();
    sensor.configure({ averaging: 64, conversionRate: 5 });
    part.powerCycle();
    clock.advance(10);
    transactions();
    sensor.sample();
    expect(transactions()).toContain("i2c 48 write 01 02 e0");
    expect(errors).toEqual([]);
  });

  it("calls onError with the sensor as this, and works without onError", () => {
    let receiver: unknown;
    const target = {};
    const options = {
      sensor: { io: board.provider.io.I2C as unknown as typeof I2C, data: 21, clock: 22, address: 0x4a },
    };
    const sensor = new TMP117({
      ...options,
      target,
      onError() {
        receiver = this;
      },
    });
    sensor.sample();
    expect(receiver).toBe(sensor);
    expect(sensor.target).toBe(target);
    sensor.close();
    expect(new TMP117(options).sample()).toBeUndefined();
  });
});

describe("TMP117 configure", () => {
  it.each([
    [{ averaging: 0 }, "02 00"],
    [{ averaging: 8 }, "02 20"],
    [{ averaging: 32 }, "02 40"],
    [{ averaging: 64 }, "02 60"],
    [{ conversionRate: 0 }, "00 20"],
    [{ conversionRate: 1 }, "00 a0"],
    [{ conversionRate: 7 }, "03 a0"],
    [{ shutdownMode: true }, "06 20"],
    [{ averaging: 64, conversionRate: 2, shutdownMode: false }, "01 60"],
  ] as const)("writes %o as %s", (configuration, bytes) => {
    const sensor = createSensor();
    transactions();
    sensor.configure(configuration);
    expect(transactions()).toEqual([`i2c 48 write 01 ${bytes}`]);
  });

  it("keeps the fields that are left out", () => {
    const sensor = createSensor();
    sensor.configure({ conversionRate: 1 });
    transactions();
    sensor.configure({ averaging: 0 });
    expect(transactions()).toEqual(["i2c 48 write 01 00 80"]);
  });

  it.each([
    [{ averaging: 16 as Averaging }, "averaging 16 is not 0, 8, 32 or 64"],
    [{ conversionRate: 8 }, "conversionRate 8 is not an integer from 0 to 7"],
    [{ conversionRate: -1 }, "conversionRate -1 is not an integer from 0 to 7"],
    [{ conversionRate: 1.5 }, "conversionRate 1.5 is not an integer from 0 to 7"],
    [{ conversionRate: Number.NaN }, "conversionRate NaN is not an integer from 0 to 7"],
  ])("throws a RangeError for %o and writes nothing", (configuration, message) => {
    const sensor = createSensor();
    transactions();
    expect(() => sensor.configure(configuration)).toThrow(new RangeError(message));
    expect(transactions()).toEqual([]);
  });

  it("reports an absent chip and configures it when it appears", () => {
    board.detach(part);
    const sensor = createSensor();
    sensor.configure({ averaging: 32 });
    expect(errors).toEqual(["write failed"]);
    board.attach(part);
    transactions();
    sensor.sample();
    expect(transactions()).toContain("i2c 48 write 01 02 40");
  });
});

describe("TMP117 shutdown mode", () => {
  it("converts once for each sample that asks, and sleeps in between (SNOSD82D 7.4.3)", () => {
    clock.advance(10); // EEPROM_Busy has fallen after power up
    const sensor = createSensor();
    sensor.configure({ shutdownMode: true });
    transactions();
    expect(sensor.sample()).toBeUndefined();
    expect(transactions()).toEqual(["i2c 48 write 01", "i2c 48 read 06 20", "i2c 48 write 01 0e 20"]);
    clock.advance(130);
    const conversions = part.conversions;
    expect(sensor.sample()).toEqual({ temperature: 21.5 });
    clock.advance(60_000);
    expect(part.conversions).toBe(conversions);
    expect(errors).toEqual([]);
  });

  it("does not start a second conversion while one is running", () => {
    const sensor = createSensor();
    sensor.configure({ averaging: 64, shutdownMode: true });
    sensor.sample();
    transactions();
    clock.advance(100);
    expect(sensor.sample()).toBeUndefined();
    expect(transactions().filter((line) => line.includes("write 01 0"))).toEqual([]);
  });
});

describe("TMP117 close", () => {
  it("puts the chip to sleep and releases the bus, once", () => {
    const sensor = createSensor();
    transactions();
    sensor.close();
    sensor.close();
    expect(transactions()).toEqual(["i2c 48 write 01 06 20", "i2c 48 close"]);
    expect(board.openInstances).toBe(0);
  });

  it("releases the bus also when the chip is gone", () => {
    const sensor = createSensor();
    board.detach(part);
    sensor.close();
    expect(board.openInstances).toBe(0);
    expect(errors).toEqual([]);
    board.attach(part);
  });

  it("reports a sample after close through onError", () => {
    const sensor = createSensor();
    sensor.close();
    expect(sensor.sample()).toBeUndefined();
    expect(errors).toEqual(["the sensor is closed"]);
  });
});

describe("TMP117 conversion cycle", () => {
  // SNOSD82D, "Conversion Cycle Time in CC Mode": rows CONV 0 to 7, columns AVG 0, 8, 32, 64; milliseconds.
  const table = [
    [15.5, 125, 500, 1_000],
    [125, 125, 500, 1_000],
    [250, 250, 500, 1_000],
    [500, 500, 500, 1_000],
    [1_000, 1_000, 1_000, 1_000],
    [4_000, 4_000, 4_000, 4_000],
    [8_000, 8_000, 8_000, 8_000],
    [16_000, 16_000, 16_000, 16_000],
  ];

  it("is the datasheet's for every CONV and AVG", () => {
    const averagings: Averaging[] = [0, 8, 32, 64];
    const actual = table.map((_, rate) => averagings.map((averaging) => conversionCycle(averaging, rate)));
    expect(actual).toEqual(table);
  });

  it.each([
    [100, 0],
    [250, 1],
    [500, 2],
    [1_000, 3],
    [2_000, 4],
    [7_999, 4],
    [8_000, 5],
    [60_000, 7],
  ])("fits twice into an interval of %d ms with CONV %d and 8 averages", (interval, expected) => {
    expect(conversionRateFor(interval, 8)).toBe(expected);
  });
});
